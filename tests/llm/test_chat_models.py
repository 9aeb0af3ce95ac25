"""The three vendors' clients over a real socket: the same answers, the same outages, the same words for them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Thread

import pytest

from core.errors import Unavailable
from core.llm.answer_connection import Line
from core.llm.chat_model import ChatModel, Message, collect
from core.llm.roles import chat_model_for
from core.resilience.breakers import State, states
from tests.llm.stand_in import StandIn, wait_until
from tests.workers import free_port

QUESTION = (Message("system", "Be brief."), Message("user", "the click rate is 1.92 %"))
Configure = Callable[..., object]


@pytest.fixture(params=["ollama", "openai", "anthropic"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model_named(stand_in: StandIn, provider: str, settings_from: Configure) -> Callable[..., ChatModel]:
    """Call with the name of a scripted model, and settings to change."""

    def build(name: str, **values: str) -> ChatModel:
        settings_from(WORKBENCH_LLM_PROVIDER=provider, MODEL_NAME=name, **values)
        model = chat_model_for("narrative")
        assert model is not None
        return model

    return build


Build = Callable[..., ChatModel]


def test_when_the_model_answers_then_its_pieces_come_as_they_are_said(model_named: Build, provider: str) -> None:
    model = model_named("echo")

    pieces = list(model.stream(QUESTION))

    assert model.name == f"{provider}:echo"
    assert pieces == ["the", " click", " rate", " is", " 1.92", " %"]
    assert [(one.name, one.state, one.failures) for one in states()] == [(provider, State.CLOSED, 0)]


def test_when_a_question_is_sent_then_instructions_limits_and_key_travel_as_the_provider_wants(
    model_named: Build, provider: str, stand_in: StandIn
) -> None:
    collect(model_named("echo"), QUESTION, max_tokens=7, temperature=0.5)

    (asked,) = stand_in.asked
    told = {
        "ollama": (asked.get("options"), asked["messages"][0]["content"]),
        "openai": ((asked.get("max_tokens"), asked.get("temperature")), asked["headers"].get("authorization")),
        "anthropic": ((asked.get("max_tokens"), asked.get("system")), asked["headers"].get("x-api-key")),
    }
    assert (
        told[provider]
        == {
            "ollama": ({"num_predict": 7, "temperature": 0.5, "num_ctx": 8192}, "Be brief."),
            "openai": ((7, 0.5), "Bearer key-of-openai"),
            "anthropic": ((7, "Be brief."), "key-of-anthropic"),
        }[provider]
    )


@pytest.mark.parametrize(
    ("model", "key", "status"), [("unheard-of", "llm.no_such_model", 404), ("locked", "llm.key_refused", 401)]
)
def test_when_the_provider_says_no_then_it_is_asked_once_and_does_not_count_as_down(
    model_named: Build, provider: str, stand_in: StandIn, model: str, key: str, status: int
) -> None:
    with pytest.raises(Unavailable) as refused:
        collect(model_named(model), QUESTION)

    assert refused.value.key == key
    assert refused.value.details == {"provider": provider, "model": model, "status": status}
    assert len(stand_in.asked) == 1
    assert states()[0].failures == 0


def test_when_the_provider_recovers_between_tries_then_the_answer_comes(model_named: Build, stand_in: StandIn) -> None:
    stand_in.recovers_after = 2

    assert collect(model_named("recovering"), QUESTION) == QUESTION[-1].content
    assert len(stand_in.asked) == 3


@pytest.mark.parametrize("model", ["broken", "truncated", "garbled", "faulty"])
def test_when_an_answer_breaks_off_then_what_came_is_shown_and_the_end_is_an_error(
    model_named: Build, provider: str, stand_in: StandIn, model: str
) -> None:
    heard = []

    with pytest.raises(Unavailable, match=f"'{provider}' does not answer"):
        for piece in model_named(model).stream(QUESTION):
            heard.append(piece)

    assert heard == ["the"]
    assert len(stand_in.asked) == 1  # a second try would say the beginning again


def test_when_the_provider_falls_silent_then_the_wait_ends_at_the_limit(model_named: Build, provider: str) -> None:
    with pytest.raises(Unavailable, match=provider) as late:
        collect(model_named("silent", WORKBENCH_LLM_TIMEOUT_S="0.2"), QUESTION)

    assert "Time" in str(late.value.details["reason"])


def test_when_the_model_never_stops_thinking_then_the_wait_ends_at_the_total(model_named: Build, provider: str) -> None:
    model = model_named("thinking", WORKBENCH_LLM_TOTAL_S="0.2", WORKBENCH_OUTSIDE_RETRIES="0")

    with pytest.raises(Unavailable, match=f"'{provider}' does not answer .TimeoutError"):
        collect(model, QUESTION)


def test_when_nobody_listens_then_the_provider_is_named(model_named: Build, provider: str) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    base = {"ollama": nowhere, "openai": f"{nowhere}/v1", "anthropic": nowhere}[provider]
    model = model_named("echo", **{f"{provider.upper()}_BASE_URL": base})

    with pytest.raises(Unavailable) as gone:
        collect(model, QUESTION)

    assert (gone.value.key, gone.value.details["name"]) == ("resilience.unavailable", provider)


def test_when_five_calls_in_a_row_failed_then_the_provider_is_left_alone(
    model_named: Build, provider: str, stand_in: StandIn
) -> None:
    model = model_named("down")
    for _ in range(2):  # three tries each, the last of which is refused
        with pytest.raises(Unavailable):
            collect(model, QUESTION)

    with pytest.raises(Unavailable) as refused:
        collect(model_named("echo"), QUESTION)

    assert refused.value.key == "resilience.open"
    assert len(stand_in.asked) == 5
    assert [(one.name, one.state) for one in states()] == [(provider, State.OPEN)]


def test_when_the_reader_walks_away_then_the_provider_sees_it_and_nothing_is_counted(
    model_named: Build, stand_in: StandIn
) -> None:
    reading = model_named("silent").stream(QUESTION)
    next(reading)
    reading.close()  # type: ignore[attr-defined]

    wait_until(lambda: stand_in.left == ["silent"])
    assert states()[0].failures == 0


@pytest.mark.parametrize("model", ["mute", "silent", "thinking"])
def test_when_the_line_is_cut_while_a_model_says_nothing_then_both_ends_know_at_once(
    model_named: Build, stand_in: StandIn, model: str
) -> None:
    line, heard = Line(), []
    reader = Thread(target=lambda: heard.extend(model_named(model).stream(QUESTION, line=line)), daemon=True)
    reader.start()
    wait_until(lambda: len(stand_in.asked) == 1)

    line.hang_up()

    reader.join(10)
    assert not reader.is_alive()
    wait_until(lambda: stand_in.left == [model])
    assert (len(stand_in.asked), states()[0].failures) == (1, 0)


def test_when_the_line_was_cut_before_then_nobody_is_asked(model_named: Build, stand_in: StandIn) -> None:
    line = Line()
    line.hang_up()

    assert list(model_named("echo").stream(QUESTION, line=line)) == []
    assert stand_in.asked == []


@pytest.mark.parametrize(
    "values",
    [
        {"WORKBENCH_LLM_PROVIDER": "none", "MODEL_NAME": "echo"},
        {"WORKBENCH_LLM_PROVIDER": "ollama", "MODEL_NAME": ""},
        {"WORKBENCH_LLM_PROVIDER": "anthropic", "MODEL_NAME": "echo", "ANTHROPIC_API_KEY": ""},
    ],
)
def test_when_something_is_not_configured_then_there_is_no_model(
    values: dict[str, str], settings_from: Configure
) -> None:
    settings_from(**values)

    assert chat_model_for("narrative") is None


def test_when_a_role_has_a_model_of_its_own_then_only_that_role_uses_it(
    stand_in: StandIn, settings_from: Configure
) -> None:
    settings_from(WORKBENCH_LLM_PROVIDER="ollama", MODEL_NAME="small", WORKBENCH_LLM_ROLE_MODELS="narrative=large:7b")

    names = [model.name for role in ("narrative", "service") if (model := chat_model_for(role))]

    assert names == ["ollama:large:7b", "ollama:small"]


def test_when_a_model_is_shown_then_its_key_is_not(stand_in: StandIn, settings_from: Configure) -> None:
    settings_from(WORKBENCH_LLM_PROVIDER="openai", MODEL_NAME="echo")

    assert "key-of-openai" not in repr(chat_model_for("narrative"))


def test_when_roles_are_read_then_no_vendor_package_is_loaded() -> None:
    import subprocess

    program = "import sys, core.llm.roles as roles; roles.chat_model_for('narrative'); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not {"'ollama'", "'openai'", "'anthropic'"} & set(done.stdout.strip("[]\n").split(", "))
