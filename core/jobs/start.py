"""Entry of the `jobs` process: lets pages and API come up first, then loads and runs the dispatcher."""

from __future__ import annotations

import sys

from core.telemetry.ports import wait_for_ports

PATIENCE_S = 20.0


def main(arguments: list[str]) -> None:
    """`--after HOST:PORT ...`: wait for these first, because the first seconds belong to what a person waits for."""
    if arguments[:1] == ["--after"]:
        addresses = (address.rpartition(":") for address in arguments[1:])
        wait_for_ports(*((host, int(port)) for host, _, port in addresses), seconds=PATIENCE_S)
    from core.jobs import dispatcher

    dispatcher.main()


if __name__ == "__main__":
    main(sys.argv[1:])
