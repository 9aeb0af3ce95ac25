"""Arrow columns as NumPy arrays, read from the buffers themselves.

Arrow's own `to_numpy` imports pandas (0.4 s) as soon as a column holds nulls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

ColumnKind = Literal["integer", "number", "boolean", "text", "time", "other"]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

# Layouts that NumPy reads as they are.
_NUMPY_NAMES = {"float": "float32", "double": "float64", "halffloat": "float16"}


def kind_of(arrow_type: pa.DataType) -> ColumnKind:
    """The kind a person would name; nested and binary columns are "other" and only counted."""
    from pyarrow import types

    if types.is_dictionary(arrow_type):
        return kind_of(arrow_type.value_type)
    tests: tuple[tuple[ColumnKind, tuple[Callable[[pa.DataType], bool], ...]], ...] = (
        ("boolean", (types.is_boolean,)),
        ("integer", (types.is_integer,)),
        ("number", (types.is_floating, types.is_decimal)),
        ("text", (types.is_string, types.is_large_string, types.is_string_view)),
        ("time", (types.is_date, types.is_timestamp, types.is_time)),
    )
    return next((kind for kind, is_kind in tests if any(test(arrow_type) for test in is_kind)), "other")


def numeric_columns(schema: pa.Schema) -> list[tuple[str, int]]:
    """Name and position of the columns that are correlated: numbers, without truth values."""
    kinds = ("integer", "number")
    return [(field.name, place) for place, field in enumerate(schema) if kind_of(field.type) in kinds]


def numbers(column: pa.ChunkedArray | pa.Array) -> tuple[Floats, Flags | None]:
    """The column as float64, and which cells hold a number (None when all do). NaN counts as missing.

    Read-only. Cells without a number hold any value: use the flags. Integers beyond 2**53 lose digits.
    """
    import pyarrow as pa

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    values = _plain_values(array).astype(np.float64, copy=False)
    valid = present_flags(array)
    if not pa.types.is_integer(array.type):
        missing = np.isnan(values)
        if missing.any():
            valid = ~missing if valid is None else valid & ~missing
    return values, valid


def _plain_values(chunk: pa.Array) -> np.ndarray[Any, Any]:
    import pyarrow as pa

    if pa.types.is_boolean(chunk.type):
        return _bits(chunk.buffers()[1], chunk.offset, len(chunk))
    if pa.types.is_decimal(chunk.type) or pa.types.is_dictionary(chunk.type):
        chunk = chunk.cast(pa.float64())
    name = _NUMPY_NAMES.get(str(chunk.type), str(chunk.type))
    return np.frombuffer(chunk.buffers()[1], dtype=name)[chunk.offset : chunk.offset + len(chunk)]


def present_flags(chunk: pa.Array) -> Flags | None:
    """Which cells are not null; None when all are."""
    if chunk.null_count == 0:
        return None
    return _bits(chunk.buffers()[0], chunk.offset, len(chunk))


def _bits(buffer: pa.Buffer, offset: int, length: int) -> Flags:
    packed = np.frombuffer(buffer, np.uint8)
    return np.unpackbits(packed, count=offset + length, bitorder="little")[offset:].view(np.bool_)
