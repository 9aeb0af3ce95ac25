"""A small server that speaks the three chat protocols over a real socket, with the scripted models of the talkers."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tests.llm.ollama_server import OllamaStage, add_ollama
from tests.llm.serving import serving
from tests.llm.talkers import Mark

PATIENCE_S = 60


@dataclass
class StandIn(OllamaStage):
    """The running server: its address beside what its stage knows."""

    url: str = ""


def wait_until(is_so: Callable[[], bool]) -> None:
    """For what happens in another thread or process."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def stand_in_server() -> Iterator[StandIn]:
    """The server on a free port, for as long as the block lasts."""
    stand_in = StandIn()
    with serving(_application(stand_in), let_go=stand_in.released) as stand_in.url:
        yield stand_in


def _application(stand_in: StandIn) -> FastAPI:
    app = FastAPI()
    add_ollama(app, stand_in)

    async def answer(request: Request, protocol: type[_OpenAI]) -> Response:
        body = await request.json()
        status = stand_in.hear(body, request.headers)
        if status != 200:
            return JSONResponse(protocol.error(f"no {body['model']}"), status)
        return StreamingResponse(_events(stand_in, body, protocol), media_type="text/event-stream")

    @app.post("/v1/chat/completions")
    async def openai(request: Request) -> Response:
        return await answer(request, _OpenAI)

    @app.post("/v1/messages")
    async def anthropic(request: Request) -> Response:
        return await answer(request, _Anthropic)

    @app.get("/v1/models")
    async def models(request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer key-of-openai":
            return JSONResponse(_OpenAI.error("no such key"), 401)
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": "us"} for name in ("echo", "broken")]
        return JSONResponse({"object": "list", "data": listed})

    return app


async def _events(stand_in: StandIn, body: dict[str, Any], protocol: type[_OpenAI]) -> AsyncIterator[str]:
    yield protocol.begin()
    async for piece in stand_in.speak(body["model"], body["messages"], {}):
        if piece is Mark.GARBAGE:
            yield protocol.garbage
        elif piece is Mark.FAULT:
            yield protocol.fault()
            return
        elif isinstance(piece, str):
            yield protocol.piece(piece)
    if body["model"] != "truncated":
        yield protocol.end()


class _OpenAI:
    """Server-sent events without names, ended by [DONE]."""

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


class _Anthropic(_OpenAI):
    """Server-sent events with names."""

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
