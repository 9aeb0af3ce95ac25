"""A chat model behind OpenAI's protocol: OpenAI itself, vLLM, llama.cpp, LM Studio and many others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.llm.chat_model import Message, StreamBroken, is_outage, refused
from core.resilience.guarded_call import guarded_stream

NO_KEY = "none"  # local servers ask for no key, but the client insists on some text


@dataclass(frozen=True)
class OpenAIModel:
    """`base_url` ends in /v1; times in seconds."""

    model: str
    base_url: str
    api_key: str = field(repr=False)
    timeout_s: float
    total_s: float

    @property
    def name(self) -> str:
        return f"openai:{self.model}"

    @cached_property
    def _client(self) -> Any:
        import openai

        # Retries are ours: the client's own would go unseen by the breaker.
        return openai.OpenAI(
            api_key=self.api_key or NO_KEY, base_url=self.base_url, timeout=self.timeout_s, max_retries=0
        )

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024, temperature: float = 0.0) -> Iterator[str]:
        import httpx
        import openai

        def begin(_: float) -> Iterator[str]:
            return self._pieces(messages, max_tokens, temperature)

        failures = (openai.APIError, httpx.HTTPError, StreamBroken, ValueError)
        return guarded_stream("openai", begin, failures=failures, timeout_s=self.timeout_s, total_s=self.total_s)

    def _pieces(self, messages: Sequence[Message], max_tokens: int, temperature: float) -> Iterator[str]:
        import openai

        turns = [{"role": one.role, "content": one.content} for one in messages]
        is_done = False
        try:
            with self._client.chat.completions.create(
                model=self.model, messages=turns, stream=True, max_tokens=max_tokens, temperature=temperature
            ) as parts:
                for part in parts:
                    choice = part.choices[0] if part.choices else None  # a last part may carry counts alone
                    is_done = is_done or (choice is not None and choice.finish_reason is not None)
                    yield (choice.delta.content if choice is not None else None) or ""  # empty while a model thinks
        except openai.APIStatusError as error:
            if is_outage(error.status_code):
                raise
            raise refused("openai", self.model, error.status_code) from error
        if not is_done:
            raise StreamBroken
