"""A chat model of the Anthropic API, through Anthropic's own client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.llm.chat_model import Message, StreamBroken, is_outage, refused
from core.resilience.guarded_call import guarded_stream


@dataclass(frozen=True)
class AnthropicModel:
    """`base_url` without a path; times in seconds."""

    model: str
    base_url: str
    api_key: str = field(repr=False)
    timeout_s: float
    total_s: float

    @property
    def name(self) -> str:
        return f"anthropic:{self.model}"

    @cached_property
    def _client(self) -> Any:
        import anthropic

        # Retries are ours: the client's own would go unseen by the breaker.
        return anthropic.Anthropic(api_key=self.api_key, base_url=self.base_url, timeout=self.timeout_s, max_retries=0)

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024, temperature: float = 0.0) -> Iterator[str]:
        import anthropic
        import httpx

        def begin(_: float) -> Iterator[str]:
            return self._pieces(messages, max_tokens, temperature)

        failures = (anthropic.APIError, httpx.HTTPError, StreamBroken, ValueError)
        return guarded_stream("anthropic", begin, failures=failures, timeout_s=self.timeout_s, total_s=self.total_s)

    def _pieces(self, messages: Sequence[Message], max_tokens: int, temperature: float) -> Iterator[str]:
        import anthropic

        # Instructions travel beside the turns, not among them.
        system = "\n\n".join(one.content for one in messages if one.role == "system")
        turns = [{"role": one.role, "content": one.content} for one in messages if one.role != "system"]
        is_done = False
        try:
            with self._client.messages.create(
                model=self.model,
                messages=turns,
                stream=True,
                max_tokens=max_tokens,
                temperature=temperature,
                system=system or anthropic.omit,
            ) as parts:
                for part in parts:
                    is_done = is_done or part.type == "message_stop"
                    is_text = part.type == "content_block_delta" and part.delta.type == "text_delta"
                    yield part.delta.text if is_text else ""  # empty while a model thinks
        except anthropic.APIStatusError as error:
            if is_outage(error.status_code) or error.status_code == 200:  # 200: an error inside the stream
                raise
            raise refused("anthropic", self.model, error.status_code) from error
        if not is_done:
            raise StreamBroken
