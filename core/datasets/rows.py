"""What a stored dataset is, and how its rows in the database become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from core.datasets.findings import Finding
from core.settings.current import get_settings
from core.storage import tables

ACCEPTANCES = tables.finding_acceptances
_OLDEST_FIRST = (
    select(ACCEPTANCES).where(ACCEPTANCES.c.dataset_id.in_(bindparam("ids", expanding=True))).order_by(ACCEPTANCES.c.id)
)


@dataclass(frozen=True)
class Acceptance:
    """Who accepted which finding of a dataset, and why."""

    code: str
    column: str | None
    reason: str
    owner: str
    created_at: datetime


@dataclass(frozen=True)
class Dataset:
    """A stored table. `path` is absolute; the database keeps it relative to the home folder."""

    id: str
    name: str
    room: str
    sha256: str  # of the Parquet file
    rows: int
    columns: tuple[str, ...]
    bytes: int  # of the Parquet file
    format: str  # of the uploaded file
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    path: Path
    findings: tuple[Finding, ...]
    accepted: tuple[Acceptance, ...]
    owner: str
    created_at: datetime
    mapping: dict[str, str]  # expected column to the column of the uploaded file
    target: str | None


def dataset_from(row: Row[Any], accepted: Sequence[Acceptance]) -> Dataset:
    """The dataset behind a row of `datasets` that was read without its profile."""
    return Dataset(
        **{
            **row._mapping,
            "columns": tuple(row.columns),
            "path": get_settings().home / row.path,
            "findings": tuple(Finding.from_dict(finding) for finding in row.findings),
            "accepted": tuple(accepted),
        }
    )


def acceptances_of(connection: Connection, ids: Sequence[str]) -> dict[str, list[Acceptance]]:
    """The acceptances of each dataset, oldest first."""
    found: dict[str, list[Acceptance]] = {each: [] for each in ids}
    for row in connection.execute(_OLDEST_FIRST, {"ids": list(ids)}) if ids else ():
        found[row.dataset_id].append(Acceptance(row.code, row.column, row.reason, row.owner, row.created_at))
    return found
