"""A finished training against the model that serves: published where it is not worse, once, and otherwise kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete

from core.ctr import challenging, report_run, runs
from core.ctr.challenging import publish_unless_worse
from core.errors import BadInput, NotFound
from core.jobs.records import get_job, submit
from core.security.policy import LOCAL_ANALYST
from core.storage import champions, tables
from core.storage.artifacts import open_artifact
from core.storage.champions import history
from core.storage.database import writing
from tests.ctr_runs import finished_run_in, succeed


@pytest.fixture
def served(home: Path) -> str:
    """The run whose model serves."""
    return finished_run_in(home, models="hashed_logistic,boosted_trees")


@pytest.fixture
def challenger(served: str) -> str:
    """A later run of the same rows that left the same model and published nothing."""
    before = get_job(served, principal=LOCAL_ANALYST)
    job = submit("ctr_train", {**before.parameters, "publish": False}, principal=LOCAL_ANALYST)
    succeed(job, {**(before.result or {}), "published": False, "version": None})
    return job.id


def rows() -> list[str]:
    """The runs that were published, newest first."""
    return [row.run_id for row in history(runs.ROOM, runs.SLOT)]


def decide(run_id: str) -> challenging.Decision:
    return publish_unless_worse(run_id, principal=LOCAL_ANALYST)


def test_when_a_model_is_not_worse_then_it_is_published_with_the_comparison(served: str, challenger: str) -> None:
    decision = decide(challenger)

    assert (decision.published, decision.why) == (True, "ctr.published_not_worse")
    assert rows() == [challenger, served]
    comparison = decision.comparison
    assert comparison is not None
    assert comparison.served_run_id == served
    assert comparison.differences["log_loss"].value == pytest.approx(0, abs=1e-5)
    assert decision.result()["comparison"]["rows"] == comparison.rows > comparison.clicks > 0


def test_when_it_is_published_twice_then_there_is_one_row_and_a_return_to_another_stays(
    served: str, challenger: str
) -> None:
    decide(challenger)
    again = decide(challenger)
    first = history(runs.ROOM, runs.SLOT)[-1]
    champions.rollback(runs.ROOM, first.id, why="the customers complained", principal=LOCAL_ANALYST)
    after_rollback = decide(challenger)

    assert (again.published, again.why, again.version) == (False, "ctr.published_before", "2")
    assert after_rollback.why == "ctr.published_before"
    assert rows() == [served, challenger, served]


def test_when_a_run_is_promoted_once_then_whoever_comes_second_gets_the_first_row(served: str, challenger: str) -> None:
    decide(challenger)
    row = history(runs.ROOM, runs.SLOT)[0]
    artifact = challenging.SavedArtifact(row.path, row.sha256)

    second = champions.promote(
        runs.ROOM, run_id=challenger, artifact=artifact, why="again", principal=LOCAL_ANALYST, once=True
    )

    assert second.id == row.id
    assert rows() == [challenger, served]


def test_when_the_served_model_is_better_beyond_the_interval_then_the_new_one_stays_a_challenger(
    served: str, challenger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = runs.test_predictions(challenger, principal=LOCAL_ANALYST)["labels"]
    knowing = np.where(labels == 1, 0.9, 0.01)
    monkeypatch.setattr(challenging, "score_frame", lambda *_, **__: knowing)

    decision = decide(challenger)

    assert (decision.published, decision.why) == (False, "ctr.worse_than_served")
    assert decision.findings[-1].code == "ctr.worse_than_served"
    assert rows() == [served]
    reason = "the better one may not be used any more"
    assert publish_unless_worse(challenger, reason=reason, principal=LOCAL_ANALYST).published
    assert history(runs.ROOM, runs.SLOT)[0].why == reason


def test_when_a_finding_blocks_it_or_the_columns_are_others_then_it_stays_a_challenger(
    served: str, challenger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = challenging.document_in

    def with_column(files: Any, run_id: str) -> dict[str, Any]:
        document = real(files, run_id)
        return {**document, "data": {**document["data"], "column_names": [*document["data"]["column_names"], "feat_z"]}}

    monkeypatch.setattr(challenging, "document_in", with_column)
    other = decide(challenger)
    monkeypatch.undo()
    monkeypatch.setattr(challenging, "real_data_behind", lambda *_: "clicks.csv")
    sample = decide(challenger)

    assert (other.why, other.details["columns"]) == ("ctr.not_comparable", "feat_z")
    assert sample.why == "ctr.sample_over_real"
    assert rows() == [served]


def test_when_nothing_serves_then_it_is_published_without_a_comparison(served: str, challenger: str) -> None:
    with writing() as connection:
        connection.execute(delete(tables.champions))
    champions._seen.clear()

    decision = decide(challenger)

    assert (decision.why, decision.comparison) == ("ctr.published_first", None)
    assert rows() == [challenger]


def test_when_a_run_is_unknown_then_nothing_is_decided(served: str) -> None:
    with pytest.raises(NotFound):
        decide("no-such-run")
    assert not decide("sample").published
    assert rows() == [served]


def test_when_reports_are_made_then_they_are_kept_as_files_with_the_figures_of_the_run(served: str) -> None:
    told: list[float] = []
    reports = report_run.make_reports(served, ("ko", "en"), principal=LOCAL_ANALYST, progress=told.append)
    artifact = report_run.store(reports, job_id="a-job")
    result = report_run.result_of(reports, artifact)

    kept = open_artifact(artifact.path, artifact.sha256, room=runs.ROOM)
    assert [kept.read(file["name"])[:5] for file in result["files"]] == [b"%PDF-", b"%PDF-"]
    assert (result["reports"], result["explained"], told[-1]) == (served, False, 1.0)
    document = runs.report_of(served, principal=LOCAL_ANALYST).document
    assert result["scores"]["auc"] == document["evaluation"]["scores"]["auc"]["value"]
    assert {row["model"] for row in reports.figures()} == {"hashed_logistic", "boosted_trees"}


@pytest.mark.parametrize("words", ["", "ja", "en,ja"])
def test_when_a_language_has_no_report_then_the_known_ones_are_named(words: str) -> None:
    with pytest.raises(BadInput, match="ko"):
        report_run.languages_of(words)
    assert report_run.languages_of("en, ko,en") == ("en", "ko")
