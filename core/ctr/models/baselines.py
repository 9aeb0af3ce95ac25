"""The models that are compared, fitted under one budget, kept as plain files and loaded again by name.

Every model: fit(rows), predict_proba(rows) -> shape (rows,), save() -> files, load(files).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np

from core.ctr.data.impressions import Impressions
from core.ctr.data.sequences import Sequences
from core.ctr.evaluating.scores import Floats, score
from core.ctr.models.blend import Blend
from core.ctr.models.boosted_trees import BoostedTrees, boosted_trees, encoded_trees
from core.ctr.models.constant import ConstantRate
from core.ctr.models.linear_models import LinearModel, block_logistic, hashed_logistic, order_logistic
from core.errors import BadInput

TRIALS = 4  # settings each model may try on the validation rows


class ClickModel(Protocol):
    """What a model that is compared can do."""

    name: str

    def fit(self, rows: Impressions) -> Self: ...

    def predict_proba(self, rows: Impressions) -> Floats: ...

    def save(self) -> dict[str, bytes]: ...


@dataclass(frozen=True)
class Kind:
    """How a model is made, and the settings it may try, the most usual first. No settings: it tunes itself.

    continues: its second fit takes over what the first one tuned (`fit(rows, start=first)`).
    """

    make: Callable[..., Any]
    settings: tuple[dict[str, Any], ...]
    continues: bool = False


@dataclass(frozen=True)
class Trial:
    """One setting and its log loss on the validation rows."""

    settings: dict[str, Any]
    log_loss: float


@dataclass(frozen=True)
class Trained:
    """The model of the best trial, fitted again on training and validation rows together.

    validation: its probabilities for the validation rows while it had not seen them, shape (rows,).
    """

    model: ClickModel
    trials: tuple[Trial, ...]
    validation: Floats

    @property
    def settings(self) -> dict[str, Any]:
        return min(self.trials, key=lambda trial: trial.log_loss).settings


KINDS: dict[str, Kind] = {
    "constant": Kind(ConstantRate, ({},)),
    "hashed_logistic": Kind(hashed_logistic, tuple({"variance": one} for one in (0.01, 0.003, 0.03, 0.001))),
    "block_logistic": Kind(block_logistic, ({},), continues=True),
    "order_logistic": Kind(order_logistic, ({},), continues=True),
    "boosted_trees": Kind(
        boosted_trees,
        tuple({"leaves": leaves, "rounds": rounds} for leaves, rounds in ((15, 150), (7, 100), (7, 200), (15, 300))),
    ),
    "encoded_trees": Kind(
        encoded_trees,
        tuple({"leaves": leaves, "rounds": rounds} for leaves, rounds in ((15, 150), (7, 100), (7, 200), (15, 300))),
    ),
}
CLASSES: dict[str, Any] = {"constant": ConstantRate, "linear": LinearModel, "trees": BoostedTrees}
CLASS_OF = {"constant": "constant", "hashed_logistic": "linear", "block_logistic": "linear",
            "order_logistic": "linear", "boosted_trees": "trees", "encoded_trees": "trees"}  # fmt: skip
BLENDED = ("order_logistic", "boosted_trees")


def train(
    names: Sequence[str], training: Impressions, validation: Impressions, *, trials: int = TRIALS,
    progress: Callable[[str, float], None] = lambda name, fraction: None,
    otherwise: Mapping[str, Callable[[], Trained]] | None = None,
) -> dict[str, Trained]:  # fmt: skip
    """Every named model under the same budget of `trials`. "blend" must come after the models it blends.

    otherwise: how models that are not trained on these rows alone are. Raises BadInput for an unknown name.
    """
    found: dict[str, Trained] = {}
    both = joined(training, validation)
    for number, name in enumerate(names):
        if name == "blend":
            found[name] = _train_blend(found, validation)
        elif otherwise is not None and name in otherwise:
            found[name] = otherwise[name]()
        elif name in KINDS:
            found[name] = _train_one(KINDS[name], training, validation, both, trials)
        else:
            raise BadInput("ctr.unknown_model", name=name, known=", ".join([*KINDS, "blend"]))
        progress(name, (number + 1) / len(names))
    return found


def load_model(name: str, files: Mapping[str, bytes]) -> ClickModel:
    """The model that `save` wrote. Raises BadInput for an unknown name."""
    if name == "blend":
        parts = json.loads(files["blend.json"])["parts"]
        return Blend.load(files, dict.fromkeys(parts, load_model))
    if name == "lstm":
        from core.ctr.models.sequence_model import SequenceClassifier  # torch takes seconds to import

        return SequenceClassifier.load(files)
    if name not in CLASS_OF:
        raise BadInput("ctr.unknown_model", name=name, known=", ".join([*CLASS_OF, "blend", "lstm"]))
    model: ClickModel = CLASSES[CLASS_OF[name]].load(files)
    return model


def joined(first: Impressions, second: Impressions) -> Impressions:
    """The rows of two parts of one table, one after the other."""
    sequences = None
    if first.sequences is not None and second.sequences is not None:
        offsets = np.concatenate([first.sequences.offsets, second.sequences.offsets[1:] + first.sequences.offsets[-1]])
        sequences = Sequences(np.concatenate([first.sequences.values, second.sequences.values]), offsets)
    return replace(
        first,
        rows=len(first) + len(second),
        categories=tuple(
            replace(one, codes=np.concatenate([one.codes, other.codes]))
            for one, other in zip(first.categories, second.categories, strict=True)
        ),
        numbers=np.concatenate([first.numbers, second.numbers]),
        sequences=sequences,
        clicked=np.concatenate([first.labels, second.labels]),
    )


def _train_one(kind: Kind, training: Impressions, validation: Impressions, both: Impressions, trials: int) -> Trained:
    tried = []
    base_rate = float(training.labels.mean())
    for settings in kind.settings[:trials]:
        model = kind.make(**settings).fit(training)
        probability = model.predict_proba(validation)
        loss = score(validation.labels, probability, base_rate=base_rate)["log_loss"]
        tried.append((Trial(settings, loss), probability, model))
    best, probability, model = min(tried, key=lambda one: one[0].log_loss)
    tuned = {"start": model} if kind.continues else {}
    return Trained(kind.make(**best.settings).fit(both, **tuned), tuple(trial for trial, *_ in tried), probability)


def _train_blend(found: dict[str, Trained], validation: Impressions) -> Trained:
    missing = [name for name in BLENDED if name not in found]
    if missing:
        raise BadInput("ctr.blend_parts", names=", ".join(missing))
    parts = {name: found[name] for name in BLENDED}
    blend = Blend({name: one.model for name, one in parts.items()})
    losses = blend.choose_weights({name: one.validation for name, one in parts.items()}, validation.labels)
    probability = blend.mix({name: one.validation for name, one in parts.items()})
    return Trained(blend, tuple(Trial({"share": share}, loss) for share, loss in losses), probability)
