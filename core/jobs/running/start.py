"""Entry of the `jobs` process: lets pages and API come up first, then loads and runs the dispatcher."""

from __future__ import annotations

import argparse
import sys
import threading

from core.telemetry.ports import wait_for_ports

PATIENCE_S = 20.0


def main(arguments: list[str]) -> None:
    """`--after HOST:PORT ...`: wait for these first, because the first seconds belong to what a person waits for.

    `--every SECONDS MODULE:FUNCTION`: work to repeat beside the jobs; may be given several times.
    """
    asked = _read(arguments)
    addresses = (address.rpartition(":") for address in asked.after)
    wait_for_ports(*((host, int(port)) for host, _, port in addresses), seconds=PATIENCE_S)
    from core.jobs.running import dispatcher
    from core.jobs.running.periodic import repeat

    stopping = threading.Event()
    for seconds, name in asked.every:
        repeat(name, every_s=float(seconds), stopping=stopping)
    dispatcher.main()
    stopping.set()


def _read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m core.jobs.running.start")
    parser.add_argument("--after", nargs="*", default=[], metavar="HOST:PORT")
    parser.add_argument("--every", nargs=2, action="append", default=[], metavar=("SECONDS", "MODULE:FUNCTION"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
