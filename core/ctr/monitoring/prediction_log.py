"""The log of predictions: what was answered, how fast, and later whether it was clicked.

Kept for WORKBENCH_PREDICTION_LOG_DAYS and at most WORKBENCH_PREDICTION_LOG_ROWS rows; see `forget_old`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update

from core.ctr.evaluating.reference import Codes
from core.ctr.evaluating.scores import Floats
from core.errors import BadInput, NotFound
from core.security.policy import Principal
from core.settings.current import get_settings
from core.storage.database import reading, utc_now, writing
from core.storage.ownership import visible
from core.storage.tables import ctr_predictions as log

ROWS_AT_ONCE = 20_000  # of one insert
IDS_AT_ONCE = 500  # of one look-up
NAMED = 5  # unknown ids an error names
LATEST_ROWS = 20_000  # looked at by checks and pages


@dataclass(frozen=True)
class RecordedClicks:
    """How many outcomes were new, were known already, and replaced another one."""

    new: int
    unchanged: int
    corrected: int


@dataclass(frozen=True)
class Logged:
    """Rows of the log, oldest first, each array of shape (rows,).

    at: seconds since 1970 in UTC. clicked: 1, 0 or -1 where it is not known yet. bins: shape (those of the rows whose
    bins were logged, watched), None without any.
    """

    at: Floats
    probability: Floats
    latency_ms: Floats
    clicked: NDArray[np.int8]
    bins: Codes | None

    def __len__(self) -> int:
        return len(self.at)

    @property
    def known(self) -> NDArray[np.bool_]:
        return self.clicked >= 0


def record_predictions(
    *, run_id: str, model: str, probabilities: Floats | Sequence[float], latency_ms: float, principal: Principal,
    segments: Codes | None = None, at: datetime | None = None,
) -> list[str]:  # fmt: skip
    """Log one answer of any size and return the id of each prediction, in order.

    latency_ms: of the whole answer. segments: `core.ctr.evaluating.reference.codes_of(rows, reference)`, shape (rows,
    watched), without which the drift of features cannot be told. at: when, left out for now.
    """
    batch, when = uuid4().hex[:16], at or utc_now()
    ids = [f"{batch}-{row}" for row in range(len(probabilities))]
    same = {"owner": principal.id, "run_id": run_id, "model": model, "at": when, "latency_ms": float(latency_ms)}
    bins = [None] * len(ids) if segments is None else [one.tobytes() for one in np.asarray(segments, np.uint8)]
    values = np.asarray(probabilities, np.float64).tolist()
    rows = (
        {**same, "id": one, "probability": value, "bins": coded}
        for one, value, coded in zip(ids, values, bins, strict=True)
    )
    with writing() as connection:
        for part in _parts(rows, ROWS_AT_ONCE):
            connection.execute(insert(log), part)
    return ids


def record_clicks(clicked: Mapping[str, int], *, principal: Principal) -> RecordedClicks:
    """Join outcomes that came later: prediction id -> 1 or 0. The same again changes nothing; another value replaces.

    Raises NotFound naming ids that are not in the log, BadInput for values but 0 and 1; then nothing is stored.
    """
    odd = [one for one, value in clicked.items() if value not in (0, 1)]
    if odd:
        raise BadInput("monitoring.bad_outcome", id=odd[0], value=clicked[odd[0]])
    with writing() as connection:
        known: dict[str, int | None] = {}
        for ids in _parts(iter(clicked), IDS_AT_ONCE):
            query = select(log.c.id, log.c.clicked).where(log.c.id.in_(ids), _visible(principal))
            known |= {row.id: row.clicked for row in connection.execute(query)}
        unknown = [one for one in clicked if one not in known]
        if unknown:
            raise NotFound("monitoring.unknown_predictions", count=len(unknown), ids=", ".join(unknown[:NAMED]))
        changed = [one for one, value in clicked.items() if known[one] != int(value)]
        statement = update(log).where(log.c.id == bindparam("of_id"))
        values = {"clicked": bindparam("to_clicked"), "clicked_at": utc_now()}
        for ids in _parts(iter(changed), ROWS_AT_ONCE):
            rows = [{"of_id": one, "to_clicked": int(clicked[one])} for one in ids]
            connection.execute(statement.values(**values), rows)
    new = sum(known[one] is None for one in changed)
    return RecordedClicks(new, len(clicked) - len(changed), len(changed) - new)


def logged(run_id: str, *, principal: Principal, since: datetime | None = None, limit: int = LATEST_ROWS) -> Logged:
    """The newest `limit` predictions of a run, oldest first."""
    query = select(log.c.at, log.c.probability, log.c.latency_ms, log.c.clicked, log.c.bins)
    query = query.where(log.c.run_id == run_id, _visible(principal))
    if since is not None:
        query = query.where(log.c.at >= since)
    with reading() as connection:
        rows = connection.execute(query.order_by(log.c.at.desc()).limit(limit)).all()[::-1]
    coded = [row.bins for row in rows if row.bins]
    bins = None
    if coded:
        width = len(coded[-1])
        bins = np.frombuffer(b"".join(one for one in coded if len(one) == width), np.uint8).reshape(-1, width)
    return Logged(
        at=np.array([row.at.timestamp() for row in rows], np.float64),
        probability=np.array([row.probability for row in rows], np.float64),
        latency_ms=np.array([row.latency_ms for row in rows], np.float64),
        clicked=np.array([-1 if row.clicked is None else row.clicked for row in rows], np.int8),
        bins=bins,
    )


def logged_runs(*, principal: Principal, since: datetime) -> tuple[str, ...]:
    """Runs with visible answers since then. Steps from run to run through the index, never over the rows."""
    found: list[str] = []
    last = ""
    with reading() as connection:
        while True:
            query = select(log.c.run_id).where(log.c.run_id > last, _visible(principal)).order_by(log.c.run_id)
            run_id = connection.execute(query.limit(1)).scalar()
            if run_id is None:
                return tuple(found)
            last = run_id
            newest = select(func.max(log.c.at)).where(log.c.run_id == run_id, _visible(principal))
            if connection.execute(newest).scalar_one() >= since:
                found.append(run_id)


def version_of(run_id: str, *, principal: Principal, since: datetime) -> tuple[object, ...]:
    """Changes with every answer and outcome among the rows that `logged` would give; much cheaper than they are."""
    rows = select(log.c.at, log.c.clicked_at).where(log.c.run_id == run_id, _visible(principal), log.c.at >= since)
    newest = rows.order_by(log.c.at.desc()).limit(LATEST_ROWS).subquery()
    columns = func.count(), func.max(newest.c.at), func.max(newest.c.clicked_at), func.count(newest.c.clicked_at)
    with reading() as connection:
        return tuple(connection.execute(select(*columns)).one())


def forget_old(now: datetime | None = None) -> int:
    """Delete what is older than the setting, and the oldest rows over the row limit; how many went."""
    settings = get_settings()
    oldest = (now or utc_now()) - timedelta(days=settings.prediction_log_days)
    with reading() as connection:
        beyond = select(log.c.at).order_by(log.c.at.desc()).offset(settings.prediction_log_rows).limit(1)
        cut = connection.execute(beyond).scalar()
    with writing() as connection:
        gone = connection.execute(delete(log).where(log.c.at < oldest)).rowcount
        if cut is not None:
            gone += connection.execute(delete(log).where(log.c.at <= cut)).rowcount
    return gone


def _visible(principal: Principal) -> ColumnElement[bool]:
    return visible(log, principal)


def _parts(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while part := list(islice(items, size)):
        yield part
