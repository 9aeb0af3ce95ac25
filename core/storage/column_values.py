"""Arrow columns as NumPy arrays, read from the buffers themselves.

Arrow's own `to_numpy` imports pandas (0.4 s) as soon as a column holds nulls.
"""

from __future__ import annotations

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

    if types.is_boolean(arrow_type):
        return "boolean"
    if types.is_integer(arrow_type):
        return "integer"
    if types.is_floating(arrow_type) or types.is_decimal(arrow_type):
        return "number"
    if types.is_string(arrow_type) or types.is_large_string(arrow_type) or str(arrow_type) == "string_view":
        return "text"
    if types.is_dictionary(arrow_type):
        return kind_of(arrow_type.value_type)
    if types.is_date(arrow_type) or types.is_timestamp(arrow_type) or types.is_time(arrow_type):
        return "time"
    return "other"


def numbers(column: pa.ChunkedArray | pa.Array) -> tuple[Floats, Flags | None]:
    """The column as float64, and which cells hold a number (None when all do). NaN counts as missing.

    Cells without a number hold any value: use the flags. Integers beyond 2**53 lose their last digits.
    """
    values = np.empty(len(column), np.float64)
    valid: Flags | None = None
    start = 0
    for chunk in getattr(column, "chunks", (column,)):
        stop = start + len(chunk)
        values[start:stop] = _chunk_numbers(chunk)
        flags = _chunk_flags(chunk)
        if flags is not None:
            if valid is None:
                valid = np.ones(len(column), np.bool_)
            valid[start:stop] = flags
        start = stop
    present = values == values
    if not present.all():
        valid = present if valid is None else valid & present
    return values, valid


def _chunk_numbers(chunk: pa.Array) -> np.ndarray[Any, Any]:
    import pyarrow as pa

    if pa.types.is_boolean(chunk.type):
        return _bits(chunk.buffers()[1], chunk.offset, len(chunk))
    if pa.types.is_decimal(chunk.type) or pa.types.is_dictionary(chunk.type):
        chunk = chunk.cast(pa.float64())
    name = _NUMPY_NAMES.get(str(chunk.type), str(chunk.type))
    return np.frombuffer(chunk.buffers()[1], dtype=name)[chunk.offset : chunk.offset + len(chunk)]


def _chunk_flags(chunk: pa.Array) -> Flags | None:
    if chunk.null_count == 0:
        return None
    return _bits(chunk.buffers()[0], chunk.offset, len(chunk))


def _bits(buffer: pa.Buffer, offset: int, length: int) -> Flags:
    packed = np.frombuffer(buffer, np.uint8)
    return np.unpackbits(packed, count=offset + length, bitorder="little")[offset:].view(np.bool_)
