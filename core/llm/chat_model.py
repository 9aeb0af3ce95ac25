"""What every chat model can do, whoever runs it: turn messages into a stream of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from core.errors import Unavailable
from core.llm.answer_connection import Line
from core.resilience.guarded_call import HungUp
from core.telemetry.metrics import llm_call

REFUSALS = {401: "llm.key_refused", 403: "llm.key_refused", 404: "llm.no_such_model"}


@dataclass(frozen=True)
class Message:
    """One turn of a conversation; instructions come as `system`."""

    role: Literal["system", "user", "assistant"]
    content: str


class ChatModel(Protocol):
    """A model that answers; `name` is provider and model, e.g. "ollama:llama3.2"."""

    @property
    def name(self) -> str: ...

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int = 1024, temperature: float = 0.0, line: Line | None = None
    ) -> Iterator[str]:
        """Pieces of the answer as they come. Raises Unavailable, possibly after some pieces.

        Closing it between two pieces, or cutting `line` from another thread, closes the connection at once.
        """
        ...


class StreamBroken(Exception):
    """An answer that ended without the mark its protocol ends answers with: what came is not the whole of it."""


def collect(model: ChatModel, messages: Sequence[Message], *, max_tokens: int = 1024, temperature: float = 0.0) -> str:
    """The whole answer as one text. Raises Unavailable; half an answer is none."""
    return "".join(model.stream(messages, max_tokens=max_tokens, temperature=temperature))


def counted(provider: str, pieces: Iterator[str]) -> Iterator[str]:
    """The same pieces; one try at an answer, for whoever watches the model's server."""
    with llm_call(provider, hung_up=HungUp):
        yield from pieces


def refused(provider: str, model: str, status: int) -> Unavailable:
    """The server answered and said no."""
    return Unavailable(REFUSALS.get(status, "llm.refused"), provider=provider, model=model, status=status)
