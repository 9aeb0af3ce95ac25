"""A chat model that says what a test wants, and waits where a test wants it to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.llm.answer_connection import Line
from core.llm.chat_model import Message


@dataclass
class ScriptedModel:
    """text: what it says, word by word. goes_on: it waits for this before the word with the number `waits_before`."""

    name: str = "scripted:one"
    text: str = ""
    asked: list[Sequence[Message]] = field(default_factory=list)
    waits_before: int | None = None
    goes_on: threading.Event = field(default_factory=threading.Event)
    is_waiting: threading.Event = field(default_factory=threading.Event)

    def says(self, text: str, *, waits_before: int | None = None) -> None:
        self.text, self.waits_before = text, waits_before

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int = 1024, temperature: float = 0.0, line: Line | None = None
    ) -> Iterator[str]:
        self.asked.append(messages)
        for number, word in enumerate(self.text.split(" ")):
            if number == self.waits_before:
                self.is_waiting.set()
                self.goes_on.wait(20)
            yield word if number == 0 else f" {word}"
