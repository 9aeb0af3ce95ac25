"""Breakers that remember nothing of earlier tests, and retries without a pause."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from core.resilience import breakers


@pytest.fixture(autouse=True)
def fresh(settings_from: Callable[..., object]) -> Iterator[None]:
    settings_from(WORKBENCH_OUTSIDE_BACKOFF_S="0")
    breakers._breakers.clear()
    yield
    breakers._breakers.clear()
