"""Requests as they are typed, as client libraries mend what an attacker would send."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

PATIENCE_S = 60.0
READ_BYTES = 200_000


@dataclass(frozen=True)
class Answer:
    """status 0: the connection was closed without one. body: its beginning. header_names: in small letters."""

    status: int
    body: bytes
    header_names: frozenset[str] = frozenset()


def send(
    url: str, method: str, target: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """target: path and query, sent letter by letter."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE_S)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in {**(headers or {}), "Connection": "close"}.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        is_endless = "event-stream" in (answer.getheader("content-type") or "")
        names = frozenset(name.lower() for name, _ in answer.getheaders())
        return Answer(answer.status, b"" if is_endless else answer.read(READ_BYTES), names)
    except (ConnectionError, http.client.HTTPException):
        return Answer(0, b"")
    finally:
        connection.close()


@dataclass(frozen=True)
class Operation:
    """A route of our own description. path_names, query_names: parameters that take text or anything."""

    method: str
    path: str
    path_names: tuple[str, ...]
    query_names: tuple[str, ...]
    takes_json: bool
    takes_files: bool
    fields: tuple[str, ...]


def operations(url: str) -> Iterator[Operation]:
    """Everything that the running API says it serves."""
    document = httpx.get(f"{url}/openapi.json", timeout=PATIENCE_S).json()
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            given = told.get("parameters", [])
            kinds = told.get("requestBody", {}).get("content", {})
            schema = _resolved(document, kinds.get("application/json", {}).get("schema", {}))
            yield Operation(
                method.upper(), path,
                tuple(one["name"] for one in given if one["in"] == "path"),
                tuple(one["name"] for one in given if one["in"] == "query"),
                "application/json" in kinds, "multipart/form-data" in kinds, tuple(schema.get("properties", {})),
            )  # fmt: skip


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    return document["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema
