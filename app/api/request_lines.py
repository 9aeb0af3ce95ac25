"""The one line that the log holds about a request: what was asked and how it ended, not who or what was meant.

Of the address only what was declared, ids and numbers are shown: the rest may be a name, an e-mail address or a file.
Query strings, bodies and headers are never written.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from starlette.types import Scope

from core.telemetry.traces import trace_field

_NAMES_NOBODY = re.compile(r"[0-9]{1,19}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").fullmatch
HIDDEN = "*"
MOST_SEGMENTS = 12


def write_line(scope: Scope, seconds: float) -> None:
    """To standard error; by hand, as a structlog event would cost as much as a cluster lookup through everything."""
    sys.stderr.write(
        f'{{"event": "request", "room": "api", "level": "info", "method": "{scope["method"]}", '
        f'"path": {json.dumps(shown_path(scope), ensure_ascii=False)}, "status": {scope.get("status", 0)}, '
        f'"ms": {seconds * 1000:.2f}, "request_id": "{scope["request_id"]}", '
        f'"user_id": {json.dumps(scope.get("user_id"))}, {trace_field()}'
        f'"timestamp": "{datetime.now(UTC).isoformat()}"}}\n'
    )


def shown_path(scope: Scope) -> str:
    """The address without what may name somebody or something."""
    route = scope.get("route")
    declared: str | None = getattr(route, "path", None)
    if declared is None:
        known = _declared_words(scope.get("app"))
        return "/".join(_unmatched(one, known) for one in scope["path"].split("/")[:MOST_SEGMENTS])
    if "{" not in declared:
        return declared
    wanted, sent = declared.split("/"), scope["path"].split("/")
    if len(wanted) != len(sent):
        return declared
    return "/".join(
        value if not name.startswith("{") or _NAMES_NOBODY(value) else name
        for name, value in zip(wanted, sent, strict=True)
    )


def _unmatched(segment: str, known: frozenset[str]) -> str:
    return segment if segment in known or _NAMES_NOBODY(segment) else HIDDEN


@lru_cache(maxsize=8)
def _declared_words(app: Any) -> frozenset[str]:
    """Every word that stands in an address of ours."""
    paths = (getattr(route, "path", "") for route in getattr(app, "routes", ()))
    return frozenset(word for path in paths for word in path.split("/") if not word.startswith("{"))
