"""The sequence network as a model that is compared: fitted, scored and kept like the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Self

from core.ctr.data.impressions import Impressions
from core.ctr.evaluating.scores import Floats, from_logit
from core.ctr.models.plain_files import as_json, as_npz, from_npz
from core.ctr.models.sequence_columns import InputColumns
from core.ctr.models.sequence_config import SequenceConfig
from core.ctr.models.sequence_epochs import Fitted, fit_epochs
from core.ctr.models.sequence_gradients import odds_of
from core.ctr.models.sequence_network import TabularSeqModel, put_weights, weights_of

NAME = "lstm"


class SequenceClassifier:
    """The network as a model that is compared. shift: log-odds added, for non-clicks left out in training."""

    name = NAME
    columns_: InputColumns
    network_: TabularSeqModel
    shift_: float

    def __init__(self, config: SequenceConfig | None = None) -> None:
        self.config = config or SequenceConfig()

    def fit(self, rows: Impressions) -> Self:
        """Train for `config.epochs` epochs; without validation rows nothing can stop it earlier."""
        fit = fit_epochs(rows, None, config=self.config)
        self.columns_, self.network_, self.shift_ = fit.columns, fit.network, fit.shift
        return self

    @classmethod
    def of(cls, fit: Fitted) -> Self:
        """A classifier that is already fitted."""
        model = cls(fit.config)
        model.columns_, model.network_, model.shift_ = fit.columns, fit.network, fit.shift
        return model

    def predict_proba(self, rows: Impressions) -> Floats:
        """Click probability, shape (rows,)."""
        return from_logit(odds_of(self.network_, self.columns_, rows) + self.shift_)

    def save(self) -> dict[str, bytes]:
        """model.json and weights.npz."""
        about = {
            "name": NAME, "config": self.config.as_plain(), "columns": self.columns_.as_plain(), "shift": self.shift_,
        }  # fmt: skip
        return {"model.json": as_json(about), "weights.npz": as_npz(**weights_of(self.network_))}

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> Self:
        about = json.loads(files["model.json"])
        model = cls(SequenceConfig.read(about["config"]))
        model.columns_, model.shift_ = InputColumns.from_plain(about["columns"]), about["shift"]
        model.network_ = TabularSeqModel(model.columns_.width, model.columns_.places, model.config)
        put_weights(model.network_, from_npz(files["weights.npz"]))
        return model
