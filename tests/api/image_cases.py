"""Two small domains of drawn pictures, pictures to ask about, and a real server in a thread of the test."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
import uvicorn
from PIL import Image
from starlette.testclient import TestClient

from core.images.samples.drawing import sample_names
from tests.images.small_domain import add_small_domain, drawn
from tests.workers import free_port

PATIENCE_S = 15.0
SIMILARITY = "/api/v1/similarity"
UPLOAD, BY_URL, BATCH = f"{SIMILARITY}/find-by-upload", f"{SIMILARITY}/find-by-url", f"{SIMILARITY}/batch"
FEEDBACK, DOMAINS = f"{SIMILARITY}/feedback", f"{SIMILARITY}/domains"
ORIGINAL = ("top_k", "top_k_english", "verdict", "verdict_english", "s1", "margin", "is_unknown")
PICTURES = drawn(6, 4)  # the last picture of each class builds nothing
CLASSES = tuple(PICTURES)
STAR, HEART = CLASSES[:2]
SHAPES, THINGS = CLASSES[:4], CLASSES[4:]
ENGLISH = sample_names()


def build() -> None:
    """Two domains: `shapes`, which is the default by its name, and `things`."""
    from core.storage.migrations import migrate

    migrate()
    for domain, classes in (("shapes", SHAPES), ("things", THINGS)):
        add_small_domain(domain, pictures={name: PICTURES[name][:3] for name in classes}, run_id=f"build-{domain}")


def picture(class_name: str = STAR) -> bytes:
    """A PNG of a class that no domain was built from."""
    return PICTURES[class_name][3]


def as_format(kind: str, content: bytes | None = None, **options: Any) -> bytes:
    target = io.BytesIO()
    Image.open(io.BytesIO(content or picture())).convert("RGB").save(target, kind, **options)
    return target.getvalue()


def upload(client: TestClient, content: bytes, name: str = "star.png", *, to: str = UPLOAD, **fields: str) -> Any:
    """The answer to a multipart form with one file."""
    return client.post(to, files={"file": (name, content, "application/octet-stream")}, data=fields)


def assert_refused(answer: Any, status: int) -> None:
    """The status, and one sentence for either kind of client that tells nothing of our insides."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert isinstance(body["message"], str) and body["message"] == body["detail"]
    assert not any(word in answer.text for word in ("Traceback", "/data/", "Error(", "core.images"))


@contextmanager
def serving(client: TestClient) -> Iterator[str]:
    """The client's application under a real uvicorn on a real port; host and port."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(client.app, port=port, log_level="warning", access_log=False))
    thread = Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: _listens(port))
        yield f"127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Background:
    """A call in a thread of its own, whose result is asked for later."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._result: Any = None
        self._thread = Thread(target=self._run, args=(work,))
        self._thread.start()

    def _run(self, work: Callable[[], Any]) -> None:
        self._result = work()

    @property
    def has_ended(self) -> bool:
        return not self._thread.is_alive()

    def result(self) -> Any:
        self._thread.join(PATIENCE_S)
        assert self.has_ended
        return self._result


def seen_as(monkeypatch: pytest.MonkeyPatch, vector: Any) -> None:
    """Let every picture have this vector."""
    from core.images.seen_pictures import SeenPicture

    seen = SeenPicture("0" * 64, vector, 1, 1, "png", ())
    monkeypatch.setattr("core.images.matching.look_at", lambda *_, **__: seen)
