"""Stored tables: Parquet under its SHA-256, a row per owner with profile and findings, nothing half stored.

Whether a dataset may be trained on is decided here: a blocking finding stands until someone accepts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import Column, Row, delete, func, insert, select, update

from core.datasets.findings import Finding, standing
from core.datasets.rows import ACCEPTANCES, Dataset, acceptances_of, dataset_from
from core.datasets.table_files import WrittenTable, checksum, written_table
from core.errors import BadInput, Conflict, NotFound, Unavailable
from core.security.policy import Permission, Principal, may_see, require
from core.settings.current import get_settings
from core.storage import tables
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing
from core.storage.ownership import visible
from core.storage.shared_files import drop, here

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from core.datasets.schemas import Schema
    from core.datasets.table_profile import TableProfile
    from core.datasets.uploads import UploadedTable

ROWS = tables.datasets
# Without the profile: that of 119 columns is 0.3 MB of JSON, and only `get_profile` wants it.
_SHOWN = tuple(column for column in ROWS.c if column.name != "profile")
# Built once, because pages ask for it on every rerun.
_NEWEST_FIRST = select(*_SHOWN).order_by(ROWS.c.created_at.desc(), ROWS.c.id)


@dataclass(frozen=True)
class Origin:
    """What a table was when it came: the name it was given, the room it came to, and how the file was written."""

    name: str
    room: str
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


def save_dataset(
    table: UploadedTable,
    *,
    name: str,
    room: str,
    principal: Principal,
    mapping: Mapping[str, str] | None = None,
    target: str | None = None,
    schema: Schema | None = None,
) -> Dataset:
    """Map, check, profile and store a table; the same content of the same owner keeps its dataset.

    schema: what the room expects. mapping: `{expected: found}`; left out, the suggestion for `schema` is used.
    Raises BadInput for a mapping or target that does not fit and StorageFull when the disk is full; then
    nothing is stored.
    """
    from core.datasets.quality import find_problems

    require(principal, Permission.DATASETS_WRITE)
    frame, used, uncoerced = _mapped(table, mapping, schema)
    findings = find_problems(frame, schema=schema, target=target, uncoerced=uncoerced)
    return store_frame(
        frame, table, name=name, room=room, principal=principal, mapping=used, target=target, findings=findings
    )


def store_frame(
    frame: pl.DataFrame,
    table: UploadedTable,
    *,
    name: str,
    room: str,
    principal: Principal,
    mapping: Mapping[str, str],
    target: str | None,
    findings: Sequence[Finding],
) -> Dataset:
    """Profile and store a table that a room has mapped and checked itself; otherwise as `save_dataset`.

    table: what was uploaded, for its format and encoding; `frame` is what is stored.
    """
    from core.datasets.profiling import profile_frame

    require(principal, Permission.DATASETS_WRITE)
    about = {
        "mapping": dict(mapping),
        "target": target,
        "profile": profile_frame(frame).to_dict(),
        "findings": [finding.as_dict() for finding in findings],
    }
    origin = Origin(name, room, table.format, table.encoding, table.delimiter, table.sheet)
    with written_table(frame) as written:
        return keep_table(written, origin, about, rows=frame.height, columns=frame.columns, principal=principal)


def keep_table(
    written: WrittenTable, origin: Origin, about: Mapping[str, Any], *, rows: int, columns: Sequence[str],
    principal: Principal,
) -> Dataset:  # fmt: skip
    """Bring a written table to its place and keep a row about it; the same content of the same owner keeps its row.

    about: mapping, target, profile and findings as plain values.
    """
    require(principal, Permission.DATASETS_WRITE)
    name, room = origin.name, origin.room
    written.share()  # it may take long, so before the write lock; named by its content, it harms nobody alone
    with writing() as connection:
        same = (ROWS.c.owner == principal.id) & (ROWS.c.sha256 == written.sha256) & (ROWS.c.room == room)
        found = connection.execute(select(ROWS.c.id).where(same)).scalar()
        if found is not None:
            connection.execute(update(ROWS).where(ROWS.c.id == found).values(**about))
        else:
            found = str(uuid4())
            values = {
                "id": found,
                "owner": principal.id,
                "name": name,
                "room": room,
                "sha256": written.sha256,
                "path": written.path.relative_to(get_settings().home).as_posix(),
                "bytes": written.size,
                "rows": rows,
                "columns": list(columns),
                "format": origin.format,
                "encoding": origin.encoding,
                "delimiter": origin.delimiter,
                "sheet": origin.sheet,
                "created_at": utc_now(),
            }
            connection.execute(insert(ROWS).values(**values, **about))
            note(connection, principal, "dataset.added", found, name=name, room=room, rows=rows)
        # Under the write lock: a deletion of the same content elsewhere comes before or after, never between.
        written.keep()
    return get_dataset(found, principal=principal)


def get_dataset(dataset_id: str, *, principal: Principal) -> Dataset:
    """Raises NotFound when there is none, or it belongs to someone else and the principal is no admin."""
    row = _visible_row(dataset_id, principal, _SHOWN)
    with reading() as connection:
        return dataset_from(row, acceptances_of(connection, [dataset_id])[dataset_id])


def get_profile(dataset_id: str, *, principal: Principal) -> TableProfile:
    """The profile made when the dataset was stored. Raises NotFound as `get_dataset` does."""
    from core.datasets.table_profile import TableProfile

    return TableProfile.from_dict(_visible_row(dataset_id, principal, (ROWS.c.owner, ROWS.c.profile)).profile)


def list_datasets(*, principal: Principal, room: str | None = None) -> tuple[Dataset, ...]:
    """The principal's datasets (an admin's: everybody's), newest first."""
    require(principal, Permission.DATASETS_READ)
    query = _NEWEST_FIRST
    if room is not None:
        query = query.where(ROWS.c.room == room)
    query = query.where(visible(ROWS, principal))
    with reading() as connection:
        rows = connection.execute(query).all()
        accepted = acceptances_of(connection, [row.id for row in rows])
    return tuple(dataset_from(row, accepted[row.id]) for row in rows)


