"""A chat model of the Anthropic API, through Anthropic's own client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.llm.answer_connection import Line
from core.llm.chat_model import Message, StreamBroken, counted, refused
from core.resilience.guarded_call import guarded_stream
from core.resilience.outages import is_outage
from core.telemetry.metrics import count_tokens


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

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int = 1024, temperature: float = 0.0, line: Line | None = None
    ) -> Iterator[str]:
        import anthropic
        import httpx

        def begin(limit_s: float) -> Iterator[str]:
            pieces = self._pieces(messages, max_tokens, temperature, limit_s, held)
            return counted("anthropic", held.parts(pieces, failures))

        held = line or Line()
        failures = (anthropic.APIError, httpx.HTTPError, StreamBroken, ValueError)
        return guarded_stream("anthropic", begin, failures=failures, timeout_s=self.timeout_s, total_s=self.total_s)

    def _client(self, http: Any) -> Any:
        import anthropic

        # Retries are ours: the client's own would go unseen by the breaker. The time limit is said twice, because a
        # limit of 5 s in `http` is taken for nobody's choice.
        return anthropic.Anthropic(
            api_key=self.api_key, base_url=self.base_url, timeout=http.timeout, max_retries=0, http_client=http
        )

    def _pieces(
        self, messages: Sequence[Message], max_tokens: int, temperature: float, limit_s: float, line: Line
    ) -> Iterator[str]:
        import anthropic
        import httpx

        # Instructions travel beside the turns, not among them.
        system = "\n\n".join(one.content for one in messages if one.role == "system")
        turns = [{"role": one.role, "content": one.content} for one in messages if one.role != "system"]
        is_done = False
        try:
            with httpx.Client(timeout=limit_s, follow_redirects=True, **line.http()) as http:
                parts = self._client(http).messages.create(
                    model=self.model,
                    messages=turns,
                    stream=True,
                    max_tokens=max_tokens,
                    temperature=temperature,
                    system=system or anthropic.omit,
                )
                for part in parts:
                    is_done = is_done or part.type == "message_stop"
                    if part.type == "message_start":
                        count_tokens("anthropic", read=part.message.usage.input_tokens, written=None)
                    elif part.type == "message_delta":
                        count_tokens("anthropic", read=None, written=part.usage.output_tokens)
                    is_text = part.type == "content_block_delta" and part.delta.type == "text_delta"
                    yield part.delta.text if is_text else ""  # empty while a model thinks
        except anthropic.APIStatusError as error:
            if is_outage(error.status_code) or error.status_code == 200:  # 200: an error inside the stream
                raise
            raise refused("anthropic", self.model, error.status_code) from error
        if not is_done:
            raise StreamBroken
