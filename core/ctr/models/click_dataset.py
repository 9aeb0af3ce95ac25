"""Impressions as the sequence network sees them: row by row for a data loader, or whole batches without padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions
from core.ctr.models.sequence_columns import PADDING, InputColumns

if TYPE_CHECKING:
    import torch

Row = tuple[NDArray[np.float32], NDArray[np.int64], float]


@dataclass(frozen=True)
class Batch:
    """Rows with the longest sequence first. places: their numbers in the dataset.

    dense: (rows, width); row r's ids are ids[starts[r]:starts[r] + lengths[r]]; clicked: 0 or 1, None where unknown.
    """

    places: NDArray[np.intp]
    dense: NDArray[np.float32]
    ids: NDArray[np.int32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    clicked: NDArray[np.float32] | None

    def __len__(self) -> int:
        return len(self.places)


class ClickDataset:
    """A map-style dataset: `len(dataset)`, `dataset[row]`; torch's DataLoader takes it with `collate_fn=pad_rows`."""

    def __init__(self, rows: Impressions, columns: InputColumns) -> None:
        self.rows, self.columns = rows, columns
        self.events = columns.events(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> Row:
        """One row: dense vector (width,), ids (events,) oldest first, and 1.0 for a click."""
        one = self.rows.take(np.array([place]))
        start, end = self.events.offsets[place : place + 2]
        clicked = float(self.rows.labels[place])
        return self.columns.dense(one)[0], self.events.values[start:end].astype(np.int64), clicked

    def batch(self, places: NDArray[np.intp]) -> Batch:
        """The rows at `places`, sorted by length; rows of equal length keep their order."""
        lengths = self.events.lengths[places]
        places = places[np.argsort(-lengths, kind="stable")]
        clicked = None if self.rows.clicked is None else self.rows.clicked[places].astype(np.float32)
        # Sequences stay where they are: the network finds them by where they start.
        table = replace(self.rows, sequences=None).take(places)
        return Batch(
            places, self.columns.dense(table), self.events.values, self.events.offsets[:-1][places],
            self.events.lengths[places], clicked,
        )  # fmt: skip


def pad_rows(rows: Sequence[Row]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Dense (rows, width), ids padded at the end (rows, longest), lengths (rows,), clicked (rows,)."""
    import torch

    lengths = torch.tensor([len(ids) for _, ids, _ in rows])
    ids = torch.full((len(rows), max(1, int(lengths.max()))), PADDING)
    for place, (_, row_ids, _) in enumerate(rows):
        ids[place, : len(row_ids)] = torch.from_numpy(row_ids)
    dense = torch.from_numpy(np.stack([dense for dense, _, _ in rows]))
    return dense, ids, lengths, torch.tensor([clicked for _, _, clicked in rows])
