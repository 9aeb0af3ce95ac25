"""Cleaning up, in two steps: a plan of what would go and why that is safe, then exactly that plan.

Never in a plan: what a champion serves or ever served from, what a running or waiting job may still need, datasets
that a row names, originals of documents, backups, and anything that nobody recognises.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from core.errors import Conflict
from core.messages import say
from core.operations import disk
from core.security.policy import Permission, Principal, Role, require
from core.settings.current import get_settings
from core.storage.audit import note_now
from core.storage.database import reading, writing
from core.storage.tables import champions, ctr_predictions, datasets, jobs

UNFINISHED_S = 24 * 3600.0  # what was being written when a process died
UNFINISHED = ("models/*/*/.writing-*", "data/incoming/*", ".scoring-*", "data/.copy-*", "data/backups/.unfinished-*")
UNUSED_CACHE_S = 30 * 24 * 3600.0
ENDED = ("succeeded", "failed", "cancelled", "lost")
CARETAKER = Principal("workbench", Role.ADMIN, "workbench")


@dataclass(frozen=True)
class Item:
    """One file or folder that would go, relative to the home folder. kind says why that is safe."""

    path: str
    kind: str
    bytes: int
    changed_at: float

    def reason(self, language: str = "en") -> str:
        return say(f"alerts.clean_{self.kind}", language)


@dataclass(frozen=True)
class Plan:
    """What would go. older_than_days: of runs; 0 leaves files of runs alone."""

    items: tuple[Item, ...]
    older_than_days: float

    @property
    def bytes(self) -> int:
        return sum(one.bytes for one in self.items)


@dataclass(frozen=True)
class Cleaned:
    """skipped: what had changed since the plan was made, or is needed by now."""

    removed: tuple[Item, ...]
    skipped: tuple[Item, ...]

    @property
    def bytes(self) -> int:
        return sum(one.bytes for one in self.removed)


def plan(*, principal: Principal, older_than_days: float | None = None) -> Plan:
    """What could go now. older_than_days: of runs that nothing uses, None is WORKBENCH_KEEP_RUN_DAYS.

    Raises NotAllowed.
    """
    require(principal, Permission.SYSTEM_CONFIGURE)
    days = float(get_settings().keep_run_days) if older_than_days is None else older_than_days
    return Plan(tuple(_found(days)), days)


def clean(agreed: Plan, *, principal: Principal) -> Cleaned:
    """Remove exactly what the plan names, as far as a plan made now would still name it unchanged. Audited.

    Raises NotAllowed, Conflict for a plan that leads out of the home folder.
    """
    require(principal, Permission.SYSTEM_CONFIGURE)
    home = get_settings().home.resolve()
    for one in agreed.items:
        if not (home / one.path).resolve().is_relative_to(home):
            raise Conflict("alerts.clean_outside", path=one.path)
    safe_now = {(one.path, one.kind): one for one in _found(agreed.older_than_days)}
    removed, skipped = [], []
    for one in agreed.items:
        still = safe_now.get((one.path, one.kind))
        if still is None or still.changed_at != one.changed_at:
            skipped.append(one)
            continue
        if _is_gone(home / one.path, one.kind):
            removed.append(one)
        else:
            skipped.append(one)
    if removed:
        disk.forget()
        note_now(
            principal, "files.cleaned", f"{len(removed)} items", bytes=sum(one.bytes for one in removed),
            paths=[one.path for one in removed[:50]], older_than_days=agreed.older_than_days,
        )  # fmt: skip
    return Cleaned(tuple(removed), tuple(skipped))


def keep_clean() -> Cleaned:
    """The daily round: what WORKBENCH_KEEP_RUN_DAYS allows, nothing of runs where it is 0."""
    return clean(plan(principal=CARETAKER), principal=CARETAKER)


def _found(days: float) -> Iterator[Item]:
    home, data, models = get_settings().home, get_settings().data_dir, get_settings().models_dir
    with reading() as connection:
        served = set(connection.execute(select(champions.c.path)).scalars())
        tables_kept = {Path(path).name for path in connection.execute(select(datasets.c.path)).scalars()}
        known, needed = _runs(connection)
    before = time.time() - days * 24 * 3600
    if days > 0:
        for folder in sorted(models.glob("*/*")):
            slots = {f"models/{folder.parent.name}/{folder.name}/{one.name}" for one in folder.glob("*")}
            is_run = folder.is_dir() and folder.name in known and folder.parent.name != "mlflow"
            if is_run and folder.name not in needed and not slots & served:
                yield from _old(home, folder, "run_artifacts", before)
        for folder in sorted((data / "runs").glob("*")):
            if folder.is_dir() and folder.name in known and folder.name not in needed:
                yield from _old(home, folder, "run_log", before)
        for folder in sorted((data / "checkpoints").glob("*")):
            if folder.is_dir() and folder.name in known and folder.name not in needed:
                yield from _old(home, folder, "checkpoints", before)
    before = time.time() - UNFINISHED_S
    for pattern in UNFINISHED:
        for place in sorted(home.glob(pattern)):
            yield from _old(home, place, "unfinished", before)
    for file in sorted((data / "datasets").glob("*.parquet")):
        if file.name not in tables_kept:
            yield from _old(home, file, "unnamed_table", before)
    for file in sorted((data / "reports").glob("*.pdf")):
        yield from _old(home, file, "old_report", time.time() - UNUSED_CACHE_S)


def _runs(connection: Connection) -> tuple[frozenset[str], frozenset[str]]:
    """Every run there is a row of, and those whose files stay: served ever, not ended, watched, or tied to one of them.

    Tied is what such a run was retried from or names in its parameters and result, and what names it: an explanation.
    """
    rows = connection.execute(select(jobs.c.id, jobs.c.state, jobs.c.retry_of, jobs.c.result, jobs.c.parameters)).all()
    known = {row.id for row in rows}
    needed = set(connection.execute(select(champions.c.run_id)).scalars())
    needed |= set(connection.execute(select(ctr_predictions.c.run_id).distinct()).scalars())
    needed |= {row.id for row in rows if row.state not in ENDED}
    ties: dict[str, set[str]] = {row.id: set() for row in rows}
    for row in rows:
        named = {*_words(row.result), *_words(row.parameters), row.retry_of} & known
        for other in named - {row.id}:
            ties[row.id].add(other)
            ties[other].add(row.id)
    waiting = list(needed & known)
    while waiting:
        new = ties[waiting.pop()] - needed
        needed |= new
        waiting.extend(new)
    return frozenset(known), frozenset(needed)


def _old(home: Path, place: Path, kind: str, before: float) -> Iterator[Item]:
    size, newest = 0, 0.0
    for _, figures in disk.files_below(place):
        size += figures.st_size
        newest = max(newest, figures.st_mtime)
    try:
        newest = max(newest, place.lstat().st_mtime)
    except OSError:  # gone meanwhile
        return
    if newest < before:
        yield Item(place.relative_to(home).as_posix(), kind, size, newest)


def _words(value: object) -> Iterator[str]:
    """Every text within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _words(one)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)


def _is_gone(place: Path, kind: str) -> bool:
    """Remove it; False where that was no longer right, or not to be done."""
    if kind == "unnamed_table":
        # Under the write lock: a dataset of the same content is stored before or after this, never between.
        with writing() as connection:
            ending = datasets.c.path.endswith(f"/{place.name}", autoescape=True)
            if connection.execute(select(datasets.c.id).where(ending)).first() is not None:
                return False
            place.unlink(missing_ok=True)
    elif place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
    return not place.exists()
