"""A weighted mean of two models' log-odds, the weight chosen on validation rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions
from core.ctr.evaluating.scores import Floats, from_logit, logit, score
from core.ctr.models.plain_files import as_json, with_prefix, without_prefix

SHARES = tuple(round(0.1 * step, 1) for step in range(11))  # of the first model


class Blend:
    """parts: two fitted models by name. shares_: weight of each, adding up to 1."""

    name = "blend"

    def __init__(self, parts: dict[str, Any]) -> None:
        self.parts = parts
        self.shares_ = dict.fromkeys(parts, 1 / len(parts))

    def fit(self, rows: Impressions) -> Self:
        """Fit the parts again; the shares stay."""
        for part in self.parts.values():
            part.fit(rows)
        return self

    def choose_weights(self, probabilities: dict[str, Floats], labels: NDArray[np.int8]) -> list[tuple[float, float]]:
        """Take the share with the least log loss; returns (share of the first part, log loss) for all tried."""
        first, second = self.parts
        tried = []
        for share in SHARES:
            self.shares_ = {first: share, second: round(1 - share, 1)}
            loss = score(labels, self.mix(probabilities), base_rate=float(labels.mean()))["log_loss"]
            tried.append((share, loss))
        best = min(tried, key=lambda one: one[1])[0]
        self.shares_ = {first: best, second: round(1 - best, 1)}
        return tried

    def mix(self, probabilities: dict[str, Floats]) -> Floats:
        """Probabilities of the parts, shape (rows,) each, to those of the blend."""
        odds: Floats = np.sum([share * logit(probabilities[name]) for name, share in self.shares_.items()], axis=0)
        return from_logit(odds)

    def predict_proba(self, rows: Impressions) -> Floats:
        """Click probability, shape (rows,)."""
        return self.mix({name: part.predict_proba(rows) for name, part in self.parts.items()})

    def save(self) -> dict[str, bytes]:
        """blend.json and the files of the parts, prefixed with their names."""
        about = {"parts": list(self.parts), "shares": self.shares_}
        files = {"blend.json": as_json(about)}
        for name, part in self.parts.items():
            files |= with_prefix(name, part.save())
        return files

    @classmethod
    def load(cls, files: Mapping[str, bytes], loaders: Mapping[str, Callable[..., Any]]) -> Self:
        """loaders: name of a part -> function of (name, files)."""
        about = json.loads(files["blend.json"])
        blend = cls({name: loaders[name](name, without_prefix(name, files)) for name in about["parts"]})
        blend.shares_ = about["shares"]
        return blend
