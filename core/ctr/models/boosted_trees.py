"""scikit-learn's HistGradientBoosting over categories and numbers, with or without encoded click rates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions, in_parts
from core.ctr.data.schema import SEQUENCE
from core.ctr.evaluating.scores import Floats, from_logit
from core.ctr.models.linear_columns import TableColumns, learn_table, table_codes
from core.ctr.models.plain_files import as_json, as_npz, from_npz
from core.ctr.models.target_encoding import FOLDS, RateEncoding, encode_training, fit_encoding
from core.ctr.models.tree_files import Trees, export_trees

MOST_LEVELS = 255  # categories with more levels are used through their encoded rate only


class BoostedTrees:
    """encoding_folds: 0 for none, 5 for out-of-fold click rates of every category, 1 for the in-sample leak.

    The sequence is not seen but for the last id and the length. Fitted names end in _.
    """

    def __init__(
        self, *, name: str = "boosted_trees", rounds: int = 150, rate: float = 0.06, leaves: int = 15,
        ridge: float = 10.0, encoding_folds: int = 0, seed: int = 0,
    ) -> None:  # fmt: skip
        self.name, self.rounds, self.rate, self.leaves = name, rounds, rate, leaves
        self.ridge, self.encoding_folds, self.seed = ridge, encoding_folds, seed

    def fit(self, rows: Impressions) -> Self:
        """Learn from labelled rows; the same seed gives the same trees."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        self.table_ = learn_table(rows)
        self.number_names_, self.has_sequences_ = rows.number_names, rows.sequences is not None
        codes, sizes = table_codes(rows, self.table_)
        self.encoding_ = None
        encoded = None
        if self.encoding_folds:
            encoded = encode_training(codes, sizes, rows.labels, folds=self.encoding_folds, seed=self.seed)
            self.encoding_ = fit_encoding(codes, sizes, rows.labels)
        matrix = self._matrix(rows, encoded)
        model = HistGradientBoostingClassifier(
            learning_rate=self.rate, max_iter=self.rounds, max_leaf_nodes=self.leaves, l2_regularization=self.ridge,
            categorical_features=list(range(len(self._levels()))), early_stopping=False, random_state=self.seed,
        )  # fmt: skip
        self.trees_ = export_trees(model.fit(matrix, rows.labels))
        return self

    def predict_proba(self, rows: Impressions) -> Floats:
        """Click probability, shape (rows,)."""
        return from_logit(np.concatenate([self._odds(part) for part in in_parts(rows)]))

    def _odds(self, rows: Impressions) -> Floats:
        return self.trees_.log_odds(self.matrix_of(rows))

    def matrix_of(self, rows: Impressions) -> NDArray[np.float64]:
        """What the trees read of rows that are scored, shape (rows, columns); `sources` tells where it comes from."""
        encoded = None
        if self.encoding_ is not None:
            encoded = self.encoding_.encode(table_codes(rows, self.table_)[0])
        return self._matrix(rows, encoded)

    @property
    def sources(self) -> tuple[str, ...]:
        """The column of the impressions behind each column of the matrix; one may stand in several places."""
        sequence = (SEQUENCE, SEQUENCE) if self.has_sequences_ else ()
        rates = () if self.encoding_ is None else tuple(self.encoding_.rates)
        return (*self._levels(), *self.number_names_, *sequence, *rates)

    def save(self) -> dict[str, bytes]:
        """model.json, trees.npz and, with encoding, rates.npz."""
        about = {
            "name": self.name, "rounds": self.rounds, "rate": self.rate, "leaves": self.leaves, "ridge": self.ridge,
            "encoding_folds": self.encoding_folds, "seed": self.seed, "table": self.table_.as_plain(),
            "number_names": list(self.number_names_), "has_sequences": self.has_sequences_,
            "mean_rate": self.encoding_.mean if self.encoding_ else None,
        }  # fmt: skip
        files = {"model.json": as_json(about), "trees.npz": as_npz(**self.trees_.arrays())}
        if self.encoding_ is not None:
            files["rates.npz"] = as_npz(**self.encoding_.rates)
        return files

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> Self:
        about = json.loads(files["model.json"])
        wanted = ("name", "rounds", "rate", "leaves", "ridge", "encoding_folds", "seed")
        model = cls(**{key: about[key] for key in wanted})
        model.table_ = TableColumns.from_plain(about["table"])
        model.number_names_, model.has_sequences_ = tuple(about["number_names"]), about["has_sequences"]
        model.trees_ = Trees.from_arrays(from_npz(files["trees.npz"]))
        model.encoding_ = None
        if about["mean_rate"] is not None:
            model.encoding_ = RateEncoding(about["mean_rate"], from_npz(files["rates.npz"]))
        return model

    def _levels(self) -> list[str]:
        return [name for name, levels in self.table_.levels.items() if len(levels) <= MOST_LEVELS]

    def _matrix(self, rows: Impressions, encoded: Floats | None) -> NDArray[np.float64]:
        """Categories first (codes), then numbers, the last id and the length, then encoded rates; NaN is missing."""
        codes, _ = table_codes(rows, self.table_)
        place = {name: number for number, name in enumerate(rows.number_names)}
        empty = np.full(len(rows), np.nan)
        found = [np.where(codes[name] >= 0, codes[name], np.nan) for name in self._levels()]
        found += [rows.numbers[:, place[name]] if name in place else empty for name in self.number_names_]
        if self.has_sequences_:
            last = empty if rows.sequences is None else rows.sequences.recent(1)[:, 0].astype(np.float64)
            found += [last, empty if rows.sequences is None else rows.sequences.lengths.astype(np.float64)]
        if encoded is not None:
            found += list(encoded.T)
        return np.column_stack(found).astype(np.float64)


def boosted_trees(leaves: int = 15, rounds: int = 150) -> BoostedTrees:
    """No encoded rates."""
    return BoostedTrees(leaves=leaves, rounds=rounds)


def encoded_trees(leaves: int = 15, rounds: int = 150) -> BoostedTrees:
    """With out-of-fold click rates of every category."""
    return BoostedTrees(name="encoded_trees", leaves=leaves, rounds=rounds, encoding_folds=FOLDS)
