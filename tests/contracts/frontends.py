"""An existing frontend as the sidecar meets it: a page in a browser that asks from its own origin.

Every request is preflighted where a browser would, and every answer, refusals too, must be one that the page may see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.contracts.reading import Reads, assert_read

PATIENCE_S = 30.0
KOREAN = {"Accept-Language": "ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7"}
SIMPLE_METHODS = ("GET", "POST")
SIMPLE_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded", "text/plain")
SIMPLE_HEADERS = ("accept", "accept-language", "content-type")
Frame = dict[str, Any]


@dataclass(frozen=True)
class Frontend:
    """A client by the name that failures call it by. headers: what it adds to every request of its own."""

    name: str
    origin: str
    http: httpx.Client
    headers: dict[str, str] = field(default_factory=dict)

    def view(self, name: str) -> Frontend:
        """The same client, one of its views named."""
        return replace(self, name=f"{self.name}, {name}")

    def signed_in(self, token: str) -> Frontend:
        return replace(self, headers={**self.headers, "Authorization": f"Bearer {token}"})

    def asks(self, method: str, path: str, *, reads: Reads | None = None, status: int = 200, **sent: Any) -> Any:
        """The JSON of an answer with that status, of which everything in `reads` could be read."""
        answer = self.fetches(method, path, status=status, **sent)
        request = f"{method} {path.partition('?')[0]}" + ("" if status < 300 else f" ({status})")
        if reads is None:
            return None
        try:
            body = json.loads(answer.content, parse_constant=_refuse)
        except ValueError as error:
            raise AssertionError(f"{self.name} reads JSON from {request}: {error}; got {answer.text[:200]}") from None
        assert_read(self.name, request, body, reads)
        return body

    def fetches(self, method: str, path: str, *, status: int = 200, **sent: Any) -> httpx.Response:
        """An answer with that status, as it came."""
        request = self.http.build_request(method, path, headers={**KOREAN, **self.headers}, **sent)
        self._preflight(request)
        request.headers["Origin"] = self.origin
        answer = self.http.send(request)
        told = f"{self.name} expects {status} from {method} {path}"
        assert answer.status_code == status, f"{told}: got {answer.status_code} {answer.text[:400]}"
        seen_by = answer.headers.get("Access-Control-Allow-Origin")
        assert seen_by == self.origin, f"{self.name} may not see the answer to {method} {path}: allowed is {seen_by}"
        return answer

    @contextmanager
    def listens(self, path: str) -> Iterator[Listening]:
        """An open socket."""
        address = f"{str(self.http.base_url).replace('http', 'ws', 1).rstrip('/')}{path}"
        with connect(address, origin=self.origin, additional_headers=KOREAN, close_timeout=1) as socket:  # type: ignore[arg-type]
            yield Listening(self, path.partition("?")[0], socket)

    def follows(self, path: str, *, reads: Reads) -> Iterator[Frame]:
        """The events of an event source, each of which could be read; it sends no header of its own."""
        told = f"{self.name} follows {path.partition('?')[0]}"
        headers = {"Accept": "text/event-stream", "Origin": self.origin, **KOREAN}
        with self.http.stream("GET", path, headers=headers) as answer:
            assert answer.status_code == 200, f"{told}: got {answer.status_code} {answer.read()!r}"
            assert answer.headers["Content-Type"].startswith("text/event-stream"), told
            assert answer.headers.get("Access-Control-Allow-Origin") == self.origin, f"{told}, but may not see it"
            for line in answer.iter_lines():
                assert not line.startswith("event:"), f"{told}: hears events of the default type only, not {line}"
                if line.startswith("data: "):
                    event = json.loads(line.removeprefix("data: "), parse_constant=_refuse)
                    assert_read(self.name, f"the events of {path.partition('?')[0]}", event, reads)
                    yield event

    def _preflight(self, request: httpx.Request) -> None:
        """What a browser asks before anything that a plain form could not send."""
        own = [name.lower() for name in self.headers if name.lower() not in SIMPLE_HEADERS]
        kind = request.headers.get("Content-Type", "").partition(";")[0]
        if kind and kind not in SIMPLE_TYPES:
            own.append("content-type")
        if not own and request.method in SIMPLE_METHODS:
            return
        asked = {"Access-Control-Request-Method": request.method, "Access-Control-Request-Headers": ",".join(own)}
        answer = self.http.options(request.url, headers={"Origin": self.origin, **asked})
        told = f"{self.name} may not send {request.method} {request.url.path} from {self.origin}"
        assert answer.status_code == 200, f"{told}: the preflight answers {answer.status_code} {answer.text[:200]}"
        assert answer.headers.get("Access-Control-Allow-Origin") == self.origin, told
        assert request.method in answer.headers["Access-Control-Allow-Methods"], told
        allowed = [one.strip().lower() for one in answer.headers.get("Access-Control-Allow-Headers", "").split(",")]
        assert set(own) <= set(allowed), f"{told} with {own}: allowed are {allowed}"


@dataclass(frozen=True)
class Listening:
    """An open socket of a frontend."""

    frontend: Frontend
    path: str
    socket: ClientConnection

    def says(self, frame: Frame) -> None:
        self.socket.send(json.dumps(frame))

    def hears(self, *, reads: dict[str, Reads], until: str) -> list[Frame]:
        """Frames up to the first of that type; of every type in `reads` each could be read, others are ignored."""
        frames: list[Frame] = []
        while not frames or frames[-1].get("type") != until:
            try:
                text = self.socket.recv(timeout=PATIENCE_S)
            except TimeoutError:
                heard = [frame.get("type") for frame in frames]
                raise AssertionError(f"{self.frontend.name} waits on {self.path} for {until}; heard {heard}") from None
            frames.append(json.loads(text, parse_constant=_refuse))
            kind = str(frames[-1].get("type"))
            assert_read(self.frontend.name, f"frame {kind} of {self.path}", frames[-1], reads.get(kind, {}))
        return frames

    def is_open(self) -> bool:
        """The server answers a ping and has not closed."""
        return self.socket.ping().wait(PATIENCE_S)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")
