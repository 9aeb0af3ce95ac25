"""Finished trainings, looked up: report, models by name, predictions, and the rows as they were split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.ctr import runs
from core.ctr.training.rows import SAMPLE_TITLE, keep_sample
from core.datasets.records import list_datasets
from core.errors import ArtifactMissing, Conflict, NotFound
from core.jobs.records import list_jobs, submit
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage import champions
from core.storage.publishing import real_data_behind
from tests.ctr_runs import finished_run_in, make_finished_run, succeed

STRANGER = Principal("somebody-else", Role.ANALYST)


@pytest.fixture
def run_id(home: Path) -> str:
    return finished_run_in(home, models="hashed_logistic,boosted_trees")


def test_when_a_run_has_finished_then_latest_is_that_run(run_id: str) -> None:
    assert runs.get_run("latest", principal=LOCAL_ANALYST).id == run_id
    assert [run.id for run in runs.list_runs(principal=LOCAL_ANALYST)] == [run_id]


def test_when_a_run_is_somebody_elses_then_it_is_not_there(run_id: str) -> None:
    with pytest.raises(NotFound):
        runs.report_of(run_id, principal=STRANGER)


def test_when_a_report_is_read_then_it_holds_the_document_and_no_explanation_yet(run_id: str) -> None:
    report = runs.report_of(run_id, principal=LOCAL_ANALYST)

    assert report.document["run_id"] == run_id
    assert report.explanation is None


def test_when_a_candidate_is_loaded_by_name_then_it_predicts_what_the_run_recorded(run_id: str) -> None:
    data = runs.data_of(run_id, principal=LOCAL_ANALYST)
    recorded = runs.test_predictions(run_id, principal=LOCAL_ANALYST)

    for name in ("hashed_logistic", "boosted_trees"):
        probability = runs.model_of(run_id, name, principal=LOCAL_ANALYST).predict_proba(data.part("test"))
        np.testing.assert_allclose(probability, recorded[name], rtol=1e-5)
    np.testing.assert_array_equal(recorded["labels"], data.part("test").labels)


def test_when_a_candidate_is_unknown_then_the_known_ones_are_named(run_id: str) -> None:
    with pytest.raises(NotFound, match="boosted_trees"):
        runs.model_of(run_id, "gpt", principal=LOCAL_ANALYST)


def test_when_a_run_is_queued_then_its_report_is_a_conflict_and_latest_is_the_finished_one(run_id: str) -> None:
    queued = submit("ctr_train", {}, principal=LOCAL_ANALYST)

    with pytest.raises(Conflict, match="queued"):
        runs.report_of(queued.id, principal=LOCAL_ANALYST)
    assert runs.get_run("latest", principal=LOCAL_ANALYST).id == run_id


def test_when_another_notebooks_run_is_asked_for_then_it_is_no_training(run_id: str) -> None:
    other = submit("customers_train_clusters", {}, principal=LOCAL_ANALYST)

    with pytest.raises(NotFound):
        runs.get_run(other.id, principal=LOCAL_ANALYST)


def test_when_a_file_of_a_run_was_changed_then_the_report_refuses(run_id: str, home: Path) -> None:
    (home / "models" / "ctr" / run_id / "champion" / "report.json").write_text("{}")

    with pytest.raises(ArtifactMissing):
        runs.report_of(run_id, principal=LOCAL_ANALYST)


def test_when_nothing_was_trained_then_latest_says_so(home: Path) -> None:
    with pytest.raises(NotFound, match="train"):
        runs.get_run("latest", principal=LOCAL_ANALYST)


def test_when_a_run_is_published_then_the_champion_is_that_run(run_id: str) -> None:
    champion = champions.current("ctr", "champion")

    assert champion is not None
    assert champion.run_id == run_id


def test_when_the_config_is_read_then_lists_are_lists(run_id: str) -> None:
    config = runs.get_run(run_id, principal=LOCAL_ANALYST).config

    assert config["mlp_hidden"] == [256, 128]
    assert config["models"] == ["hashed_logistic", "boosted_trees"]


def test_when_a_run_is_explained_by_its_id_or_as_the_newest_then_the_newest_explanation_is_found(run_id: str) -> None:
    run = runs.get_run(run_id, principal=LOCAL_ANALYST)
    named = submit("ctr_explain", {"run_id": run_id}, principal=LOCAL_ANALYST)
    submit("ctr_explain", {"run_id": "another"}, principal=LOCAL_ANALYST)
    assert runs.explaining_job(run, principal=LOCAL_ANALYST) == named
    assert runs.explaining_job(run, principal=LOCAL_ANALYST, states=("succeeded",)) is None
    assert runs.explaining_job(run, principal=STRANGER) is None

    newest = submit("ctr_explain", {"run_id": "latest"}, principal=LOCAL_ANALYST)
    succeed(newest, {"explains": run_id})

    found = runs.explaining_job(run, principal=LOCAL_ANALYST, states=("succeeded",))
    assert found is not None
    assert found.id == newest.id


def test_when_the_sample_is_kept_twice_then_it_is_one_dataset_that_says_synthetic(home: Path) -> None:
    for _ in range(2):
        keep_sample(principal=LOCAL_ANALYST)

    stored = list_datasets(principal=LOCAL_ANALYST, room="ctr")
    assert [one.name for one in stored] == [SAMPLE_TITLE]
    assert "synthetic" in stored[0].name
    assert not [one for one in stored[0].findings if one.severity == "blocking"]
    assert list_jobs(principal=LOCAL_ANALYST) == ()


def test_when_the_published_model_learnt_from_real_rows_then_a_sample_is_held_back(home: Path) -> None:
    make_finished_run(synthetic=False, models="hashed_logistic")
    published = champions.current("ctr", "champion")
    assert real_data_behind("ctr", "champion") == "small_impressions"

    sample = make_finished_run(synthetic=True, models="hashed_logistic", seed=7)

    report = runs.report_of(sample, principal=LOCAL_ANALYST)
    assert real_data_behind("ctr", "champion") is None  # the reason that was given overruled the finding
    later = champions.current("ctr", "champion")
    assert published is not None
    assert later is not None
    assert not [one for one in published.findings if one["code"] == "ctr.sample_over_real"]
    [held] = [one for one in later.findings if one["code"] == "ctr.sample_over_real"]
    assert held["severity"] == "blocking"
    assert report.document["data"]["synthetic"]
