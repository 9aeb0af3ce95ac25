"""A table of outcomes as it is uploaded: one row per prediction, with its id and whether it was clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.ctr.data.impressions import read_target
from core.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

PREDICTION_ID, CLICKED = "prediction_id", "clicked"


def read_outcomes(frame: pl.DataFrame) -> dict[str, int]:
    """Prediction id -> 1 or 0; of an id that stands twice, the later row counts.

    Raises BadInput for a missing column and for other values.
    """
    import polars as pl

    for name in (PREDICTION_ID, CLICKED):
        if name not in frame.columns:
            raise BadInput("monitoring.no_outcome_column", column=name, found=", ".join(frame.columns[:20]))
    ids = frame[PREDICTION_ID].cast(pl.String).str.strip_chars()
    clicked = read_target(frame[CLICKED], both=False).tolist()
    return {one: value for one, value in zip(ids.to_list(), clicked, strict=True) if one}
