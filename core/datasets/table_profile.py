"""What a profile says about a table; plain values that turn into JSON and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.datasets.column_values import ColumnKind
from core.datasets.correlation import Matrix

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
TOP_VALUES = 10


@dataclass(frozen=True)
class TopValue:
    """A value as text and in how many rows it stands."""

    value: str
    count: int


@dataclass(frozen=True)
class ColumnProfile:
    """One column. Figures that its kind does not have are None; `std` divides by n - 1.

    `minimum` and `maximum` are numbers, or ISO text for times. `quantiles` pairs each share of QUANTILES
    with its value, linearly interpolated. `top` is empty for numbers with many different values.
    """

    name: str
    kind: ColumnKind
    stored_as: str  # the column's type in the file, such as int64 or timestamp[ms]
    count: int  # cells that hold a value
    nulls: int
    distinct: int | None
    minimum: float | str | None = None
    maximum: float | str | None = None
    mean: float | None = None
    std: float | None = None
    quantiles: tuple[tuple[float, float], ...] = ()
    top: tuple[TopValue, ...] = ()
    distinct_is_exact: bool = True
    top_is_exact: bool = True


@dataclass(frozen=True)
class TableProfile:
    """A table. `correlation[i][j]` belongs to `numeric[i]` and `numeric[j]`; None where it is undefined.

    Correlation is Pearson's over the rows in which both columns hold a value.
    `quantile_rows` is how many rows, drawn evenly, the quantiles come from: `rows` means they are exact;
    otherwise the rank of each is within `quantile_rank_error` (95 %).
    """

    rows: int
    columns: tuple[ColumnProfile, ...]
    numeric: tuple[str, ...]
    correlation: tuple[tuple[float | None, ...], ...]
    quantile_rows: int

    @property
    def quantile_rank_error(self) -> float:
        return 0.0 if self.quantile_rows >= self.rows else 1.96 * 0.5 / math.sqrt(self.quantile_rows)

    def column(self, name: str) -> ColumnProfile:
        return next(column for column in self.columns if column.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a JSON column."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> TableProfile:
        columns = tuple(
            ColumnProfile(
                **{
                    **column,
                    "quantiles": tuple((share, value) for share, value in column["quantiles"]),
                    "top": tuple(TopValue(**top) for top in column["top"]),
                }
            )
            for column in plain["columns"]
        )
        correlation = tuple(tuple(row) for row in plain["correlation"])
        return cls(plain["rows"], columns, tuple(plain["numeric"]), correlation, plain["quantile_rows"])


def finite(value: float) -> float | None:
    """The figure, or None where there is none (an empty column, infinite values)."""
    return float(value) if math.isfinite(value) else None


def as_text(value: object) -> str:
    """A cell as it is shown among the top values: 3.0 as "3", times in ISO form."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def plain_matrix(matrix: Matrix) -> tuple[tuple[float | None, ...], ...]:
    """Rows of plain numbers with None for NaN."""
    cells = matrix.astype(object)
    cells[np.isnan(matrix)] = None
    return tuple(map(tuple, cells.tolist()))
