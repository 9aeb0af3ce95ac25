"""`python -m core.telemetry.probe URL`: exit status 0 where the address answers 200. For images that carry no curl."""

from __future__ import annotations

import sys
from urllib.request import urlopen

TIMEOUT_S = 5


def answers_200(url: str) -> bool:
    """Whether an HTTP address answers 200 in time."""
    try:
        with urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own address, from the process list
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if answers_200(sys.argv[1]) else 1)
