"""The predictor every model must beat: always the training click rate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Self

import numpy as np

from core.ctr.data.impressions import Impressions
from core.ctr.evaluating.scores import Floats
from core.ctr.models.plain_files import as_json


class ConstantRate:
    """Fitted name: rate_, the share of clicks (0..1)."""

    name = "constant"

    def fit(self, rows: Impressions) -> Self:
        self.rate_ = float(rows.labels.mean())
        return self

    def predict_proba(self, rows: Impressions) -> Floats:
        """The rate, shape (rows,)."""
        return np.full(len(rows), self.rate_)

    def save(self) -> dict[str, bytes]:
        """model.json."""
        return {"model.json": as_json({"rate": self.rate_})}

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> Self:
        model = cls()
        model.rate_ = json.loads(files["model.json"])["rate"]
        return model
