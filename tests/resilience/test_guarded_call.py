"""Time limits of calls and streams, and when a stream may be begun again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from core.errors import Unavailable
from core.resilience.breakers import breaker
from core.resilience.guarded_call import guarded_call, guarded_stream


def test_when_nothing_else_is_said_then_limit_and_retries_are_those_of_the_settings(
    settings_from: Callable[..., object],
) -> None:
    settings_from(WORKBENCH_OUTSIDE_TIMEOUT_S="7", WORKBENCH_OUTSIDE_RETRIES="1")
    limits = []

    def call(timeout_s: float) -> None:
        limits.append(timeout_s)
        raise ConnectionError

    with pytest.raises(Unavailable):
        guarded_call("desk", call, failures=(ConnectionError,))

    assert limits == [7.0, 7.0]


def test_when_a_stream_never_ends_then_it_is_cut_off_and_counts_as_a_failure() -> None:
    def drops(timeout_s: float) -> Iterator[str]:
        while True:
            yield "drop"

    heard = guarded_stream("desk", drops, failures=(ConnectionError,), total_s=0.0)

    with pytest.raises(Unavailable, match="TimeoutError"):
        list(heard)
    assert breaker("desk").state().failures == 1


def test_when_a_reader_has_waited_a_whole_limit_then_the_stream_is_not_begun_again() -> None:
    begun = []

    def silent(timeout_s: float) -> Iterator[str]:
        begun.append(timeout_s)
        time.sleep(timeout_s)
        raise ConnectionError
        yield ""

    with pytest.raises(Unavailable):
        list(guarded_stream("desk", silent, failures=(ConnectionError,), retries=2, timeout_s=0.05))
    assert len(begun) == 1


def test_when_a_stream_fails_before_its_first_piece_then_it_is_begun_again() -> None:
    begun = []

    def stream(timeout_s: float) -> Iterator[str]:
        begun.append(timeout_s)
        if len(begun) == 1:
            raise ConnectionError
        yield "piece"

    assert list(guarded_stream("desk", stream, failures=(ConnectionError,), retries=1)) == ["piece"]
    assert len(begun) == 2
