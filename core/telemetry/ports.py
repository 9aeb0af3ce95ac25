"""Whether something listens: used to start processes in the order a person waits for them."""

from __future__ import annotations

import socket
import time

Address = tuple[str, int]


def answers(address: Address) -> bool:
    """Whether the address accepts a connection now."""
    host, port = address
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((reachable(host), port)) == 0


def wait_for_ports(*addresses: Address, seconds: float) -> bool:
    """Whether all addresses accept connections within `seconds`."""
    deadline = time.monotonic() + seconds
    waiting = list(addresses)
    while waiting and time.monotonic() < deadline:
        waiting = [address for address in waiting if not answers(address)]
        if waiting:
            time.sleep(0.05)
    return not waiting


def reachable(host: str) -> str:
    """A listening address as one that can be connected to: every-interface means this machine."""
    return "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host  # noqa: S104 - compared with, not bound to
