"""A model server that is killed, frozen or never there: answers end as quotes that say so, and nobody waits long."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from core.chat.answering import ask, follow
from core.chat.messages import Message, list_messages
from core.resilience.breakers import State, states
from tests.chat.conversations_home import OTHERS, REFUND, answered
from tests.knowledge.collections_home import ANA, POLICY, filled
from tests.llm.ollama_process import OllamaProcess, ollama_process

pytestmark = pytest.mark.usefixtures("database")
DELIVERY = "배송은 며칠이 걸립니까?"


@pytest.fixture
def server(settings_from: Callable[..., object]) -> Iterator[OllamaProcess]:
    """Configured for every role and not running yet; its model quotes slowly. Two failures open the breaker."""
    with ollama_process() as process:
        process.pause_s = 0.2
        settings_from(
            WORKBENCH_LLM_PROVIDER="ollama", WORKBENCH_LLM_MODEL="quoting", OLLAMA_BASE_URL=process.url,
            WORKBENCH_LLM_TIMEOUT_S="1", WORKBENCH_OUTSIDE_RETRIES="0", WORKBENCH_BREAKER_FAILURES="2",
        )  # fmt: skip
        filled(policy=POLICY + OTHERS)
        yield process


def is_quoted_with_reason(message: Message, reason: str) -> bool:
    """Whether the answer stands as quotes, no model takes the credit, and the one warning names server and reason."""
    answer = message.answer
    if answer is None or (message.state, answer.kind, answer.model) != ("done", "quotes", None):
        return False
    (warning,) = answer.warnings
    is_named = all("ollama" in warning.text(language) for language in ("ko", "en"))
    return warning.key == "chat.model_failed" and is_named and warning.details["reason"]["key"] == reason


@pytest.mark.parametrize("ending", ["kill", "freeze"])
@pytest.mark.fault(
    "language model server hanging or gone", "killed or frozen in the middle of an answer",
    "passages are quoted, and the next answer is written again",
)  # fmt: skip
def test_when_the_server_dies_while_it_writes_then_sentences_are_quoted_and_the_next_answer_is_written(
    server: OllamaProcess, ending: str
) -> None:
    server.start()
    asked = ask(REFUND, principal=ANA)
    shown = ""
    for update in follow(asked.answer_id, principal=ANA):
        if update.text and not shown:
            shown = update.text
            getattr(server, ending)()
        last = update
    if ending == "freeze":
        server.kill()
    server.pause_s = 0.0
    server.start()
    _, after = answered(DELIVERY, conversation_id=asked.conversation_id)

    assert last.message is not None
    assert is_quoted_with_reason(last.message, "resilience.unavailable")
    assert "30일" in last.message.text and "배송" not in last.message.text
    assert after.answer is not None
    assert (after.answer.kind, after.answer.model, after.answer.warnings) == ("written", "ollama:quoting", ())
    assert len(list_messages(asked.conversation_id, principal=ANA)) == 4


@pytest.mark.parametrize("was_frozen", [False, True])
@pytest.mark.fault(
    "language model server hanging or gone", "never there, or frozen from the start",
    "every answer is quoted and after two failures nobody is asked",
)  # fmt: skip
def test_when_the_server_was_never_there_then_every_answer_is_quoted_and_the_later_ones_ask_nobody(
    server: OllamaProcess, was_frozen: bool
) -> None:
    if was_frozen:
        server.start()
        server.freeze()

    messages = [answered()[1] for _ in range(10)]

    reasons = ["resilience.unavailable"] * 2 + ["resilience.open"] * 8
    assert all(is_quoted_with_reason(*pair) for pair in zip(messages, reasons, strict=True))
    assert [(one.name, one.state) for one in states()] == [("ollama", State.OPEN)]
    assert len({message.text for message in messages}) == 1
