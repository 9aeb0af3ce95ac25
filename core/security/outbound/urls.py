"""A visitor's URL taken apart strictly: what is unusual in it is refused, not interpreted."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import quote, urljoin, urlsplit

from core.errors import BadInput
from core.security.outbound.public_addresses import is_disguised

LONGEST_URL = 2083  # what the web client accepts
DEFAULT_PORTS = {"http": 80, "https": 443}
PORTS = (80, 443, 8080, 8443)
NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.ASCII)


@dataclass(frozen=True)
class Target:
    """What to ask for: `host` is a lower-case ASCII name or an address without brackets, `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_url(url: str, *, ports: Collection[int] = PORTS) -> Target:
    """Raises BadInput unless `url` is plain http or https without credentials, at one of `ports`."""
    url = url.strip()
    if len(url) > LONGEST_URL:
        raise BadInput("security.outbound_url_too_long", limit=LONGEST_URL)
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError as error:  # brackets that do not close, a port that is no number
        raise BadInput("security.outbound_bad_url") from error
    if scheme not in DEFAULT_PORTS:
        raise BadInput("security.outbound_scheme", scheme=scheme[:20] or "-")
    # Programs disagree on what these mean, and a check may look at another host than the connection.
    if "\\" in url or any(ord(sign) <= 32 or ord(sign) == 127 for sign in url) or "@" in parts.netloc:
        raise BadInput("security.outbound_bad_url")
    port = DEFAULT_PORTS[scheme] if port is None else port
    if port not in ports:
        raise BadInput("security.outbound_port", port=port, known=", ".join(str(one) for one in sorted(ports)))
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return Target(scheme, _host(host), port, path)


def redirected(target: Target, location: str, *, ports: Collection[int] = PORTS) -> Target:
    """Where `location`, as a server sent it, leads from `target`; the same rules hold for it."""
    try:
        # Headers are read as Latin-1, but servers that send other signs mean UTF-8.
        location = location.encode("latin-1").decode("utf-8")
        joined = urljoin(target.url, location.strip())
    except ValueError as error:
        raise BadInput("security.outbound_bad_url") from error
    return parse_url(joined, ports=ports)


def _host(host: str) -> str:
    if ":" in host:
        try:
            # A zone names a network card of this machine: never public.
            address = IPv6Address(host)
        except ValueError as error:
            raise BadInput("security.outbound_bad_url") from error
        if address.scope_id is not None:
            raise BadInput("security.outbound_not_public", host=host)
        return str(address)
    try:
        ascii_host = host.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise BadInput("security.outbound_bad_url") from error
    if not NAME.fullmatch(ascii_host):
        raise BadInput("security.outbound_bad_url")
    if is_disguised(ascii_host):
        raise BadInput("security.outbound_not_public", host=ascii_host)
    return ascii_host
