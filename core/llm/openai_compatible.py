"""A chat model behind OpenAI's protocol: OpenAI itself, vLLM, llama.cpp, LM Studio and many others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import Unavailable
from core.llm.answer_connection import Line
from core.llm.chat_model import Message, StreamBroken, counted, refused
from core.resilience.guarded_call import guarded_call, guarded_stream
from core.resilience.outages import is_outage
from core.telemetry.metrics import count_tokens

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

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int = 1024, temperature: float = 0.0, line: Line | None = None
    ) -> Iterator[str]:
        import httpx
        import openai

        def begin(limit_s: float) -> Iterator[str]:
            pieces = self._pieces(messages, max_tokens, temperature, limit_s, held)
            return counted("openai", held.parts(pieces, failures))

        held = line or Line()
        failures = (openai.APIError, httpx.HTTPError, StreamBroken, ValueError)
        return guarded_stream("openai", begin, failures=failures, timeout_s=self.timeout_s, total_s=self.total_s)

    def _client(self, http: Any) -> Any:
        import openai

        # Retries are ours: the client's own would go unseen by the breaker. The time limit is said twice, because a
        # limit of 5 s in `http` is taken for nobody's choice.
        key = self.api_key or NO_KEY
        return openai.OpenAI(api_key=key, base_url=self.base_url, timeout=http.timeout, max_retries=0, http_client=http)

    def _pieces(
        self, messages: Sequence[Message], max_tokens: int, temperature: float, limit_s: float, line: Line
    ) -> Iterator[str]:
        import httpx
        import openai

        turns = [{"role": one.role, "content": one.content} for one in messages]
        is_done = False
        try:
            with httpx.Client(timeout=limit_s, follow_redirects=True, **line.http()) as http:
                parts = self._client(http).chat.completions.create(
                    model=self.model, messages=turns, stream=True, max_tokens=max_tokens, temperature=temperature
                )
                for part in parts:
                    if part.usage is not None:  # of servers that tell it unasked
                        count_tokens("openai", read=part.usage.prompt_tokens, written=part.usage.completion_tokens)
                    choice = part.choices[0] if part.choices else None  # a last part may carry counts alone
                    is_done = is_done or (choice is not None and choice.finish_reason is not None)
                    yield (choice.delta.content if choice is not None else None) or ""  # empty while a model thinks
        except openai.APIStatusError as error:
            if is_outage(error.status_code):
                raise
            raise refused("openai", self.model, error.status_code) from error
        if not is_done:
            raise StreamBroken


def list_openai_models(base_url: str, api_key: str) -> tuple[str, ...]:
    """The names of the server's models, sorted; asked once. Raises Unavailable."""
    import httpx
    import openai

    def call(limit_s: float) -> tuple[str, ...]:
        try:
            with openai.OpenAI(api_key=api_key or NO_KEY, base_url=base_url, timeout=limit_s, max_retries=0) as server:
                return tuple(sorted(one.id for one in server.models.list()))
        except openai.APIStatusError as error:
            if is_outage(error.status_code):
                raise
            if error.status_code == 404:
                raise Unavailable("llm.no_list", provider="openai") from error
            raise refused("openai", "*", error.status_code) from error

    failures = (openai.APIError, httpx.HTTPError, ValueError, TypeError, AttributeError)  # the last two: another shape
    return guarded_call("openai", call, failures=failures, retries=0)
