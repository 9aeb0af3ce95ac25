"""One reader per run, however many listen, and none once nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from app.api.live.runs import RunFollowing
from core.jobs import records
from core.security.policy import LOCAL_ANALYST
from tests.api import ctr_runs


@pytest.fixture
def run(home: Path) -> str:
    run_id = ctr_runs.submit("")
    ctr_runs.begin(run_id)
    return run_id


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The `after` of every read of a run's events."""
    found: list[int] = []
    genuine = records.events

    def counted(run_id: str, **given: Any) -> Any:
        found.append(given["after"])
        return genuine(run_id, **given)

    monkeypatch.setattr(records, "events", counted)
    return found


async def kinds(following: RunFollowing, run_id: str, count: int) -> list[str]:
    """The first `count` events somebody hears."""
    heard: list[str] = []
    async with aclosing(following.events(run_id, principal=LOCAL_ANALYST)) as story:
        async for event in story:
            heard.append(str(event.payload.get("state") or event.payload.get("epoch") or event.kind))
            if len(heard) == count:
                break
    return heard


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 10))


def test_when_several_listen_then_the_run_is_read_once_and_nobody_misses_anything(run: str, looks: list[int]) -> None:
    ctr_runs.tell_epoch(run, 1, 3)

    async def listen() -> list[list[str]]:
        following = RunFollowing(look_every_s=0.05)
        listeners = [asyncio.create_task(kinds(following, run, 4)) for _ in range(5)]
        await asyncio.sleep(0.1)
        ctr_runs.tell_epoch(run, 2, 3)
        ctr_runs.succeed(run, {})
        return list(await asyncio.gather(*listeners))

    assert finished(listen()) == [["running", "1", "2", "succeeded"]] * 5
    assert len(looks) < 10
    assert looks[0] == 0 < looks[1]


def test_when_the_last_listener_leaves_then_nothing_is_read_any_more(run: str, looks: list[int]) -> None:
    async def leave() -> int:
        following = RunFollowing(look_every_s=0.01)
        await kinds(following, run, 1)
        before = len(looks)
        await asyncio.sleep(0.1)
        assert following._followed == {}
        return before

    assert finished(leave()) == len(looks)


def test_when_the_run_has_ended_then_its_newest_epoch_and_end_are_told_and_the_story_is_over(run: str) -> None:
    for epoch in (1, 2):
        ctr_runs.tell_epoch(run, epoch, 2)
    ctr_runs.end(run, "lost")

    assert finished(kinds(RunFollowing(), run, 99)) == ["2", "lost"]


def test_when_the_story_is_longer_than_one_look_then_only_its_newest_is_told(
    run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.live.runs.AT_ONCE", 2)
    for epoch in range(1, 6):
        ctr_runs.tell_epoch(run, epoch, 9)

    assert finished(kinds(RunFollowing(), run, 2)) == ["running", "5"]
