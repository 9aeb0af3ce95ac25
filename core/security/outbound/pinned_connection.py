"""Connections that go to the very address that was judged, and end when their time is up."""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.security.outbound.public_addresses import Address

if TYPE_CHECKING:
    import ssl

LONGEST_CONNECT_S = 5.0
MOST_ADDRESSES = 4  # tried one after the other
OWN_FAULTS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENETDOWN)

LookUp = Callable[[str, int, float], Sequence[str]]
# httpcore's NetworkStream, which is not imported for its name alone: read, write, close, start_tls, get_extra_info.
NetworkStream = Any


class NoConnectionsLeft(Exception):
    """This machine cannot open connections at all, whatever the address."""


def look_up(host: str, port: int, timeout_s: float) -> Sequence[str]:
    """Every address of `host`, by the system's resolver; none when it knows none.

    Raises TimeoutError: the resolver has no time limit of its own, so it is asked in a thread that is left behind.
    """
    found: list[str] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    asking = threading.Thread(target=ask, name="look-up", daemon=True)
    asking.start()
    asking.join(max(timeout_s, 0))
    if asking.is_alive():
        raise TimeoutError
    return found


def open_connection(address: Address, port: int, timeout_s: float) -> NetworkStream:
    """A TCP connection. Raises httpcore.ConnectError or ConnectTimeout."""
    import httpcore

    return httpcore.SyncBackend().connect_tcp(str(address), port, timeout_s)


class PinnedBackend:
    """httpcore's NetworkBackend: looks a host up once, judges all its addresses, connects to one of those.

    ends_at: monotonic time [s] after which nothing of the request goes on.
    """

    def __init__(
        self,
        allows: Callable[[Address], bool],
        look_up: LookUp,
        connect: Callable[[Address, int, float], NetworkStream],
        ends_at: float,
    ) -> None:
        self.allows, self.look_up, self.connect, self.ends_at = allows, look_up, connect, ends_at

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[object] | None = None,
    ) -> NetworkStream:
        """Raises BadInput unless every address of `host` is allowed: one public address does not excuse another."""
        import httpcore

        try:
            addresses = _addresses(host, port, self.look_up, _left(self.ends_at))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        # The same sentence for "no such name" and "a name inside": the answer must not map the inner network.
        if not addresses or not all(self.allows(address) for address in addresses):
            raise BadInput("security.outbound_not_public", host=host)
        *others, last = addresses[:MOST_ADDRESSES]
        for address in others:
            try:
                return self._connect(address, port)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(last, port)

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: object = None) -> Any:
        raise NotImplementedError

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def _connect(self, address: Address, port: int) -> TimedStream:
        import httpcore

        timeout_s = min(LONGEST_CONNECT_S, _left(self.ends_at))
        try:
            return TimedStream(self.connect(address, port, timeout_s), self.ends_at)
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, OSError) and error.__cause__.errno in OWN_FAULTS:
                raise NoConnectionsLeft from error
            raise


class TimedStream:
    """A NetworkStream whose every step may only take what is left of the whole time.

    A limit for each step alone would let a server hold the line for ever by sending a byte now and then.
    """

    def __init__(self, stream: NetworkStream, ends_at: float) -> None:
        self.stream, self.ends_at = stream, ends_at

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        content: bytes = self.stream.read(max_bytes, _left(self.ends_at))
        return content

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _left(self.ends_at))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> TimedStream:
        return TimedStream(self.stream.start_tls(ssl_context, server_hostname, _left(self.ends_at)), self.ends_at)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _addresses(host: str, port: int, look_up: LookUp, timeout_s: float) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        return [ip_address(found) for found in look_up(host, port, timeout_s)]


def _left(ends_at: float) -> float:
    """Seconds until `ends_at`. Raises httpcore.ReadTimeout when there are none."""
    import httpcore

    left_s = ends_at - time.monotonic()
    if left_s <= 0:
        raise httpcore.ReadTimeout
    return left_s
