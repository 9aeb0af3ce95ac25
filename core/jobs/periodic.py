"""Work that the `jobs` process repeats beside its jobs: callables named on its command line, on a thread of their own.

Named as `package.module:function`, so that rooms above this one can hand in theirs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module

from core.errors import WorkbenchError
from core.telemetry.logs import get_logger

log = get_logger("periodic")


def named(name: str) -> Callable[[], object]:
    """The function behind `package.module:function`. Raises ImportError or AttributeError for a wrong name."""
    module, _, function = name.partition(":")
    found: Callable[[], object] = getattr(import_module(module), function)
    return found


def repeat(name: str, *, every_s: float, stopping: threading.Event) -> threading.Thread:
    """Call the named function every `every_s` seconds until `stopping` is set; the first time after one pause."""

    def serve() -> None:
        work: Callable[[], object] | None = None
        while not stopping.wait(every_s):
            try:
                work = work or named(name)
                work()
            except WorkbenchError as error:  # something it needs is away; the next round tries again
                log.warning("round_skipped", work=name, reason=error.code)
            except Exception as error:  # one bad round must not end all later ones unseen
                log.error("round_failed", work=name, exc_info=error)

    thread = threading.Thread(target=serve, name=f"every-{every_s:g}s", daemon=True)
    thread.start()
    return thread
