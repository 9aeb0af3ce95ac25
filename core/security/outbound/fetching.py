"""Fetches what a visitor's URL points at, and reaches nothing but the public internet while doing so.

A name is looked up and judged at the moment of connecting, and the connection goes to the judged address; there is
no second lookup that could answer otherwise. Each redirect is a new URL and goes the same way. There is no breaker:
a visitor can cause nearly every failure at will, and one visitor's bad URLs must not stop the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import BadInput, TooLarge, Unavailable
from core.security.outbound.pinned_connection import (
    LookUp,
    NetworkStream,
    NoConnectionsLeft,
    PinnedBackend,
    look_up,
    open_connection,
)
from core.security.outbound.public_addresses import Address, is_public
from core.security.outbound.urls import PORTS, Target, parse_url, redirected

if TYPE_CHECKING:
    import ssl

MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
PICTURES = ("image/jpeg", "image/jpg", "image/png", "image/webp", "image/gif", "image/bmp", "image/x-ms-bmp")


class Connect(Protocol):
    """Opens a connection to an address; `timeout_s` in seconds."""

    def __call__(self, address: Address, port: int, timeout_s: float) -> NetworkStream: ...


@dataclass(frozen=True)
class Reach:
    """What may be reached and how; only tests use another than the default.

    trust: certificates to believe, those of the web when None.
    """

    allows: Callable[[Address], bool] = is_public
    ports: Collection[int] = PORTS
    look_up: LookUp = look_up
    connect: Connect = open_connection
    trust: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Fetched:
    """What came: `content_type` without parameters, lower case; `final_url` after redirects, without fragment."""

    content: bytes
    content_type: str
    final_url: str


DEFAULT_REACH = Reach()


def fetch(
    url: str,
    *,
    max_bytes: int = 10 * 2**20,
    timeout_s: float = 10.0,
    accept: Collection[str] = PICTURES,
    reach: Reach = DEFAULT_REACH,
) -> Fetched:
    """The content of a public http or https URL, of a type in `accept` and at most `max_bytes` long.

    timeout_s: for everything together, redirects included. No cookies, credentials or proxies are used.
    Raises BadInput or TooLarge, see `outbound_` in core/messages/security.toml; Unavailable when this machine
    cannot open connections.
    """
    target = parse_url(url, ports=reach.ports)
    try:
        return _follow(target, max_bytes=max_bytes, limit_s=timeout_s, accept=accept, reach=reach)
    except NoConnectionsLeft as error:
        raise Unavailable("security.outbound_no_connections") from error


def _follow(target: Target, *, max_bytes: int, limit_s: float, accept: Collection[str], reach: Reach) -> Fetched:
    import httpcore

    ends_at = time.monotonic() + limit_s
    for _ in range(MOST_REDIRECTS + 1):
        try:
            answer = _get(target, max_bytes=max_bytes, ends_at=ends_at, accept=accept, reach=reach)
        except httpcore.TimeoutException as error:
            raise BadInput("security.outbound_too_slow", host=target.host, limit_s=f"{limit_s:g}") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise BadInput("security.outbound_no_answer", host=target.host) from error
        if isinstance(answer, Fetched):
            return answer
        target = redirected(target, answer, ports=reach.ports)
    raise BadInput("security.outbound_too_many_redirects", host=target.host, most=MOST_REDIRECTS)


def _get(target: Target, *, max_bytes: int, ends_at: float, accept: Collection[str], reach: Reach) -> Fetched | str:
    """One request: what came, or where a redirect points."""
    import httpcore

    backend: Any = PinnedBackend(reach.allows, reach.look_up, reach.connect, ends_at)
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    headers: dict[str | bytes, str | bytes] = {
        "Host": target.authority,
        "Accept": ", ".join(sorted(accept)),
        "Accept-Encoding": "identity",
        "User-Agent": "analyst-workbench",
    }
    with (
        httpcore.ConnectionPool(ssl_context=reach.trust, network_backend=backend) as pool,
        pool.stream("GET", url, headers=headers) as answer,
    ):
        fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        if answer.status in REDIRECTS and "location" in fields:
            return fields["location"]
        if answer.status != 200:
            raise BadInput("security.outbound_status", host=target.host, status=answer.status)
        content_type = _content_type(fields, target, accept)
        too_large = TooLarge("security.outbound_too_large", host=target.host, limit_mb=f"{max_bytes / 2**20:g}")
        if int(fields.get("content-length", 0)) > max_bytes:
            raise too_large
        content = bytearray()
        for piece in answer.iter_stream():
            content += piece
            if len(content) > max_bytes:
                raise too_large
    return Fetched(bytes(content), content_type, target.url)


def _content_type(fields: Mapping[str, str], target: Target, accept: Collection[str]) -> str:
    content_type = fields.get("content-type", "").partition(";")[0].strip().lower()
    # Packed content is refused: a few kilobytes of it can unpack to gigabytes, and pictures are packed already.
    packing = fields.get("content-encoding", "identity").strip().lower()
    if content_type not in accept or packing not in ("", "identity"):
        sent = content_type[:60] if packing in ("", "identity") else f"{content_type[:60]} ({packing[:20]})"
        known = ", ".join(sorted(accept))
        raise BadInput("security.outbound_wrong_type", host=target.host, sent=sent or "-", accepted=known)
    return content_type
