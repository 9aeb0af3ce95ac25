"""Builds and calibrations looked up by domain, their reports, and an earlier build put back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert

from core.errors import ArtifactMissing, Conflict, NotAllowed, NotFound
from core.images import runs
from core.images.building import publishing
from core.images.domains import domain_folder, open_domain
from core.images.references import references_behind
from core.security.policy import GUEST, LOCAL_ANALYST, Principal, Role
from core.settings.current import get_settings
from core.storage.artifacts import save_artifact
from core.storage.database import utc_now, writing
from core.storage.tables import jobs
from tests.images import coloured_domain as zoo

pytestmark = pytest.mark.usefixtures("home")


def record(run_id: str = "", *, notebook: str = runs.BUILDING, **changed: Any) -> str:
    """A row of the jobs table as a finished run leaves it."""
    run_id, now = run_id or str(uuid4()), utc_now()
    values = {
        "id": run_id, "owner": "local", "notebook": notebook, "room": "images", "parameters": {"domain": zoo.DOMAIN},
        "state": "succeeded", "attempt": 1, "created_at": now, "started_at": now, "finished_at": now,
        "cancel_requested": 0, "step": "", "fraction": 1.0, "result": {}, **changed,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(jobs).values(**values))
    return run_id


def built() -> str:
    """A published build with its job."""
    made = zoo.build()
    return record(made.run_id, result=publishing.result_of(made, zoo.stored(made)))


def test_when_builds_are_listed_then_they_are_those_of_the_domain_newest_first() -> None:
    first, second = record(), record(state="failed", result=None)
    record(parameters={"domain": "other"})
    record(notebook=runs.CALIBRATING)
    samples = record(parameters={"domain": ""})

    assert [job.id for job in runs.list_builds(zoo.DOMAIN, principal=LOCAL_ANALYST)] == [second, first]
    assert [job.id for job in runs.list_builds(zoo.DOMAIN, principal=LOCAL_ANALYST, limit=1)] == [second]
    assert [job.id for job in runs.list_builds("samples", principal=LOCAL_ANALYST)] == [samples]


def test_when_many_builds_of_others_lie_between_then_those_of_the_domain_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runs, "PAGE", 2)
    wanted = record()
    for _ in range(5):
        record(parameters={"domain": "other"})

    assert [job.id for job in runs.list_builds(zoo.DOMAIN, principal=LOCAL_ANALYST)] == [wanted]


def test_when_a_notebook_ran_in_jupyterlab_then_its_result_tells_the_domain() -> None:
    run_id = record(parameters={}, result={"domain": "곰"})

    assert [job.id for job in runs.list_builds("곰", principal=LOCAL_ANALYST)] == [run_id]


def test_when_a_build_has_finished_then_its_report_and_calibration_are_read() -> None:
    zoo.fill(8, unknown=6)
    run_id = built()

    report = runs.build_report(run_id, principal=LOCAL_ANALYST)

    assert report["run_id"] == run_id and report["published"]
    assert runs.calibration_report(run_id, principal=LOCAL_ANALYST) == report["calibration"]


def test_when_a_calibration_ran_on_its_own_then_its_report_is_read() -> None:
    saved = save_artifact("images", str(uuid4()), {"report.json": b'{"target": 0.05}'}, {}, slot="calibration")
    run_id = record(notebook=runs.CALIBRATING, result={"artifact": asdict(saved)})

    assert runs.calibration_report(run_id, principal=LOCAL_ANALYST) == {"target": 0.05}
    assert [job.id for job in runs.list_calibrations(zoo.DOMAIN, principal=LOCAL_ANALYST)] == [run_id]
    with pytest.raises(NotFound):
        runs.build_report(run_id, principal=LOCAL_ANALYST)


def test_when_a_build_was_not_calibrated_then_asking_for_its_calibration_says_so() -> None:
    zoo.fill(1)
    run_id = built()

    with pytest.raises(NotFound, match="was not calibrated"):
        runs.calibration_report(run_id, principal=LOCAL_ANALYST)


def test_when_a_build_is_not_finished_or_unknown_then_there_is_no_report() -> None:
    with pytest.raises(Conflict):
        runs.build_report(record(state="running", result=None), principal=LOCAL_ANALYST)
    with pytest.raises(NotFound):
        runs.build_report("nobody", principal=LOCAL_ANALYST)


def test_when_a_build_is_somebody_elses_then_it_is_neither_listed_nor_read() -> None:
    zoo.fill()
    run_id, other = built(), Principal("ann", Role.ANALYST)

    assert runs.list_builds(zoo.DOMAIN, principal=other) == ()
    with pytest.raises(NotFound):
        runs.build_report(run_id, principal=other)
    with pytest.raises(NotAllowed):
        runs.list_builds(zoo.DOMAIN, principal=GUEST)


def test_when_an_earlier_build_is_restored_then_it_serves_with_its_rule_and_references() -> None:
    zoo.fill(8, unknown=6)
    first = built()
    rule = open_domain(zoo.DOMAIN, principal=LOCAL_ANALYST).thresholds
    zoo.add("별", 0)
    built()

    runs.restore_build(first, principal=LOCAL_ANALYST)

    served = open_domain(zoo.DOMAIN, principal=LOCAL_ANALYST)
    assert (served.built_by, served.classes, served.thresholds) == (first, zoo.NAMES, rule)
    found = references_behind(domain_folder(zoo.DOMAIN), served)
    assert found is not None and "별" not in found.class_names
    assert (domain_folder(zoo.DOMAIN) / "pictures" / "별").is_dir()  # pictures stay
    again = zoo.ColourEncoder()
    zoo.build(again)
    assert again.batches == [1]  # what the restored build knows needs no model, unknown pictures included


def test_when_a_file_of_a_build_was_changed_then_it_is_not_restored() -> None:
    zoo.fill()
    first = built()
    path = get_settings().models_dir / "images" / first / "build" / "prototypes.npz"
    path.write_bytes(path.read_bytes() + b" ")

    with pytest.raises(ArtifactMissing):
        runs.restore_build(first, principal=LOCAL_ANALYST)


def test_when_a_finding_kept_a_build_back_then_only_a_role_that_may_publish_puts_it_in_place() -> None:
    zoo.fill(10)
    serving = built()
    for name, other in zip(zoo.NAMES, ("나비", "달", "곰"), strict=True):
        for number in range(200, 209):
            zoo.add(name, number, content=zoo.coloured(other, number))
    kept_back = built()
    analyst = Principal("local", Role.ANALYST)
    assert not runs.build_report(kept_back, principal=analyst)["published"]

    with pytest.raises(NotAllowed):
        runs.restore_build(kept_back, principal=analyst)
    assert open_domain(zoo.DOMAIN, principal=analyst).built_by == serving

    runs.restore_build(kept_back, principal=LOCAL_ANALYST)
    assert open_domain(zoo.DOMAIN, principal=analyst).built_by == kept_back
