"""Three linear models over sparse columns: hashed crosses, the same with a prior per block, and with order seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from core.ctr.data.impressions import Impressions
from core.ctr.data.sequences import Sequences
from core.ctr.evaluating.scores import Floats, from_logit
from core.ctr.models.block_ridge import fit_by_block, fit_shared
from core.ctr.models.column_layout import ColumnReader, Layout, lay_out
from core.ctr.models.linear_columns import TableColumns, learn_table
from core.ctr.models.plain_files import as_json, as_npz, from_npz

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MOST_IDS = 4096  # more distinct ids than this share hashed places
MIN_ROWS = 5  # columns with fewer entries in training are left out


class LinearModel:
    """sees_order: the columns of `order_columns` too. prior: one penalty ("shared") or one per block ("by_block").

    variance: of all weights, for the shared prior (scikit-learn's C). Fitted names end in _.
    """

    def __init__(self, *, name: str, sees_order: bool, prior: str, variance: float = 0.01) -> None:
        self.name, self.sees_order, self.prior, self.variance = name, sees_order, prior, variance

    def fit(self, rows: Impressions, *, start: LinearModel | None = None) -> Self:
        """Learn from labelled rows. start: this model fitted to much the same rows, whose penalties are taken over."""
        self.ids_, self.hashes_ids_ = _id_range(rows.sequences)
        layout = lay_out(learn_table(rows), _straight_lines(rows), self.ids_, sees_order=self.sees_order)
        matrix = wide_matrix(layout, rows, self.hashes_ids_)
        if self.prior == "shared":
            fit = fit_shared(matrix, rows.labels, variance=self.variance, min_entries=MIN_ROWS)
            self.variances_: dict[str, float] = {}
        else:
            before = None if start is None else np.array([start.variances_.get(name, 0.0) for name in layout.names])
            blocks = layout.block_of_column()
            fit = fit_by_block(matrix, rows.labels, blocks, min_entries=MIN_ROWS, variances=before)
            self.variances_ = dict(zip(layout.names, fit.variances.tolist(), strict=False))
        used = np.flatnonzero(fit.weights)
        self.layout_, self.intercept_ = layout, fit.intercept
        self.places_, self.weights_ = used, fit.weights[used]
        self.prepare()
        return self

    def predict_proba(self, rows: Impressions) -> Floats:
        """Click probability, shape (rows,)."""
        from core.ctr.models.linear_kernels import log_odds

        odds = np.full(len(rows), self.intercept_)
        *arrays, _ = self._reader.read(rows, hashes_ids=self.hashes_ids_)
        log_odds(*arrays, self._windows, self.layout_.row_room(0), self._dense, odds)
        return from_logit(odds)

    def prepare(self) -> None:
        """What scoring reads, made once: the weights in their places, and the blocks that have any."""
        self._dense = np.zeros(self.layout_.width, np.float32)
        self._dense[self.places_] = self.weights_
        count = np.diff(np.searchsorted(self.places_, self.layout_.starts))
        self._reader = ColumnReader(self.layout_, count > 0)
        self._windows = self._reader.window_table(self._dense)

    def save(self) -> dict[str, bytes]:
        """model.json and weights.npz."""
        about = {
            "name": self.name, "sees_order": self.sees_order, "prior": self.prior, "variance": self.variance,
            "ids": self.ids_, "hashes_ids": self.hashes_ids_, "intercept": self.intercept_,
            "variances": self.variances_,
            "table": self.layout_.table.as_plain(), "line": self.layout_.line,
        }  # fmt: skip
        return {"model.json": as_json(about), "weights.npz": as_npz(places=self.places_, weights=self.weights_)}

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> Self:
        about = json.loads(files["model.json"])
        model = cls(**{key: about[key] for key in ("name", "sees_order", "prior", "variance")})
        model.ids_, model.hashes_ids_ = about["ids"], about["hashes_ids"]
        model.intercept_, model.variances_ = about["intercept"], about["variances"]
        table = TableColumns.from_plain(about["table"])
        model.layout_ = lay_out(table, about["line"], model.ids_, sees_order=model.sees_order)
        arrays = from_npz(files["weights.npz"])
        model.places_, model.weights_ = arrays["places"], arrays["weights"]
        model.prepare()
        return model


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


def _id_range(sequences: Sequences | None) -> tuple[int, bool]:
    if sequences is None or len(sequences.values) == 0:
        return 0, False
    largest = int(sequences.values.max()) + 1
    return (MOST_IDS, True) if largest > MOST_IDS else (largest, False)


def wide_matrix(
    layout: Layout, rows: Impressions, hashes_ids: bool, *, reader: ColumnReader | None = None
) -> csr_matrix:
    """The columns of the rows, shape (rows, layout.width); reader: of the blocks that are wanted, all when left out."""
    from scipy.sparse import csr_matrix

    from core.ctr.models.linear_kernels import write_entries

    *arrays, ids = (reader or ColumnReader(layout)).read(rows, hashes_ids=hashes_ids)
    events = 0 if rows.sequences is None else len(rows.sequences.values)
    # Pages that are not written to are not taken, so that the room may be generous.
    most = len(rows) * layout.row_room(0) + events
    columns, values = np.empty(most, np.int32), np.empty(most, np.float32)
    ends = np.empty(len(rows) + 1, np.int64)
    write_entries(*arrays, ids, columns, values, ends)
    columns, values = columns[: ends[-1]], values[: ends[-1]]
    return csr_matrix((values, columns, ends), shape=(len(rows), layout.width))
