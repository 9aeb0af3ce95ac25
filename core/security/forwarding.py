"""From where a request came and whether by HTTPS: what proxies say of it is believed of configured proxies only.

`Forwarded` stands before the API and before the pages and mends `client` and `scheme` of what they see, so that
throttling, rate limits, logs and cookies all go by the same truth.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Network = IPv4Network | IPv6Network
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

MOST_HOPS = 32  # more entries than any chain of proxies has; a longer header is only work
_SECURE = {"http": "https", "ws": "wss"}


@cache
def networks_of(names: tuple[str, ...]) -> tuple[Network, ...]:
    """The networks among configured names; a word that is no network is left to `is_within`."""
    found = []
    for name in names:
        try:
            found.append(ip_network(name, strict=False))
        except ValueError:
            continue
    return tuple(found)


def is_within(address: str, names: Sequence[str]) -> bool:
    """Whether an address lies in one of the networks, or is one of the words, of a setting."""
    if not names:
        return False
    if address in names:
        return True
    found = _address(address)
    return found is not None and any(found in one for one in networks_of(tuple(names)))


def client_address(peer: str, forwarded_for: str, trusted: Sequence[str]) -> str:
    """Who asked: the peer, unless it is a trusted proxy that says for whom it asks.

    forwarded_for: the header X-Forwarded-For, all of its lines joined with commas. It is read from the right, where
    the nearest proxy wrote, as far as proxies are trusted; what stands left of the first other one anybody may have
    made up. An entry that is no address ends the reading at the last proxy that could be told.
    """
    client = peer
    if not forwarded_for or not is_within(peer, trusted):
        return client
    for entry in reversed(forwarded_for.rsplit(",", MOST_HOPS)[-MOST_HOPS:]):
        found = _address(_without_port(entry.strip()))
        if found is None:
            return client
        client = str(found)
        if not is_within(client, trusted):
            return client
    return client


def is_https(peer: str, scheme: str, forwarded_proto: str, trusted: Sequence[str]) -> bool:
    """Whether a request came by HTTPS: to us, or by the word of a trusted proxy, the nearest of them last."""
    if forwarded_proto and is_within(peer, trusted):
        return forwarded_proto.rsplit(",", 1)[-1].strip().lower() in ("https", "wss")
    return scheme in ("https", "wss")


def network_of(address: str) -> str:
    """What one connection of a household has: an IPv4 address, or the first half of an IPv6 address."""
    found = _address(address)
    return str(ip_network((int(found) >> 64 << 64, 64))) if isinstance(found, IPv6Address) else address


class Forwarded:
    """ASGI: `client` becomes who asked and `scheme` how, as trusted proxies tell; free where there are none.

    trusted: asked for each time, since settings are read late.
    """

    def __init__(self, app: App, *, trusted: Callable[[], Sequence[str]]) -> None:
        self.app = app
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket") and (trusted := self.trusted()):
            _mend(scope, trusted)
        await self.app(scope, receive, send)


def _mend(scope: Scope, trusted: Sequence[str]) -> None:
    peer, _port = scope.get("client") or ("", 0)
    if not is_within(peer, trusted):
        return
    headers = scope["headers"]
    client = client_address(peer, _joined(headers, b"x-forwarded-for"), trusted)
    if client != peer:
        scope["client"] = (client, 0)  # which port the proxy saw is nobody's business here
    if is_https(peer, scope["scheme"], _joined(headers, b"x-forwarded-proto"), trusted):
        scope["scheme"] = _SECURE.get(scope["scheme"], scope["scheme"])


def _joined(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    return ",".join(value.decode("latin-1") for key, value in headers if key == name)


def _without_port(entry: str) -> str:
    """`1.2.3.4:80`, `[::1]:80` and `[::1]` without port and brackets."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


@lru_cache(maxsize=1024)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:  # a socket for both kinds shows IPv4 callers so
            return found.ipv4_mapped
        if found.scope_id is not None:
            return IPv6Address(int(found))
    return found
