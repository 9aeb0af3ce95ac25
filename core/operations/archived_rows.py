"""Rows of the database as lines of JSON with typed values: the same from SQLite and PostgreSQL, into either.

A line is one row, its values in the order of the table's `columns` in the manifest. A JSON value is wrapped, so that
the JSON null and an empty column stay two things.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Float,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    column,
    insert,
    null,
    select,
    table,
    text,
)
from sqlalchemy.types import TypeEngine

from core.storage.tables import UtcDateTime

AT_ONCE = 500
# The name of a type in the manifest, and the type that it stands for.
TYPES: dict[str, TypeEngine[Any]] = {
    "instant": UtcDateTime(), "json": JSON(), "bytes": LargeBinary(), "boolean": Boolean(), "float": Float(),
    "integer": BigInteger(), "text": Text(),
}  # fmt: skip
_WRITTEN: Mapping[str, Callable[[Any], Any]] = {
    "instant": lambda value: value.isoformat(),
    "bytes": lambda value: base64.b64encode(value).decode("ascii"),
    "json": lambda value: {"v": value},
}
_READ: Mapping[str, Callable[[Any], Any]] = {
    "instant": datetime.fromisoformat,
    "bytes": base64.b64decode,
    "json": lambda value: value["v"],
}


@dataclass(frozen=True)
class TableShape:
    """columns: name and type of each, as in TYPES."""

    name: str
    columns: tuple[tuple[str, str], ...]


def shape_of(source: Table) -> TableShape:
    return TableShape(source.name, tuple((one.name, _type_name(one.type)) for one in source.columns))


def lines_of(connection: Connection, source: Table) -> Iterator[bytes]:
    """Every row of a table by its primary key, without holding them all."""
    kinds = [kind for _, kind in shape_of(source).columns]
    # Of a JSON column only the database knows whether it is empty.
    is_empty = [one.is_(None).label(f"is_empty_{number}") for number, one in enumerate(source.columns)]
    query = select(*source.columns, *is_empty).order_by(*source.primary_key)
    for row in connection.execute(query.execution_options(yield_per=AT_ONCE)):
        width = len(kinds)
        values = [
            None if row[width + number] else _WRITTEN.get(kind, _same)(row[number]) for number, kind in enumerate(kinds)
        ]
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


def insert_lines(connection: Connection, shape: TableShape, lines: Iterable[bytes]) -> int:
    """Write rows back into a table of that shape; how many. Its revision is the caller's business."""
    into = table(shape.name, *(column(name, TYPES[kind]) for name, kind in shape.columns))
    kinds, read, count = [kind for _, kind in shape.columns], iter(lines), 0
    names = [name for name, _ in shape.columns]
    # A JSON column is bound as text that is JSON already, or as nothing: None would become the JSON null.
    while part := list(islice(read, AT_ONCE)):
        rows = [_row(json.loads(line), kinds) for line in part]
        empties = {tuple(value is _EMPTY for value in row) for row in rows}
        for empty in empties:
            same = [row for row in rows if tuple(value is _EMPTY for value in row) == empty]
            fixed = {name: null() for name, is_empty in zip(names, empty, strict=True) if is_empty}
            bound = {
                name: bindparam(f"v{number}", type_=into.c[name].type)
                for number, name in enumerate(names)
                if name not in fixed
            }
            values = [
                {f"v{number}": value for number, value in enumerate(row) if names[number] not in fixed} for row in same
            ]
            connection.execute(insert(into).values({**fixed, **bound}), values)
        count += len(part)
    return count


def restart_numbers(connection: Connection, tables: Sequence[Table]) -> None:
    """PostgreSQL hands out numbers from a sequence, which rows that bring their own do not move; SQLite looks."""
    if connection.dialect.name != "postgresql":
        return
    for one in tables:
        keys = list(one.primary_key)
        if len(keys) == 1 and isinstance(keys[0].type, Integer):
            name, key = one.name, keys[0].name
            last = f'(SELECT max("{key}") FROM "{name}")'  # noqa: S608 - names of our own tables
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('\"{name}\"', '{key}'), coalesce({last}, 1), "
                    f"{last} IS NOT NULL)"
                )
            )


class _Empty:
    """An empty column, as opposed to the JSON null."""


_EMPTY = _Empty()


def _row(values: list[Any], kinds: Sequence[str]) -> list[Any]:
    pairs = zip(values, kinds, strict=True)
    return [_EMPTY if value is None else _READ.get(kind, _same)(value) for value, kind in pairs]


def _same(value: Any) -> Any:
    return value


def _type_name(kind: TypeEngine[Any]) -> str:
    for name, one in TYPES.items():
        if isinstance(kind, Integer if name == "integer" else type(one)):
            return name
    return "text"
