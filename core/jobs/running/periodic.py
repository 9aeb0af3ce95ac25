"""Work that the `jobs` process repeats beside its jobs: callables named on its command line, on a thread of their own.

Named as `package.module:function`, so that rooms above this one can hand in theirs. Each round is one row in the
database: of several jobs processes one makes it, and an operator sees how it went.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module

from sqlalchemy import or_, update

from core.errors import WorkbenchError
from core.storage.database import insert_new, utc_now, writing
from core.storage.operator_tables import periodic_rounds
from core.telemetry.logs import get_logger

EARLY = 0.9  # of a period: two processes do not wake at the same moment
LONGEST_PAUSE_S = 600.0  # a process that is started every day must still come to its daily work
AHEAD = timedelta(minutes=1)  # by how much clocks of two machines may differ
OWNER = "workbench"
LONGEST_ERROR = 500
NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

log = get_logger("periodic")


def named(name: str) -> Callable[[], object]:
    """The function behind `package.module:function`. Raises ImportError or AttributeError for a wrong name."""
    module, _, function = name.partition(":")
    found: Callable[[], object] = getattr(import_module(module), function)
    return found


def repeat(name: str, *, every_s: float, stopping: threading.Event) -> threading.Thread:
    """Call the named function every `every_s` seconds until `stopping` is set; the first time after one pause.

    Whether a round is due stands in the database, so a long period goes on across restarts.
    """

    def serve() -> None:
        work: list[Callable[[], object]] = []

        def once() -> None:
            if not work:
                work.append(named(name))
            work[0]()

        while not stopping.wait(min(every_s, LONGEST_PAUSE_S)):
            make_round(name, once, every_s=every_s)

    thread = threading.Thread(target=serve, name=f"every-{every_s:g}s", daemon=True)
    thread.start()
    return thread


def make_round(name: str, work: Callable[[], object], *, every_s: float) -> bool:
    """One round, unless another process has made it within this period; whether it was made here.

    A round that fails is told and counted, and the next one tries again. Without the database there is no round.
    """
    try:
        began = _begin(name, every_s)
    except WorkbenchError as error:
        log.warning("round_skipped", work=name, reason=error.code)
        return False
    if began is None:
        return False
    failure = ""
    try:
        work()
    except WorkbenchError as error:  # something it needs is away; the next round tries again
        failure = error.text()
        log.warning("round_skipped", work=name, reason=error.code)
    except Exception as error:  # one bad round must not end all later ones unseen
        failure = type(error).__name__
        log.error("round_failed", work=name, exc_info=error)
    try:
        _end(name, began, failure)
    except WorkbenchError as error:
        log.warning("round_not_noted", work=name, reason=error.code)
    return True


def _begin(name: str, every_s: float) -> datetime | None:
    """Take the round; None where one has begun within this period. Raises Unavailable.

    A beginning that lies ahead was noted before the clock was set back, and keeps nobody waiting; one that lies ahead
    by less was made by another process while this one waited for the database.
    """
    rounds = periodic_rounds.c
    with writing() as connection:
        now = utc_now()
        is_over = rounds.started_at <= now - timedelta(seconds=EARLY * every_s)
        is_due = or_(is_over, rounds.started_at > now + AHEAD)
        new = {"name": name, "owner": OWNER, "every_s": every_s, "started_at": NEVER, "failures": 0, "last_error": ""}
        insert_new(connection, periodic_rounds, [new])
        taken = connection.execute(
            update(periodic_rounds).where(rounds.name == name, is_due).values(started_at=now, every_s=every_s)
        )
    return now if taken.rowcount == 1 else None


def _end(name: str, began: datetime, failure: str) -> None:
    rounds = periodic_rounds.c
    values: dict[str, object] = {"ended_at": utc_now(), "failures": 0}
    if failure:
        values |= {"failures": rounds.failures + 1, "last_error": failure[:LONGEST_ERROR], "last_failure_at": utc_now()}
    with writing() as connection:
        mine = rounds.name == name, rounds.started_at == began
        connection.execute(update(periodic_rounds).where(*mine).values(**values))
