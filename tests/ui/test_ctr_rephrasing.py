"""The summary in a model's words: only when asked for, only with the report's own figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from core.resilience import breakers
from core.telemetry.ports import answers
from tests.llm.stand_in import StandIn, stand_in_server
from tests.ui.conftest import Opener, visible_text
from tests.workers import free_port

Settings = Callable[..., object]


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with stand_in_server() as running:
        yield running


@pytest.fixture(autouse=True)
def closed_breakers() -> Iterator[None]:
    breakers._breakers.clear()
    yield
    breakers._breakers.clear()


def configured(settings_from: Settings, url: str, model: str) -> None:
    settings_from(
        WORKBENCH_LLM_PROVIDER="ollama",
        WORKBENCH_LLM_MODEL=model,
        OLLAMA_BASE_URL=url,
        WORKBENCH_OUTSIDE_BACKOFF_S="0",
    )


def test_when_no_model_is_configured_then_no_rephrasing_is_offered(open_page: Opener, finished_ctr_run: str) -> None:
    assert not open_page("ctr_report", run=finished_ctr_run).toggle


def test_when_a_model_is_there_then_it_is_asked_only_once_the_visitor_wants_it(
    open_page: Opener, finished_ctr_run: str, server: StandIn, settings_from: Settings
) -> None:
    configured(settings_from, server.url, "echo")
    server.asked.clear()
    app = open_page("ctr_report", run=finished_ctr_run)
    assert not server.asked

    app.toggle[0].set_value(True).run()

    assert not app.exception
    asked = len(server.asked)
    assert asked > 1
    app.run()
    assert len(server.asked) == asked  # kept for this visit


def test_when_the_model_is_away_then_the_report_keeps_its_words_and_says_so(
    open_page: Opener, finished_ctr_run: str, settings_from: Settings
) -> None:
    port = free_port()
    assert not answers(("127.0.0.1", port))
    configured(settings_from, f"http://127.0.0.1:{port}", "echo")
    app = open_page("ctr_report", run=finished_ctr_run)
    before = visible_text(app)

    app.toggle[0].set_value(True).run()

    assert not app.exception
    assert "does not answer" in app.warning[0].value
    told = [line for line in before.splitlines() if "average precision of" in line]
    assert told
    assert all(line in visible_text(app) for line in told)
