"""What the server itself bounds, before there is a request: how long and how large its head may be.

`uvicorn --http app.api.server_protocol:BoundedHeads`. Uvicorn waits for a head without end and keeps whatever has come
of it; a client that sends a byte now and then would hold a connection for ever.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.settings.current import get_settings

HEAD_BYTES = 32 * 1024  # twice what browsers send with every cookie full
_ANSWER = "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedHeads(HttpToolsProtocol):
    """Cuts a connection whose next head does not come in time (408) or is too large (431)."""

    _head_bytes = 0  # of an unfinished head, as it came
    _header_bytes = 0  # of its fields, as they were read
    _is_in_head = False
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        if self._watch is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()  # empty lines before a head, or the rest of a body that was answered before it ended
        super().data_received(data)
        if self._is_in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._cut("431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head_bytes, self._header_bytes = True, 0, 0
        if self._watch is None:
            self._wait()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > HEAD_BYTES:  # all in one piece, so that nobody was asked in between
            raise ValueError("over the limit")  # the parser tells uvicorn, which answers 400

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._unwatch()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._watch = self.loop.call_later(get_settings().slow_head_s, self._cut, "408 Request Timeout")

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _cut(self, status: str) -> None:
        if not self.transport.is_closing():
            self.transport.write(_ANSWER.format(status=status).encode())
            self.transport.close()
