"""A stand-in server for chat models, and breakers that remember nothing of earlier tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from core.resilience import breakers
from tests.llm.stand_in import StandIn, stand_in_server


@pytest.fixture(scope="session")
def running_stand_in() -> Iterator[StandIn]:
    with stand_in_server() as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(running_stand_in: StandIn, settings_from: Callable[..., object]) -> Iterator[StandIn]:
    """The server, configured for all three providers, with quick retries."""
    running_stand_in.asked.clear()
    running_stand_in.left.clear()
    settings_from(
        WORKBENCH_OUTSIDE_BACKOFF_S="0",
        OLLAMA_BASE_URL=running_stand_in.url,
        OPENAI_BASE_URL=f"{running_stand_in.url}/v1",
        OPENAI_API_KEY="key-of-openai",
        ANTHROPIC_BASE_URL=running_stand_in.url,
        ANTHROPIC_API_KEY="key-of-anthropic",
    )
    breakers._breakers.clear()
    yield running_stand_in
    breakers._breakers.clear()
