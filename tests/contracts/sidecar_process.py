"""The sidecar under uvicorn, with a site of the internet brought onto this machine: `python -m ... PORT SITE_PORT`.

Only the system's resolver and its connections know of it; everything of the sidecar is as it runs elsewhere.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

import uvicorn

SITE = "pictures.example"
PUBLIC = "93.184.216.34"  # what the name stands for, so that it is judged as any other


def bring_home(site_port: int) -> None:
    """Let the site's name lead to its public address, and that address to a server of this machine."""
    look_up, connect = socket.getaddrinfo, socket.create_connection

    def look_up_or_known(host: Any, *arguments: Any, **options: Any) -> Any:
        return look_up(PUBLIC if host == SITE else host, *arguments, **options)

    def connect_or_stay(address: Any, *arguments: Any, **options: Any) -> Any:
        return connect(("127.0.0.1", site_port) if address[0] == PUBLIC else address, *arguments, **options)

    socket.getaddrinfo, socket.create_connection = look_up_or_known, connect_or_stay  # type: ignore[assignment]


if __name__ == "__main__":
    port, site_port = (int(argument) for argument in sys.argv[1:])
    bring_home(site_port)
    uvicorn.run("app.api.main:app", port=port, access_log=False)
