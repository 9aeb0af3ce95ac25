"""From where and with which program a request came, as sign-ins are throttled by it and their owners see it.

Proxies have been heard by then: `client` and `scheme` of a request are what trusted ones say (`core.security`).
"""

from __future__ import annotations

from starlette.requests import HTTPConnection


def address_of_caller(connection: HTTPConnection) -> str:
    """ "" for this machine itself."""
    from core.accounts.throttling import address_of

    return address_of(connection.client.host if connection.client is not None else "")


def user_agent_of(connection: HTTPConnection) -> str:
    """What the program calls itself; "" where it does not say."""
    return connection.headers.get("user-agent", "")


def is_https(connection: HTTPConnection) -> bool:
    return connection.url.scheme in ("https", "wss")
