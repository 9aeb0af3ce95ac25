"""A small server that speaks three chat protocols over a real socket, with scripted answers chosen by model name.

Models: `echo` says the last message back word by word, `silent` begins and then says nothing more, `thinking` sends
signs of life for ever, `broken` stops in the middle, `truncated` ends politely but too early, `garbled` sends what is
no JSON, `faulty` reports an error inside its stream, `down` answers 503, `locked` 401, `recovering` 503 until it has
been asked `recovers_after` times; any other is unknown (404).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tests.conftest import free_port

TALKING = ("echo", "silent", "broken", "thinking", "truncated", "garbled", "faulty", "recovering")
STATUS = {"down": 503, "locked": 401}


@dataclass
class StandIn:
    """The running server: its address, what it was asked, and the knob of `recovering`."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    recovers_after: int = 1
    released: threading.Event = field(default_factory=threading.Event)


class _Broken(Exception):
    """Breaks the connection in the middle of an answer."""


@contextmanager
def serving() -> Iterator[StandIn]:
    """The server on a free port, for as long as the block lasts."""
    port = free_port()
    stand_in = StandIn(f"http://127.0.0.1:{port}")
    config = uvicorn.Config(_application(stand_in), host="127.0.0.1", port=port, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the stand-in did not start"
        time.sleep(0.01)
    try:
        yield stand_in
    finally:
        stand_in.released.set()
        server.should_exit = True
        thread.join(10)


def _application(stand_in: StandIn) -> FastAPI:
    app = FastAPI()

    def answer(body: dict[str, Any], headers: Any, protocol: type[_Ollama]) -> Response:
        stand_in.asked.append({**body, "headers": dict(headers)})
        model = body["model"]
        asked = sum(one["model"] == model for one in stand_in.asked)
        if model == "recovering" and asked <= stand_in.recovers_after:
            return JSONResponse(protocol.error("try later"), 503)
        if model not in TALKING:
            return JSONResponse(protocol.error(f"no {model}"), STATUS.get(model, 404))
        return StreamingResponse(_script(stand_in, model, body, protocol), media_type=protocol.media_type)

    @app.post("/api/chat")
    async def ollama(request: Request) -> Response:
        return answer(await request.json(), request.headers, _Ollama)

    @app.post("/v1/chat/completions")
    async def openai(request: Request) -> Response:
        return answer(await request.json(), request.headers, _OpenAI)

    @app.post("/v1/messages")
    async def anthropic(request: Request) -> Response:
        return answer(await request.json(), request.headers, _Anthropic)

    return app


def _script(stand_in: StandIn, model: str, body: dict[str, Any], protocol: type[_Ollama]) -> Iterator[str]:
    words = body["messages"][-1]["content"].split(" ")
    yield protocol.begin()
    while model == "thinking" and not stand_in.released.wait(0.01):
        yield protocol.piece("")
    for number, word in enumerate(words):
        yield protocol.piece(word if number == 0 else f" {word}")
        if model == "silent":
            stand_in.released.wait(20)
        elif model == "broken":
            raise _Broken
        elif model == "truncated":
            return
        elif model == "garbled":
            yield protocol.garbage
        elif model == "faulty":
            yield protocol.fault()
            return
    yield protocol.end()


class _Ollama:
    """Newline-delimited JSON."""

    media_type = "application/x-ndjson"
    garbage = "<html>\n"

    @staticmethod
    def error(text: str) -> dict[str, Any]:
        return {"error": text}

    @staticmethod
    def begin() -> str:
        return ""

    @staticmethod
    def piece(text: str) -> str:
        return json.dumps({"model": "m", "message": {"role": "assistant", "content": text}, "done": False}) + "\n"

    @staticmethod
    def fault() -> str:
        return json.dumps({"error": "out of memory"}) + "\n"

    @staticmethod
    def end() -> str:
        message = {"role": "assistant", "content": ""}
        return json.dumps({"model": "m", "message": message, "done": True, "done_reason": "stop"}) + "\n"


class _OpenAI(_Ollama):
    """Server-sent events without names, ended by [DONE]."""

    media_type = "text/event-stream"
    garbage = "data: <html>\n\n"

    @staticmethod
    def error(text: str) -> dict[str, Any]:
        return {"error": {"message": text, "type": "invalid_request_error"}}

    @staticmethod
    def _chunk(delta: dict[str, str], finish: str | None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
        return f"data: {json.dumps({**head, 'choices': [choice]})}\n\n"

    @staticmethod
    def begin() -> str:
        return _OpenAI._chunk({"role": "assistant"}, None)

    @staticmethod
    def piece(text: str) -> str:
        return _OpenAI._chunk({"content": text}, None)

    @staticmethod
    def fault() -> str:
        return f"data: {json.dumps(_OpenAI.error('out of memory'))}\n\n"

    @staticmethod
    def end() -> str:
        return _OpenAI._chunk({}, "stop") + "data: [DONE]\n\n"


class _Anthropic(_Ollama):
    """Server-sent events with names."""

    media_type = "text/event-stream"
    garbage = "event: content_block_delta\ndata: <html>\n\n"

    @staticmethod
    def error(text: str) -> dict[str, Any]:
        return {"type": "error", "error": {"type": "overloaded_error", "message": text}}

    @staticmethod
    def _event(name: str, **values: Any) -> str:
        return f"event: {name}\ndata: {json.dumps({'type': name, **values})}\n\n"

    @staticmethod
    def begin() -> str:
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
        begun = {"type": "text", "text": ""}
        return _Anthropic._event("message_start", message=message) + _Anthropic._event(
            "content_block_start", index=0, content_block=begun
        )

    @staticmethod
    def piece(text: str) -> str:
        return _Anthropic._event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})

    @staticmethod
    def fault() -> str:
        return _Anthropic._event("error", error={"type": "overloaded_error", "message": "out of memory"})

    @staticmethod
    def end() -> str:
        ended = {"stop_reason": "end_turn", "stop_sequence": None}
        return (
            _Anthropic._event("content_block_stop", index=0)
            + _Anthropic._event("message_delta", delta=ended, usage={"output_tokens": 2})
            + _Anthropic._event("message_stop")
        )
