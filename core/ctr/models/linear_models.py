"""Three linear models over sparse columns: hashed crosses, the same with a prior per block, and with order seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from core.ctr.models import linear_columns as columns
from core.ctr.models.block_ridge import fit_by_block, fit_shared
from core.ctr.impressions import Impressions, in_parts
from core.ctr.models.linear_columns import Block, TableColumns, hashed
from core.ctr.models.order_columns import order_blocks
from core.ctr.models.plain_files import as_json, as_npz, from_npz
from core.ctr.scores import Floats, from_logit
from core.ctr.sequences import Sequences

if TYPE_CHECKING:
    pass

MOST_IDS = 4096  # more distinct ids than this share hashed places
MIN_ROWS = 5  # columns with fewer entries in training are left out
FURTHEST = 4.0  # standard deviations; further values count as this far in the straight-line column


class LinearModel:
    """sees_order: the columns of `order_columns` too. prior: one penalty ("shared") or one per block ("by_block").

    variance: of all weights, for the shared prior (scikit-learn's C). Fitted names end in _.
    """

    def __init__(self, *, name: str, sees_order: bool, prior: str, variance: float = 0.01) -> None:
        self.name, self.sees_order, self.prior, self.variance = name, sees_order, prior, variance

    def fit(self, rows: Impressions) -> Self:
        """Learn from labelled rows."""
        self.table_ = columns.learn_table(rows)
        self.line_ = _straight_lines(rows)
        self.ids_, self.hashes_ids_ = _id_range(rows.sequences)
        blocks = self._blocks(rows)
        matrix = columns.assemble(blocks, len(rows))
        counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
        kept = np.flatnonzero(counts >= MIN_ROWS)
        matrix = matrix[:, kept]
        matrix.sum_duplicates()
        if self.prior == "shared":
            fit = fit_shared(matrix, rows.labels, variance=self.variance)
        else:
            numbers = np.repeat(np.arange(len(blocks)), [block.width for block in blocks])[kept]
            fit = fit_by_block(matrix, rows.labels, numbers)
        used = fit.weights != 0
        self.width_, self.intercept_ = sum(block.width for block in blocks), fit.intercept
        self.places_, self.weights_ = kept[used], fit.weights[used]
        return self

    def predict_proba(self, rows: Impressions) -> Floats:
        """Click probability, shape (rows,)."""
        weights = np.zeros(self.width_, np.float32)
        weights[self.places_] = self.weights_
        return from_logit(np.concatenate([self._odds(part, weights) for part in in_parts(rows)]))

    def _odds(self, rows: Impressions, weights: NDArray[np.float32]) -> Floats:
        odds = np.full(len(rows), self.intercept_)
        start = 0
        # Block by block: the wide matrix is not needed to multiply with it.
        for block in self._blocks(rows):
            products = block.values * weights[start : start + block.width][block.columns]
            odds += np.bincount(block.rows, products, minlength=len(rows))
            start += block.width
        return odds

    def save(self) -> dict[str, bytes]:
        """model.json and weights.npz."""
        about = {
            "name": self.name, "sees_order": self.sees_order, "prior": self.prior, "variance": self.variance,
            "ids": self.ids_, "hashes_ids": self.hashes_ids_, "width": self.width_, "intercept": self.intercept_,
            "table": self.table_.as_plain(), "line": self.line_,
        }  # fmt: skip
        return {"model.json": as_json(about), "weights.npz": as_npz(places=self.places_, weights=self.weights_)}

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> Self:
        about = json.loads(files["model.json"])
        model = cls(**{key: about[key] for key in ("name", "sees_order", "prior", "variance")})
        model.table_, model.line_ = TableColumns.from_plain(about["table"]), about["line"]
        model.ids_, model.hashes_ids_ = about["ids"], about["hashes_ids"]
        model.width_, model.intercept_ = about["width"], about["intercept"]
        arrays = from_npz(files["weights.npz"])
        model.places_, model.weights_ = arrays["places"], arrays["weights"]
        return model

    def _blocks(self, rows: Impressions) -> list[Block]:
        blocks = columns.table_blocks(rows, self.table_) + _line_blocks(rows, self.line_)
        if self.ids_:
            sequences = _bounded(rows, self.ids_, self.hashes_ids_)
            blocks += columns.id_blocks(sequences, self.ids_)
            blocks += order_blocks(sequences, self.ids_) if self.sees_order else []
        return blocks


def hashed_logistic(variance: float = 0.01) -> LinearModel:
    """Ids as counts, last id, categories, binned numbers and hashed crosses under one penalty."""
    return LinearModel(name="hashed_logistic", sees_order=False, prior="shared", variance=variance)


def block_logistic() -> LinearModel:
    """The columns of `hashed_logistic` with a penalty for each block: what the prior alone is worth."""
    return LinearModel(name="block_logistic", sees_order=False, prior="by_block")


def order_logistic() -> LinearModel:
    """`block_logistic` with the columns that see order: what order is worth."""
    return LinearModel(name="order_logistic", sees_order=True, prior="by_block")


def _straight_lines(rows: Impressions) -> dict[str, Any]:
    """Mean and standard deviation of each number that varies."""
    with np.errstate(invalid="ignore"):
        known = np.isfinite(rows.numbers)
        count = np.maximum(known.sum(axis=0), 1)
        values = np.where(known, rows.numbers, 0).astype(np.float64)
        mean = values.sum(axis=0) / count
        spread = np.sqrt(np.where(known, (rows.numbers - mean) ** 2, 0).sum(axis=0) / count)
    return {
        name: [float(mean[place]), float(spread[place])]
        for place, name in enumerate(rows.number_names)
        if spread[place] > 1e-9
    }


def _line_blocks(rows: Impressions, lines: dict[str, Any]) -> list[Block]:
    place = {name: number for number, name in enumerate(rows.number_names)}
    every = np.arange(len(rows))
    blocks = []
    for name, (mean, spread) in lines.items():
        column = rows.numbers[:, place[name]] if name in place else np.full(len(rows), np.nan, np.float32)
        values = np.clip(np.nan_to_num((column - mean) / spread), -FURTHEST, FURTHEST).astype(np.float32)
        blocks.append(Block(1, every, np.zeros(len(rows), np.int64), values))
    return blocks


def _id_range(sequences: Sequences | None) -> tuple[int, bool]:
    if sequences is None or len(sequences.values) == 0:
        return 0, False
    largest = int(sequences.values.max()) + 1
    return (MOST_IDS, True) if largest > MOST_IDS else (largest, False)


def _bounded(rows: Impressions, ids: int, hashes: bool) -> Sequences:
    sequences = rows.sequences
    if sequences is None:
        return Sequences(np.empty(0, np.int32), np.zeros(len(rows) + 1, np.int64))
    if not hashes:
        return sequences
    folded: NDArray[np.int32] = hashed(sequences.values.astype(np.int64), ids).astype(np.int32)
    return Sequences(folded, sequences.offsets)
