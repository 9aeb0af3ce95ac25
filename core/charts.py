"""What charts of every room share: colours told apart without seeing them, margins, and the rows behind a chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BLUE, VIOLET, ORANGE, GREEN, GREY = "#2563eb", "#7c3aed", "#e69f00", "#009e73", "#6b7280"
MARGIN = {"l": 10, "r": 10, "t": 56, "b": 10}  # [px]
# A legend at the lower edge of the whole picture, where no axis labels are however narrow it is.
BELOW = {"orientation": "h", "yref": "container", "y": 0.01, "yanchor": "bottom"}


def error_bars(intervals: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Bars from `low` to `high` about the `value` of each."""
    return {
        "type": "data", "symmetric": False, "array": [one["high"] - one["value"] for one in intervals],
        "arrayminus": [one["value"] - one["low"] for one in intervals],
    }  # fmt: skip


def rows_of_chart(figure: Figure) -> Iterator[dict[str, Any]]:
    """Every drawn point as a row: series, x, y, for a heatmap its value, and the ends of intervals by axis."""
    for trace in figure.data:
        name = trace.name or ""
        if trace.type == "heatmap":
            for y, line in zip(trace.y, trace.z, strict=True):
                yield from ({"series": name, "x": x, "y": y, "value": z} for x, z in zip(trace.x, line, strict=True))
            continue
        for place, (x, y) in enumerate(zip(trace.x, trace.y, strict=True)):
            row = {"series": name, "x": x, "y": y}
            for axis, value in (("x", x), ("y", y)):
                error = trace[f"error_{axis}"]
                if error.array is not None:
                    below = error.array if error.arrayminus is None else error.arrayminus
                    row |= {f"{axis}_low": value - below[place], f"{axis}_high": value + error.array[place]}
            yield row
