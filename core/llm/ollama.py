"""A chat model of an Ollama server, through Ollama's own client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.llm.answer_connection import Line
from core.llm.chat_model import Message, StreamBroken, counted, refused
from core.resilience.guarded_call import guarded_stream
from core.resilience.ollama_server import PROVIDER, failures
from core.resilience.outages import is_outage
from core.telemetry.metrics import count_tokens


@dataclass(frozen=True)
class OllamaModel:
    """`model` as `ollama list` names it; times in seconds; context_tokens: of question and answer together."""

    model: str
    base_url: str
    timeout_s: float
    total_s: float
    context_tokens: int

    @property
    def name(self) -> str:
        return f"{PROVIDER}:{self.model}"

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int = 1024, temperature: float = 0.0, line: Line | None = None
    ) -> Iterator[str]:
        # The server's own choice of a context is small, and it cuts the beginning off whatever is longer in silence.
        options = {"num_predict": max_tokens, "temperature": temperature, "num_ctx": self.context_tokens}

        def begin(limit_s: float) -> Iterator[str]:
            return counted(PROVIDER, held.parts(self._pieces(messages, options, limit_s, held), down))

        held = line or Line()
        down = (*failures(), StreamBroken)
        return guarded_stream(PROVIDER, begin, failures=down, timeout_s=self.timeout_s, total_s=self.total_s)

    def _pieces(
        self, messages: Sequence[Message], options: dict[str, Any], limit_s: float, line: Line
    ) -> Iterator[str]:
        import ollama

        turns = [{"role": one.role, "content": one.content} for one in messages]
        is_done = False
        try:
            with ollama.Client(host=self.base_url, timeout=limit_s, **line.http()) as server:
                for part in server.chat(model=self.model, messages=turns, stream=True, options=options):
                    is_done = is_done or bool(part.done)
                    if part.done:
                        count_tokens(PROVIDER, read=part.prompt_eval_count, written=part.eval_count)
                    yield part.message.content or ""  # empty while a model thinks
        except ollama.ResponseError as error:
            # -1: an error line inside an answer that had begun.
            if error.status_code < 0 or is_outage(error.status_code):
                raise StreamBroken from error
            raise refused(PROVIDER, self.model, error.status_code) from error
        if not is_done:
            raise StreamBroken
