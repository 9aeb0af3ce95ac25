"""Publishing, refusing, rolling back, and artifacts that are whole or not there."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from core.errors import ArtifactMissing, BadInput, Conflict, NotAllowed, NotFound, StorageFull
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage import champions
from core.storage.artifacts import SavedArtifact, open_artifact, save_artifact

BLOCKING = {"code": "artifacts.reason_missing", "severity": "blocking", "details": {}}


def artifact(run_id: str = "run-1", content: bytes = b'{"k": 3}') -> SavedArtifact:
    return save_artifact("demo", run_id, {"model.json": content, "scaler.json": b"{}"}, {"seed": 1})


def publish(run_id: str, **more: object) -> champions.Champion:
    return champions.promote(
        "demo", run_id=run_id, artifact=artifact(run_id), why="better", principal=LOCAL_ANALYST, **more
    )


def test_when_an_artifact_is_saved_then_it_opens_with_its_metadata(home: Path) -> None:
    saved = artifact()

    opened = open_artifact(saved.path, saved.sha256, room="demo")

    assert not Path(saved.path).is_absolute()
    assert opened.json("model.json") == {"k": 3}
    assert (opened.metadata["seed"], opened.metadata["room"], opened.metadata["run_id"]) == (1, "demo", "run-1")


def test_when_a_file_of_an_artifact_is_gone_then_the_error_names_it(home: Path) -> None:
    saved = artifact()
    (home / saved.path / "scaler.json").unlink()

    with pytest.raises(ArtifactMissing, match=r"scaler\.json"):
        open_artifact(saved.path, saved.sha256, room="demo")


def test_when_a_file_of_an_artifact_was_changed_then_it_is_refused(home: Path) -> None:
    saved = artifact()
    (home / saved.path / "model.json").write_bytes(b'{"k": 4}')

    with pytest.raises(ArtifactMissing, match="not the one that was published"):
        open_artifact(saved.path, saved.sha256, room="demo")


def test_when_the_disk_is_full_then_nothing_half_written_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.storage.artifacts.os.fsync", full)

    with pytest.raises(StorageFull):
        artifact()
    assert [path for path in (home / "models").rglob("*") if path.is_file()] == []


def test_when_two_are_published_then_the_newest_is_served_and_both_are_kept(home: Path) -> None:
    first, second = publish("run-1"), publish("run-2")

    assert champions.current("demo") == second
    assert [row.id for row in champions.history("demo")] == [second.id, first.id]


def test_when_rolled_back_then_the_earlier_run_is_served_by_a_new_row(home: Path) -> None:
    first, second = publish("run-1"), publish("run-2")

    champions.rollback("demo", first.id, why="second was worse", principal=LOCAL_ANALYST)

    now = champions.current("demo")
    assert now is not None
    assert (now.run_id, now.why) == ("run-1", "second was worse")
    assert now.id > second.id


def test_when_a_finding_blocks_then_publishing_is_refused_and_the_champion_stays(home: Path) -> None:
    first = publish("run-1")

    with pytest.raises(Conflict, match="cannot be published"):
        publish("run-2", findings=[BLOCKING])
    assert champions.current("demo") == first


def test_when_a_blocking_finding_is_accepted_then_it_is_kept_with_the_row(home: Path) -> None:
    published = publish("run-1", findings=[BLOCKING], accept_blocking=True)

    assert published.findings == (BLOCKING,)
    assert champions.history("demo")[0].findings == (BLOCKING,)


def test_when_no_reason_is_given_then_nothing_is_published(home: Path) -> None:
    with pytest.raises(BadInput):
        champions.promote("demo", run_id="r", artifact=artifact(), why="  ", principal=LOCAL_ANALYST)
    assert champions.current("demo") is None


def test_when_the_earlier_row_is_unknown_then_rollback_says_so(home: Path) -> None:
    with pytest.raises(NotFound):
        champions.rollback("demo", 99, why="x", principal=LOCAL_ANALYST)


def test_when_asked_again_within_a_second_then_the_database_is_left_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = publish("run-1")
    assert champions.current("demo") == published

    def broken(*_: object, **__: object) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(champions, "_rows", broken)
    assert champions.current("demo") == published


def test_when_the_role_may_not_publish_then_it_cannot_overrule_a_finding_or_roll_back(home: Path) -> None:
    analyst = Principal("analyst-a", Role.ANALYST)
    first = publish("run-1")
    blocked = artifact("run-2")

    with pytest.raises(NotAllowed):
        champions.promote(
            "demo",
            run_id="run-2",
            artifact=blocked,
            findings=[BLOCKING],
            why="mine",
            principal=analyst,
            accept_blocking=True,
        )
    with pytest.raises(NotAllowed):
        champions.rollback("demo", first.id, why="mine", principal=analyst)
    assert champions.current("demo") == first


def test_when_a_finding_only_warns_then_it_is_published_and_the_finding_is_kept(home: Path) -> None:
    warning = {**BLOCKING, "severity": "warning"}

    assert publish("run-1", findings=[warning]).findings == (warning,)


def test_when_a_room_has_two_slots_then_each_serves_and_keeps_its_own(home: Path) -> None:
    one, other = publish("run-1"), publish("run-2", slot="other")

    assert (champions.current("demo"), champions.current("demo", "other")) == (one, other)
    assert (champions.history("demo"), champions.history("demo", "other")) == ((one,), (other,))
