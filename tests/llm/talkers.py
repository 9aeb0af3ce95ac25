"""Who speaks behind the test servers: scripts chosen by model name, a quoter of passages, a real small network.

Scripted models: `echo` says the last message back word by word, `silent` begins and then says nothing more, `mute`
never begins, `thinking` sends signs of life for ever, `broken` stops in the middle, `truncated` ends politely but too
early, `garbled` sends what is no answer, `faulty` reports an error inside its stream, `down` answers 503, `locked`
401, `recovering` 503 until it has been asked `recovers_after` times. `quoting` and `citing` answer from the passages
of their prompt.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

Turns = Sequence[Mapping[str, str]]
Talker = Callable[[Turns, Mapping[str, Any]], Iterator[str]]  # messages, options -> pieces

SCRIPTED = (
    "echo", "silent", "mute", "broken", "thinking", "truncated", "garbled", "faulty", "recovering",
)  # fmt: skip
STATUS = {"down": 503, "locked": 401}
_PASSAGE = re.compile(r'<passage number="(\d+)">\n?(.*?)</passage>', re.DOTALL)
_SENTENCE = re.compile(r"[^.!?。\n]*(?:[.!?。](?!\s|$)[^.!?。\n]*)*[.!?。]")
QUOTED = 3  # passages that the quoter answers from


class Mark(Enum):
    """What a stream holds beside words."""

    GARBAGE = "garbage"
    FAULT = "fault"
    LIMIT = "limit"  # the end, because no more words were allowed


class Broken(Exception):
    """Breaks the connection in the middle of an answer."""


@dataclass
class Stage:
    """What a server was asked, who left before the end, and the knobs of its scripts.

    talkers: models beside the scripted ones. pause_s: between two pieces. left: models whose reader hung up.
    """

    asked: list[dict[str, Any]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    recovers_after: int = 1
    pause_s: float = 0.0
    talkers: dict[str, Talker] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)

    def hear(self, body: dict[str, Any], headers: Mapping[str, str]) -> int:
        """Note a question; the status its model answers with."""
        self.asked.append({**body, "headers": dict(headers)})
        model = body["model"]
        times = sum(one["model"] == model for one in self.asked)
        if model == "recovering" and times <= self.recovers_after:
            return 503
        return 200 if model in SCRIPTED or model in self.talkers else STATUS.get(model, 404)

    async def speak(self, model: str, turns: Turns, options: Mapping[str, Any]) -> AsyncIterator[str | Mark]:
        """The pieces of an answer as they come; notes whose reader hung up. Raises Broken."""
        try:
            async for piece in self._pieces(model, turns, options):
                yield piece
        except (asyncio.CancelledError, GeneratorExit):
            self.left.append(model)
            raise

    async def _pieces(self, model: str, turns: Turns, options: Mapping[str, Any]) -> AsyncIterator[str | Mark]:
        if model == "mute":
            await self._wait()
        while model == "thinking" and not self.released.is_set():
            await asyncio.sleep(0.01)
            yield ""
        talker = self.talkers.get(model, echo)
        limit = int(options.get("num_predict") or -1)
        for number, piece in enumerate(talker(turns, options)):
            if number == limit:
                yield Mark.LIMIT
                return
            await asyncio.sleep(self.pause_s)
            yield piece
            if model == "silent":
                await self._wait()
            elif model == "broken":
                raise Broken
            elif model == "truncated":
                return
            elif model in ("garbled", "faulty"):
                yield Mark.GARBAGE if model == "garbled" else Mark.FAULT
                return

    async def _wait(self) -> None:
        while not self.released.is_set():
            await asyncio.sleep(0.01)


def echo(turns: Turns, options: Mapping[str, Any]) -> Iterator[str]:
    """The last message, word by word."""
    return words_of(turns[-1]["content"])


def words_of(text: str) -> Iterator[str]:
    """The pieces of a scripted answer."""
    for number, word in enumerate(text.split(" ")):
        yield word if number == 0 else f" {word}"


def quoting(turns: Turns, options: Mapping[str, Any]) -> Iterator[str]:
    """From each of the first passages the sentence that shares most with the question.

    Without passages, the last line it was sent: a question stays as it is.
    """
    return words_of(" ".join(text for _, text in _best_sentences(turns)) or _last_line(turns))


def citing(turns: Turns, options: Mapping[str, Any]) -> Iterator[str]:
    """As the quoter, with a thought aloud and the number of each passage, as models write even when told not to."""
    said = " ".join(f"{text} [{number}]" for number, text in _best_sentences(turns))
    return words_of(f"<think>99 reasons.</think>\n{said or _last_line(turns)}")


def _best_sentences(turns: Turns) -> list[tuple[str, str]]:
    """Number of the passage, sentence."""
    prompt = "\n".join(turn["content"] for turn in turns)
    asked = _pairs(_last_line(turns))
    best = []
    for number, text in _PASSAGE.findall(prompt)[:QUOTED]:
        sentences = [one.strip() for one in _SENTENCE.findall(text) if len(one.strip()) > 1]
        if sentences:
            best.append((number, max(sentences, key=lambda one: len(_pairs(one) & asked))))
    return best


def _last_line(turns: Turns) -> str:
    lines = _PASSAGE.sub("", turns[-1]["content"]).strip().splitlines()
    return lines[-1] if lines else "-"


def scripted(path: Path) -> Talker:
    """Answers from a file, a JSON list of {"when": pattern, "say": text}; the first whose pattern is in the last
    message counts, and where none is, passages are quoted."""
    lines = [(re.compile(one["when"]), str(one["say"])) for one in json.loads(path.read_text("utf-8"))]

    def talk(turns: Turns, options: Mapping[str, Any]) -> Iterator[str]:
        for pattern, text in lines:
            if pattern.search(turns[-1]["content"]):
                return words_of(text)
        return quoting(turns, options)

    return talk


def _pairs(text: str) -> set[str]:
    plain = re.sub(r"\W+", "", text.lower())
    return {plain[at : at + 2] for at in range(len(plain) - 1)}
