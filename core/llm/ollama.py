"""A chat model of an Ollama server, through Ollama's own client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.llm.chat_model import Message, StreamBroken, is_outage, refused
from core.resilience.guarded_call import guarded_stream


@dataclass(frozen=True)
class OllamaModel:
    """`model` as `ollama list` names it; times in seconds."""

    model: str
    base_url: str
    timeout_s: float
    total_s: float

    @property
    def name(self) -> str:
        return f"ollama:{self.model}"

    @cached_property
    def _client(self) -> Any:
        import ollama

        return ollama.Client(host=self.base_url, timeout=self.timeout_s)

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024, temperature: float = 0.0) -> Iterator[str]:
        import httpx

        def begin(_: float) -> Iterator[str]:
            return self._pieces(messages, {"num_predict": max_tokens, "temperature": temperature})

        # A line that is no JSON is a ValueError; the client turns some refused connections into ConnectionError.
        failures = (httpx.HTTPError, ConnectionError, StreamBroken, ValueError)
        return guarded_stream("ollama", begin, failures=failures, timeout_s=self.timeout_s, total_s=self.total_s)

    def _pieces(self, messages: Sequence[Message], options: dict[str, Any]) -> Iterator[str]:
        import ollama

        turns = [{"role": one.role, "content": one.content} for one in messages]
        is_done = False
        try:
            for part in self._client.chat(model=self.model, messages=turns, stream=True, options=options):
                is_done = is_done or bool(part.done)
                yield part.message.content or ""  # empty while a model thinks
        except ollama.ResponseError as error:
            # -1: an error line inside an answer that had begun.
            if error.status_code < 0 or is_outage(error.status_code):
                raise StreamBroken from error
            raise refused("ollama", self.model, error.status_code) from error
        if not is_done:
            raise StreamBroken
