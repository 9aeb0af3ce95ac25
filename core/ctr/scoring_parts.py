"""Batches of rows to click probabilities: by the model at hand, or by the workers of a cluster with its files."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.cluster.connection import is_configured
from core.cluster.spread import spread
from core.ctr.data.impressions import Impressions, read_impressions
from core.ctr.data.schema import NUMBERS, TARGET
from core.ctr.evaluating.scores import Floats
from core.ctr.models.baselines import ClickModel, load_model
from core.resilience.resident_models import resident

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class RowsToScore:
    """One part of the work. files: the saved model, which a worker loads once. rows: an Arrow stream."""

    model: str
    files: dict[str, bytes]
    checksum: str
    rows: bytes
    target: str


def rows_of(frame: pl.DataFrame, *, target: str = TARGET) -> Impressions:
    """Rows for scoring, read the same however few of them stand together."""
    import polars as pl

    # A file of text alone is welcome: what cannot be read as a number counts as missing.
    texts = [name for name in NUMBERS if frame.schema.get(name) == pl.String]
    frame = frame.drop(target, strict=False).with_columns(pl.col(texts).cast(pl.Float32, strict=False))
    return read_impressions(frame, target=target, every_category=True)


def scored_batches(
    model: ClickModel, batches: Iterable[tuple[pl.DataFrame, int]], *, target: str
) -> Iterator[tuple[pl.DataFrame, int, Floats, float]]:
    """Each batch with what came with it, its probabilities, shape (rows,), and the seconds that the model took.

    batches: without the target. Raises Unavailable as `spread` does.
    """
    if not is_configured():
        for frame, every in batches:
            yield frame, every, *_scored(model, frame, target)
        return
    files = model.save()
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + files[name])
    sent: deque[tuple[pl.DataFrame, int]] = deque()

    def parts() -> Iterator[RowsToScore]:
        for frame, every in batches:
            sent.append((frame, every))
            rows = frame.write_ipc_stream(None, compression="zstd").getvalue()
            yield RowsToScore(model.name, files, digest.hexdigest(), rows, target)

    for probability, seconds in spread(score_there, parts(), name="scoring"):
        yield *sent.popleft(), probability, seconds


def score_there(part: RowsToScore) -> tuple[Floats, float]:
    """One part on a worker."""
    import polars as pl

    size = sum(map(len, part.files.values()))
    model = resident(f"ctr.scored_by.{part.checksum}", "1", lambda: load_model(part.model, part.files), size_bytes=size)
    return _scored(model, pl.read_ipc_stream(part.rows), part.target)


def _scored(model: ClickModel, frame: pl.DataFrame, target: str) -> tuple[Floats, float]:
    rows = rows_of(frame, target=target)
    started = time.perf_counter()
    probability = np.asarray(model.predict_proba(rows), np.float64)
    return probability, time.perf_counter() - started
