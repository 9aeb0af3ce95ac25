"""Which answers over HTTP tell of the server's state rather than of what was asked."""

from __future__ import annotations


def is_outage(status: int | None) -> bool:
    """Whether a status (None: no answer) is worth another try: the same question may be answered later."""
    return status is None or status in (408, 409, 429) or status >= 500
