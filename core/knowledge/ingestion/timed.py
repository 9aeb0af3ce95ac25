"""Carrying out an ingestion as a job does: progress told in words, and where the time went, file by file."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.knowledge.document_facts import facts_of
from core.knowledge.ingestion.carrying_out import MOST_ATTEMPTS, Progress, run_ingestion
from core.knowledge.ingestion.plans import Ingestion, list_items
from core.knowledge.passages.vectors import PassageEncoder
from core.messages import say_kept
from core.security.policy import Principal

TOLD_EVERY_S, BATCHES_TOLD_EVERY_S = 0.3, 1.0  # each telling is a row of the job's story
# What a visitor would call the stages. `parsing` holds one row of progress besides the libraries.
PARTS = {
    "query_execution": "reading", "data_validation": "parsing", "document_transformation": "cutting",
    "embedding_generation": "encoding", "document_storage": "writing",
}  # fmt: skip


@dataclass(frozen=True)
class CarriedOut:
    """One ingestion that was carried out. files: a row for each. seconds: by part of PARTS, with `all` and `encoder`.

    encoder_id: None where nothing needed an encoder.
    """

    ingestion: Ingestion
    files: tuple[dict[str, Any], ...]
    seconds: dict[str, float]
    encoder_id: str | None

    @property
    def share_inside(self) -> float | None:
        """Share of the time inside parsing libraries and the encoder; None where no time passed."""
        inside = self.seconds.get("parsing", 0.0) + self.seconds["encoder"]
        return inside / self.seconds["all"] if self.seconds["all"] else None


@dataclass
class _Clock:
    """Sums up the seconds between two tellings under what was going on, and those inside the encoder."""

    tell: Callable[[str, float], None]
    by_file: dict[int, dict[str, float]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))
    encoder_s: float = 0.0
    encoder_id: str | None = None
    last: Progress | None = None
    since: float = field(default_factory=time.perf_counter)
    told_at: float = -TOLD_EVERY_S
    begun: float = field(default_factory=time.perf_counter)

    def note(self, progress: Progress) -> None:
        self._add()
        is_new = self.last is None or (progress.stage, progress.done) != (self.last.stage, self.last.done)
        waited_s = time.perf_counter() - self.told_at
        if progress.stage == "completion" or waited_s > (TOLD_EVERY_S if is_new else BATCHES_TOLD_EVERY_S):
            self._say(progress)
        self.last, self.since = progress, time.perf_counter()

    def _add(self) -> None:
        if self.last is not None and self.last.stage in PARTS:
            self.by_file[self.last.done][PARTS[self.last.stage]] += time.perf_counter() - self.since

    def _say(self, progress: Progress) -> None:
        self.told_at = time.perf_counter()
        words = f"{progress.stage} · {progress.name} · {min(progress.done + 1, progress.total)}/{progress.total}"
        self.tell(words if progress.name else progress.stage, progress.fraction)


@dataclass(frozen=True)
class _Timed:
    """The encoder, with its seconds counted."""

    encoder: PassageEncoder
    clock: _Clock

    @property
    def id(self) -> str:
        return self.encoder.id

    @property
    def dim(self) -> int:
        return self.encoder.dim

    def embed_passages(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        begun = time.perf_counter()
        try:
            return self.encoder.embed_passages(texts)
        finally:
            self.clock.encoder_s += time.perf_counter() - begun


def carry_out(
    ingestion_id: str, *, load_encoder: Callable[[], PassageEncoder], principal: Principal, job_id: str | None = None,
    tell: Callable[[str, float], None] = lambda step, fraction: None,
) -> CarriedOut:  # fmt: skip
    """Run an ingestion and say what became of each file. tell: step in words and fraction. Raises as run_ingestion."""
    left = list_items(ingestion_id, states=("waiting", "running"), principal=principal)
    clock = _Clock(tell)

    def load() -> PassageEncoder:
        begun = time.perf_counter()
        timed = _Timed(load_encoder(), clock)
        clock.encoder_s += time.perf_counter() - begun
        clock.encoder_id = timed.id
        return timed

    ended = run_ingestion(ingestion_id, load_encoder=load, principal=principal, job_id=job_id, progress=clock.note)
    waiting = [one.id for one in left if one.state == "waiting" or one.attempts < MOST_ATTEMPTS]
    done_before = sum(ended.states.values()) - len(waiting)
    places = {one: done_before + at for at, one in enumerate(waiting)}  # what progress counts files by
    seconds: dict[str, float] = dict.fromkeys(PARTS.values(), 0.0)
    for spent in clock.by_file.values():
        for part, one in spent.items():
            seconds[part] += one
    seconds |= {"encoder": clock.encoder_s, "all": time.perf_counter() - clock.begun}
    return CarriedOut(ended, _files(ended, places, clock, principal), seconds, clock.encoder_id)


def _files(ended: Ingestion, places: dict[int, int], clock: _Clock, principal: Principal) -> tuple[dict[str, Any], ...]:
    items = list_items(ended.id, principal=principal)
    facts = facts_of([one.document_id for one in items if one.document_id], principal=principal)
    rows = []
    for one in items:
        spent = clock.by_file.get(places.get(one.id, -1), {})
        flags = facts[one.document_id].flags if one.document_id in facts else ()
        error = say_kept(one.error) or ""
        rows.append({
            "file": one.name, "action": one.action, "state": one.state, "passages": one.passages,
            "embedded": one.embedded, "flags": ", ".join(flags),
            **{f"{part}_s": round(spent.get(part, 0.0), 4) for part in ("parsing", "encoding", "writing")},
            "reason": error,
        })  # fmt: skip
    return tuple(rows)


def result_of(done: Sequence[CarriedOut]) -> dict[str, Any]:
    """What a run keeps as its result, as plain values: counts, seconds by part, and how each ingestion ended."""
    seconds: dict[str, float] = defaultdict(float)
    for one in done:
        for part, spent in one.seconds.items():
            seconds[part] += spent
    states = [row["state"] for one in done for row in one.files]
    inside = seconds["parsing"] + seconds["encoder"]
    return {
        "ingestions": {one.ingestion.id: one.ingestion.state for one in done},
        "files": {state: states.count(state) for state in dict.fromkeys(states)},
        "passages": sum(row["passages"] for one in done for row in one.files),
        "embedded": sum(row["embedded"] for one in done for row in one.files),
        "seconds": {part: round(spent, 3) for part, spent in seconds.items()},
        "share_inside": round(inside / seconds["all"], 3) if seconds["all"] else None,
        "encoder_id": next((one.encoder_id for one in reversed(done) if one.encoder_id), None),
    }
