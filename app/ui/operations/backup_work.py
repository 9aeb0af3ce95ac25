"""A backup made beside the page, so that no click and no other visitor waits for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from core.errors import WorkbenchError
from core.operations.backup import Backup, back_up
from core.security.policy import Principal
from core.telemetry.logs import get_logger

log = get_logger("ui")


@dataclass
class Work:
    """What the thread writes and the page reads. error: why there is no backup."""

    made: Backup | None = None
    error: Exception | None = None
    finished: threading.Event = field(default_factory=threading.Event)


def start(principal: Principal) -> Work:
    """Begin; it goes on when the visit ends."""
    work = Work()
    threading.Thread(target=_run, args=(work, principal), name="backup").start()
    return work


def _run(work: Work, principal: Principal) -> None:
    try:
        work.made = back_up(principal=principal)
    except WorkbenchError as error:
        work.error = error
    except Exception as error:  # nobody else sees what a thread raises; the page shows it as any other
        log.error("backup_failed", exc_info=error)
        work.error = error
    finally:
        work.finished.set()
