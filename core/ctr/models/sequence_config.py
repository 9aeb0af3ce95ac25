"""The knobs of the sequence network, checked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from core.ctr.data.sequences import MAX_EVENTS
from core.errors import BadInput

LIMITS: dict[str, tuple[float, float]] = {
    "lstm_hidden": (1, 1024),
    "embedding": (1, 1024),
    "dropout": (0.0, 0.99),
    "batch_size": (2, 1_048_576),  # batch normalisation needs two rows
    "learning_rate": (1e-7, 1.0),
    "epochs": (1, 1000),
    "patience": (1, 1000),
    "max_events": (1, 1_000_000),
    "others_per_click": (1, 1_000_000),
    "seed": (0, 2**31 - 1),
}
MOST_LAYERS, WIDEST = 6, 4096  # of the table branch


@dataclass(frozen=True)
class SequenceConfig:
    """Defaults are those of the document. Raises BadInput for a value outside LIMITS.

    patience: epochs without a lower validation log loss before training stops.
    max_events: most recent ids a row keeps. downsampling: keep `others_per_click` rows without a click for each
    click, drawn anew every epoch; probabilities are corrected by the log of the share that was kept.
    """

    lstm_hidden: int = 64
    embedding: int = 32  # numbers per id
    mlp_hidden: tuple[int, ...] = (256, 128)
    dropout: float = 0.2
    batch_size: int = 4096  # rows
    learning_rate: float = 1e-3
    epochs: int = 10
    patience: int = 3
    max_events: int = MAX_EVENTS
    downsampling: bool = False
    others_per_click: int = 10
    seed: int = 42

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise BadInput("ctr.setting_range", setting=name, value=value, low=low, high=high)
        parse_widths(self.mlp_hidden)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """From a form or a file: other keys are ignored, mlp_hidden may be "256,128" or a list."""
        kinds = {one.name: type(getattr(cls, one.name)) for one in fields(cls)}
        found = {name: _read(name, values[name], kind) for name, kind in kinds.items() if values.get(name) is not None}
        return cls(**found)

    def share_kept(self, clicks: int, others: int) -> float:
        """Share of the rows without a click an epoch sees; its logarithm is what log-odds must be corrected by."""
        return min(1.0, self.others_per_click * clicks / others) if self.downsampling else 1.0

    def as_plain(self) -> dict[str, Any]:
        return asdict(self) | {"mlp_hidden": list(self.mlp_hidden)}


def _read(name: str, value: Any, kind: type) -> Any:
    try:
        if name == "mlp_hidden":
            return parse_widths(value)
        if kind is bool:
            return value if isinstance(value, bool) else str(value).strip().lower() in ("1", "true", "yes", "on")
        if kind is int and float(value) != int(float(value)):
            raise BadInput("ctr.setting_kind", setting=name, value=str(value))
        return kind(value)
    except (TypeError, ValueError) as error:
        raise BadInput("ctr.setting_kind", setting=name, value=str(value)) from error


def parse_widths(text: str | Sequence[int]) -> tuple[int, ...]:
    """Widths of hidden layers from "256,128" or a list. Raises BadInput for anything but positive whole numbers."""
    try:
        widths = tuple(int(part) for part in (text.split(",") if isinstance(text, str) else text))
    except (TypeError, ValueError) as error:
        raise BadInput("ctr.bad_widths", value=str(text)) from error
    if not 0 < len(widths) <= MOST_LAYERS or not all(0 < width <= WIDEST for width in widths):
        raise BadInput("ctr.bad_widths", value=str(text))
    return widths
