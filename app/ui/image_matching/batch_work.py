"""The pictures of a ZIP, asked one after the other beside the page, so that no click and no other page stops them."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field
from pathlib import Path

from app.ui.image_matching.batch_table import Row, row_of
from core.errors import WorkbenchError
from core.images.domains import open_domain
from core.images.matching import recognise_archive
from core.security.policy import Principal
from core.telemetry.logs import get_logger

log = get_logger("ui")
TOP_K = 3


@dataclass
class Progress:
    """What the work writes and the page reads. error: why it ended early, unless somebody stopped it."""

    total: int = 0
    rows: list[Row] = field(default_factory=list)
    error: Exception | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def is_stopped(self) -> bool:
        return self.stop.is_set() and len(self.rows) < self.total


@dataclass(eq=False)
class Batch:
    """A visitor's hold on the work: when the visit ends and this is let go, the work stops."""

    name: str
    domain: str
    progress: Progress


def start(source: Path, *, name: str, domain: str, principal: Principal) -> Batch:
    """Begin with the archive at `source`, a file of our own that is deleted at the end."""
    progress = Progress()
    batch = Batch(name, domain, progress)
    weakref.finalize(batch, progress.stop.set)
    work = threading.Thread(target=_work, args=(progress, source, name, domain, principal), daemon=True)
    work.start()
    return batch


def _work(progress: Progress, source: Path, name: str, domain: str, principal: Principal) -> None:
    try:
        prototypes = open_domain(domain, principal=principal)
        found = recognise_archive(source, name=name, domain=domain, top_k=TOP_K, principal=principal)
        for one in found:
            progress.total = one.total
            progress.rows.append(row_of(one, prototypes))
            if progress.stop.is_set():
                break
    except WorkbenchError as error:
        progress.error = error
    except Exception as error:  # nobody else sees what a thread raises; the page shows it as any other
        log.error("batch_failed", exc_info=error)
        progress.error = error
    finally:
        source.unlink(missing_ok=True)
        progress.finished.set()