def load_frame(dataset: Dataset) -> pl.DataFrame:
    """The stored table. Raises Unavailable when its file is gone or is not the one that was stored."""
    return read_frame(verified_path(dataset))


def read_frame(path: Path) -> pl.DataFrame:
    """A stored table from where `verified_path` found it."""
    import polars as pl

    return pl.read_parquet(path)


def verified_path(dataset: Dataset) -> Path:
    """Where the stored table lies. Raises Unavailable when the file is gone or is not the one that was stored."""
    if not here(dataset.path, sha256=dataset.sha256):
        raise Unavailable("datasets.file_missing", name=dataset.name)
    if checksum(dataset.path) != dataset.sha256:
        raise Unavailable("datasets.file_changed", name=dataset.name)
    return dataset.path


def load_column(dataset: Dataset, name: str) -> pl.Series:
    """One column of the stored table, for choices on a page: the file is not held against its checksum.

    Raises Unavailable when it is gone.
    """
    import polars as pl

    if not here(dataset.path, sha256=dataset.sha256):
        raise Unavailable("datasets.file_missing", name=dataset.name)
    return pl.read_parquet(dataset.path, columns=[name])[name]


def accept_finding(dataset_id: str, code: str, column: str | None, reason: str, *, principal: Principal) -> None:
    """Record that a finding is accepted, and why; a later reason replaces the earlier one.

    Raises BadInput without a reason and NotFound when the dataset has no such finding.
    """
    require(principal, Permission.DATASETS_WRITE)
    dataset = get_dataset(dataset_id, principal=principal)
    if not reason.strip():
        raise BadInput("datasets.reason_missing")
    if not any((finding.code, finding.column) == (code, column) for finding in dataset.findings):
        raise NotFound("datasets.no_such_finding", code=code, column=column or "-", name=dataset.name)
    which = (ACCEPTANCES.c.dataset_id == dataset_id) & (ACCEPTANCES.c.code == code)
    which &= ACCEPTANCES.c.column.is_(None) if column is None else ACCEPTANCES.c.column == column
    with writing() as connection:
        connection.execute(delete(ACCEPTANCES).where(which))
        connection.execute(
            insert(ACCEPTANCES).values(
                dataset_id=dataset_id,
                owner=principal.id,
                code=code,
                column=column,
                reason=reason.strip(),
                created_at=utc_now(),
            )
        )
        told = {"code": code, "column": column, "reason": reason.strip()}
        note(connection, principal, "dataset.finding_accepted", dataset_id, **told)


def open_findings(dataset: Dataset) -> tuple[Finding, ...]:
    """The findings that stand in the way of training: blocking and not accepted."""
    return standing(dataset.findings, {(one.code, one.column) for one in dataset.accepted})


def require_trainable(dataset_id: str, *, principal: Principal, room: str | None = None) -> Dataset:
    """The dataset, when nothing stands in the way of training on it.

    Raises NotFound as `get_dataset` does and for a dataset of another room than `room`; Conflict, naming the
    first finding, while one is open.
    """
    dataset = get_dataset(dataset_id, principal=principal)
    if room not in (None, dataset.room):
        raise NotFound("datasets.not_found", id=dataset_id)
    in_the_way = open_findings(dataset)
    if in_the_way:
        named = in_the_way[0].column or in_the_way[0].code
        raise Conflict("datasets.open_findings", name=dataset.name, count=len(in_the_way), first=named)
    return dataset


def delete_dataset(dataset_id: str, *, principal: Principal) -> None:
    """Delete a dataset and, unless another one holds the same content, its file. Raises NotFound and Unavailable."""
    require(principal, Permission.DATASETS_WRITE)
    dataset = get_dataset(dataset_id, principal=principal)
    with writing() as connection:
        connection.execute(delete(ACCEPTANCES).where(ACCEPTANCES.c.dataset_id == dataset_id))
        connection.execute(delete(ROWS).where(ROWS.c.id == dataset_id))
        others = select(func.count()).select_from(ROWS).where(ROWS.c.sha256 == dataset.sha256)
        note(connection, principal, "dataset.removed", dataset_id, name=dataset.name, room=dataset.room)
        if connection.execute(others).scalar() == 0:
            dataset.path.unlink(missing_ok=True)
            drop(dataset.path)


def _mapped(
    table: UploadedTable, mapping: Mapping[str, str] | None, schema: Schema | None
) -> tuple[pl.DataFrame, dict[str, str], tuple[Any, ...]]:
    from core.datasets.mapping import apply_mapping, chosen_columns, rename_columns, suggest_mapping

    if schema is None:
        return rename_columns(table.frame, mapping or {}), dict(mapping or {}), ()
    used = dict(mapping) if mapping else chosen_columns(suggest_mapping(table.frame.columns, schema))
    mapped = apply_mapping(table.frame, used, schema)
    return mapped.frame, used, mapped.uncoerced


def _visible_row(dataset_id: str, principal: Principal, columns: Sequence[Column[Any]]) -> Row[Any]:
    """These columns of one row; `owner` must be among them."""
    require(principal, Permission.DATASETS_READ)
    with reading() as connection:
        row = connection.execute(select(*columns).where(ROWS.c.id == dataset_id)).one_or_none()
    # Somebody else's dataset is answered like a missing one: its existence is theirs to tell.
    if row is None or not may_see(principal, row.owner):
        raise NotFound("datasets.not_found", id=dataset_id)
    return row
