"""What probes say of models that are loaded in the background: looked up, never loaded for a probe."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from app.api.preloading import Preloading
from core.errors import ArtifactMissing
from core.telemetry.health import State, ask


def started(load: Callable[[], object]) -> Preloading:
    """One model whose first try has ended."""
    preloading = Preloading(["drawn"], {"drawn": load})
    preloading.start(first_look=lambda: None)
    preloading._threads["drawn"].join(10)
    return preloading


def state_of(preloading: Preloading) -> State:
    return ask(preloading.probes())["preload:drawn"].state


def test_when_a_model_is_loaded_then_probes_load_it_never_again() -> None:
    calls: list[int] = []
    preloading = started(lambda: calls.append(1))

    assert [state_of(preloading) for _ in range(3)] == [State.OK] * 3
    assert calls == [1]


def test_when_a_model_was_missing_then_a_probe_tries_again_and_sees_it_once_it_is_there() -> None:
    is_there = False

    def load() -> None:
        if not is_there:
            raise ArtifactMissing("customers.no_model")

    preloading = started(load)
    before = state_of(preloading)
    is_there = True

    assert (before, state_of(preloading)) == (State.MISSING, State.OK)


def test_when_another_try_takes_long_then_the_probe_answers_with_what_is_known() -> None:
    may_end, begun = threading.Event(), threading.Event()
    is_first = True

    def load() -> None:
        nonlocal is_first
        if is_first:
            is_first = False
            raise ArtifactMissing("customers.no_model")
        begun.set()
        assert may_end.wait(10)

    preloading = started(load)
    states = [state_of(preloading) for _ in range(3)]
    assert begun.wait(10)
    tries = [one for one in threading.enumerate() if one.name == "preload-drawn"]
    may_end.set()
    preloading._threads["drawn"].join(10)

    assert (states, len(tries)) == ([State.MISSING] * 3, 1)
    assert state_of(preloading) is State.OK


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_when_loading_breaks_in_a_way_that_nobody_expects_then_the_probe_is_not_ready_and_lives() -> None:
    def load() -> None:
        raise RuntimeError("hunter2")

    assert state_of(started(load)) is State.LOADING
