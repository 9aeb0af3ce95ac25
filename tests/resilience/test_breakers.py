"""Five failures in a row open a breaker, a minute later single trials pass, three of them close it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core.errors import NotFound, Unavailable
from core.resilience import breakers
from core.resilience.breakers import State, breaker, states
from core.resilience.guarded_call import guarded_call, guarded_stream


class Dependency:
    """Answers or fails as told, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.failing = True

    def __call__(self, timeout_s: float) -> str:
        self.asked += 1
        if self.failing:
            raise ConnectionError
        return "answer"


@pytest.fixture
def dependency() -> Dependency:
    return Dependency()


def ask(dependency: Callable[[float], str], retries: int = 0) -> str:
    return guarded_call("desk", dependency, failures=(ConnectionError,), retries=retries)


def fail(dependency: Dependency, times: int) -> None:
    dependency.failing = True
    for _ in range(times):
        with pytest.raises(Unavailable):
            ask(dependency)


def let_time_pass(seconds: float) -> None:
    memory = breaker("desk").memory
    assert memory.opened_at is not None
    memory.opened_at -= timedelta(seconds=seconds)


def state() -> State:
    return breaker("desk").state().state


def test_when_a_call_fails_then_it_is_tried_again_a_bounded_number_of_times(dependency: Dependency) -> None:
    with pytest.raises(Unavailable) as problem:
        ask(dependency, retries=2)

    assert dependency.asked == 3
    assert (problem.value.key, problem.value.details["name"]) == ("resilience.unavailable", "desk")


def test_when_fewer_than_five_fail_in_a_row_then_the_breaker_stays_closed(dependency: Dependency) -> None:
    fail(dependency, 4)
    dependency.failing = False
    ask(dependency)
    fail(dependency, 4)

    assert state() is State.CLOSED


def test_when_five_fail_in_a_row_then_nothing_is_asked_for_a_minute(dependency: Dependency) -> None:
    fail(dependency, 5)
    let_time_pass(59)
    dependency.failing = False

    with pytest.raises(Unavailable) as refused:
        ask(dependency)

    assert refused.value.key == "resilience.open"
    assert (state(), dependency.asked) == (State.OPEN, 5)


def test_when_the_minute_is_over_then_three_successes_close_it(dependency: Dependency) -> None:
    fail(dependency, 5)
    let_time_pass(60)
    dependency.failing = False

    seen = []
    for _ in range(3):
        ask(dependency)
        seen.append(state())

    assert seen == [State.HALF_OPEN, State.HALF_OPEN, State.CLOSED]


def test_when_a_trial_fails_then_another_minute_begins(dependency: Dependency) -> None:
    fail(dependency, 5)
    let_time_pass(60)
    dependency.failing = False
    ask(dependency)
    fail(dependency, 1)
    dependency.failing = False

    with pytest.raises(Unavailable, match="another 60 seconds"):
        ask(dependency)
    let_time_pass(60)
    ask(dependency)
    assert state() is State.HALF_OPEN  # the earlier success no longer counts


def test_when_a_trial_is_on_its_way_then_nobody_else_is_let_through(dependency: Dependency) -> None:
    fail(dependency, 5)
    let_time_pass(60)
    asked, go_on = threading.Event(), threading.Event()

    def slow(timeout_s: float) -> str:
        asked.set()
        assert go_on.wait(10)
        return "answer"

    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(ask, slow)
        assert asked.wait(10)
        with pytest.raises(Unavailable) as refused:
            ask(dependency)
        go_on.set()
        assert trial.result(10) == "answer"

    assert refused.value.key == "resilience.on_trial"
    assert dependency.asked == 5


def test_when_one_call_is_slow_then_others_are_not_held_up_by_it(dependency: Dependency) -> None:
    dependency.failing = False
    asked, go_on = threading.Event(), threading.Event()

    def slow(timeout_s: float) -> str:
        asked.set()
        assert go_on.wait(10)
        return "late"

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(ask, slow)
        assert asked.wait(10)
        assert ask(dependency) == "answer"
        go_on.set()
        assert late.result(10) == "late"


def test_when_a_call_from_before_the_outage_succeeds_late_then_the_breaker_stays_open(
    dependency: Dependency,
) -> None:
    def overtaken(timeout_s: float) -> str:
        fail(dependency, 5)
        return "late"

    assert ask(overtaken) == "late"
    assert state() is State.OPEN


def test_when_many_threads_fail_at_once_then_every_failure_counts(dependency: Dependency) -> None:
    together = threading.Barrier(4)

    def call(timeout_s: float) -> str:
        together.wait(10)
        raise ConnectionError

    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(ask, call) for _ in range(4)]:
            assert isinstance(one.exception(10), Unavailable)

    assert breaker("desk").state().failures == 4


def test_when_the_other_side_says_no_then_that_is_an_answer(dependency: Dependency) -> None:
    def refuse(timeout_s: float) -> str:
        raise NotFound("jobs.no_such_job", id="1")

    fail(dependency, 4)
    with pytest.raises(NotFound):
        ask(refuse, retries=2)

    assert breaker("desk").state().failures == 0


def test_when_our_own_code_is_wrong_then_it_is_not_hidden_and_not_counted(dependency: Dependency) -> None:
    fail(dependency, 4)
    with pytest.raises(ZeroDivisionError):
        ask(lambda timeout_s: str(1 / 0), retries=2)

    assert breaker("desk").state().failures == 4


def test_when_dependencies_were_called_then_health_sees_each(dependency: Dependency) -> None:
    guarded_call("mail", lambda timeout_s: None, failures=(OSError,))
    fail(dependency, 5)

    seen = states()

    assert [(one.name, one.state, one.failures) for one in seen] == [
        ("desk", State.OPEN, 5),
        ("mail", State.CLOSED, 0),
    ]
    assert seen[0].opened_at is not None


def test_when_a_trial_was_abandoned_then_the_next_minute_allows_another(
    dependency: Dependency, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(dependency, 5)
    let_time_pass(60)
    abandoned = guarded_stream("desk", lambda timeout_s: iter(["one", "two"]), failures=(ConnectionError,))
    next(abandoned)
    dependency.failing = False

    with pytest.raises(Unavailable, match="single call"):
        ask(dependency)
    clock = breakers.time.monotonic() + 60
    monkeypatch.setattr(breakers.time, "monotonic", lambda: clock)

    assert ask(dependency) == "answer"
