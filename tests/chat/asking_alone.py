"""A process of its own that asks, has half of the answer written, says so and waits to be killed."""

from __future__ import annotations

import time

from core.chat import writing
from core.chat.answering import ask
from core.chat.messages import get_message
from core.knowledge.retrieval import find
from tests.chat.conversations_home import REFUND
from tests.chat.scripted_model import ScriptedModel
from tests.knowledge.collections_home import ANA, HashModel


def main() -> None:
    model = ScriptedModel()
    model.says("구매 후 30일 안에 환불할 수 있습니다.", waits_before=3)
    find.text_model = HashModel  # type: ignore[assignment]
    writing.chat_model_for = lambda role: model  # type: ignore[assignment]
    asked = ask(REFUND, principal=ANA)
    while not get_message(asked.answer_id, principal=ANA).text:
        time.sleep(0.05)
    print(asked.question_id, asked.answer_id, flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main()
