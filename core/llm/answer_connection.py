"""The connection of one answer, which any thread may cut while another waits for the next piece.

Closing the reader would have to wait for that piece, and a model that reads a long prompt sends none for a minute.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

from core.resilience.guarded_call import Failures, HungUp

Part = TypeVar("Part")
CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class Line:
    """Given to one `ChatModel.stream`; `hang_up` ends that stream, without an error, whatever it waits for."""

    def __init__(self) -> None:
        self._socket: Any = None
        self._guard = threading.Lock()
        self.is_cut = False

    def hang_up(self) -> None:
        """Cut the connection; the server sees it at once. A stream that has not begun will not."""
        with self._guard:
            self.is_cut = True
            self._cut()

    def parts(self, parts: Iterable[Part], failures: Failures) -> Iterator[Part]:
        """The parts as they come. Raises HungUp once the line is cut."""
        if self.is_cut:
            raise HungUp
        try:
            for part in parts:
                if self.is_cut:
                    raise HungUp
                yield part
        except failures as error:
            if self.is_cut:
                raise HungUp from error
            raise

    def http(self) -> dict[str, Any]:
        """Arguments of the httpx client that makes the one call."""
        return {"verify": _certificates(), "event_hooks": {"request": [self._listen]}}

    def _listen(self, request: Any) -> None:
        request.extensions["trace"] = self._trace

    def _trace(self, event: str, told: Mapping[str, Any]) -> None:
        if event in CONNECTED:
            with self._guard:
                self._socket = told["return_value"].get_extra_info("socket")
                if self.is_cut:
                    self._cut()

    def _cut(self) -> None:
        if self._socket is not None:
            # Closing would leave the other thread asleep in its read.
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


@cache
def _certificates() -> Any:
    """Reading them takes most of the time of making a client."""
    import httpx

    return httpx.create_ssl_context()
