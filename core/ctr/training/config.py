"""What a training is asked to do, in one checked value: the parameters of the notebook `ctr_train`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from core.ctr.data.schema import TARGET
from core.ctr.economics import Prices
from core.ctr.models.sequence_config import parse_widths
from core.errors import BadInput

LSTM = "lstm"
DEFAULT_MODELS = ("order_logistic", "boosted_trees", LSTM)


@dataclass(frozen=True)
class TrainingConfig:
    """Shares are of all rows; prices of 0 mean "not stated"; positive "" means that the target is 0 and 1.

    order_by: columns that tell the time, coarsest first; empty means that the rows stand in the order of time.
    max_rows: most rows in memory at once; 0 means as many as WORKBENCH_TABLE_MEMORY_MB allows.
    """

    dataset_id: str = ""
    target: str = TARGET
    positive: str = ""
    experiment_name: str = ""
    split: str = "time"
    order_by: tuple[str, ...] = ()
    validation_split: float = 0.16
    test_split: float = 0.20
    models: tuple[str, ...] = DEFAULT_MODELS
    trials: int = 2
    lstm_hidden: int = 64
    mlp_hidden: tuple[int, ...] = (256, 128)
    dropout: float = 0.2
    batch_size: int = 4096
    learning_rate: float = 0.001
    epochs: int = 10
    patience: int = 3
    downsampling: bool = False
    max_events: int = 400
    max_rows: int = 0
    seed: int = 42
    value_per_click: float = 0.0
    cost_per_impression: float = 0.0
    budget: float = 0.0

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> TrainingConfig:
        """Of the notebook's parameters, lists written as "256,128". Raises BadInput for what cannot be trained."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in parameters.items() if name in known}
        for name in ("models", "order_by"):
            if name in values:
                values[name] = _words(values[name])
        if "mlp_hidden" in values:
            values["mlp_hidden"] = parse_widths(values["mlp_hidden"])
        config = cls(**values)
        config.check()
        return config

    def check(self) -> None:
        """Raises BadInput for an unknown model and for parts that leave too few rows to learn from."""
        from core.ctr.models.baselines import KINDS

        known = (*KINDS, "blend", LSTM)
        for name in self.models:
            if name not in known:
                raise BadInput("ctr.unknown_model", name=name, known=", ".join(known))
        if not self.models:
            raise BadInput("ctr.unknown_model", name="", known=", ".join(known))
        if self.validation_split + self.test_split > 0.8:
            raise BadInput("ctr.parts_too_large", validation=self.validation_split, test=self.test_split)

    @property
    def compared(self) -> tuple[str, ...]:
        """The candidates but the sequence model, in the order in which they can be trained."""
        names = [name for name in dict.fromkeys(self.models) if name not in (LSTM, "blend")]
        return (*names, "blend") if "blend" in self.models else tuple(names)

    @property
    def prices(self) -> Prices:
        """What a click is worth and an impression costs, None where not stated."""
        return Prices(self.value_per_click or None, self.cost_per_impression or None, self.budget or None)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def _words(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    parts = text.split(",") if isinstance(text, str) else text
    return tuple(part.strip() for part in parts if part.strip())
