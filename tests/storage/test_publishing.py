"""What a training that ended may publish by itself, and what only a person with a reason may."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.security.policy import LOCAL_ANALYST
from core.storage import champions
from core.storage.artifacts import SavedArtifact, save_artifact
from core.storage.publishing import publish_unless_blocked, real_data_behind

WARNING = {"code": "artifacts.reason_missing", "severity": "warning", "details": {}}
BLOCKING = {**WARNING, "severity": "blocking"}


def artifact(*, source: str = "shop", synthetic: bool = False) -> SavedArtifact:
    data = {"source": source, "synthetic": synthetic}
    return save_artifact("demo", "run-1", {"model.json": b"{}"}, {"data": data})


def published(
    *findings: dict[str, object], publish: bool = True, reason: str = "", saved: SavedArtifact | None = None
) -> champions.Champion | None:
    return publish_unless_blocked(
        "demo", slot="champion", run_id="run-1", artifact=saved or artifact(), findings=findings, publish=publish,
        reason=reason, principal=LOCAL_ANALYST,
    )  # fmt: skip


@pytest.mark.parametrize("findings", [(), (WARNING,)], ids=["no finding", "a warning"])
def test_when_nothing_blocks_then_the_run_itself_is_the_reason(home: Path, findings: tuple[dict[str, object]]) -> None:
    champion = published(*findings)

    assert champion is not None
    assert (champion, champion.why) == (champions.current("demo"), "Trained by run run-1")


def test_when_one_of_several_findings_blocks_then_nothing_is_published(home: Path) -> None:
    assert published(WARNING, BLOCKING) is None
    assert champions.current("demo") is None


def test_when_the_reason_is_blank_then_it_overrules_nothing_and_is_not_written_down(home: Path) -> None:
    assert published(BLOCKING, reason="  ") is None

    champion = published(reason="  ")
    assert champion is not None
    assert champion.why == "Trained by run run-1"


def test_when_a_person_gives_a_reason_then_it_overrules_and_stands_with_the_row(home: Path) -> None:
    champion = published(BLOCKING, reason=" needed today ")

    assert champion is not None
    assert champion.why == "needed today"


def test_when_publishing_is_not_asked_for_then_nothing_is_published(home: Path) -> None:
    assert published(publish=False) is None
    assert published(BLOCKING, publish=False, reason="needed today") is None
    assert champions.current("demo") is None


@pytest.mark.parametrize(("synthetic", "source"), [(True, None), (False, "shop")])
def test_when_something_serves_then_only_real_data_behind_it_is_named(
    home: Path, synthetic: bool, source: str | None
) -> None:
    assert real_data_behind("demo", "champion") is None

    published(saved=artifact(synthetic=synthetic))

    assert real_data_behind("demo", "champion") == source
