"""Gets ready what the first search would wait for: encoder, index, compiled loops."""

from __future__ import annotations

import threading

from core.errors import WorkbenchError
from core.fragrance.search.finding import find_perfumes
from core.security.policy import Principal, Role
from core.telemetry.logs import get_logger

WARMER = Principal("workbench", Role.ADMIN, "workbench")  # shows nobody what it finds
QUERY = "장미 향수 rose perfume"

log = get_logger("fragrance_search")
_guard = threading.Lock()
_begun: list[bool] = []  # one entry once this process has begun


def begin_warming() -> None:
    """One search, once in a process, however often somebody asks whether it is warm."""
    with _guard:
        if _begun:
            return
        _begun.append(True)
    warm_up()


def warm_up() -> None:
    """What is away is left to the first search of a person, which tells it."""
    try:
        found = find_perfumes(QUERY, k=1, principal=WARMER)
    except WorkbenchError as error:
        log.info("not_warm", reason=error.code)
        return
    log.info("search_warm", seconds=round(found.seconds, 3))
