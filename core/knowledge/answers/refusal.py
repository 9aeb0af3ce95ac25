"""Decides whether the documents hold the answer, by a small logistic model that was fitted on an evaluation set."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from core.intervals import Interval
from core.knowledge.answers.evidence import FEW, Legs, Scored, evidence, legs_of
from core.knowledge.answers.questions import Question, Rarity
from core.messages import Language

State = Literal["answered", "partly", "not_in_documents", "blocked"]
Among = Literal["many", "few", "tiny"]
TINY = 2  # passages found: nothing, or a single other one, to measure the best against
SHIPPED = Path(__file__).with_name("refusal_sample.json")


@dataclass(frozen=True)
class Weighing:
    """One logistic model, for one language, the legs that answered, and many or few passages.

    bar: a lower probability is a refusal. sure: a lower one, over the bar, is "partly".
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    bar: float
    sure: float

    def probability(self, figures: Mapping[str, float]) -> float:
        """That the documents hold the answer, 0 to 1, where as many questions have one as have none."""
        total = self.intercept
        for name, mean, scale, weight in zip(self.names, self.means, self.scales, self.weights, strict=True):
            total += weight * (figures[name] - mean) / scale
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@dataclass(frozen=True)
class Measured:
    """What one weighing reached on articles that it was not fitted on; brier: mean squared error of the probability."""

    answered: Interval
    refused: Interval
    auc: float
    brier: float
    questions: int
    articles: int


@dataclass(frozen=True)
class RefusalModel:
    """evaluation_set: what the probabilities are calibrated on. weighings, measured: by `weighing_key`."""

    evaluation_set: str
    weighings: Mapping[str, Weighing]
    measured: Mapping[str, Measured]


@dataclass(frozen=True)
class Verdict:
    """confidence: calibrated probability that the documents hold the answer; bar: what it was held against."""

    state: State
    confidence: float
    bar: float
    evaluation_set: str
    figures: Mapping[str, float]


def judge(question: Question, found: Sequence[Scored], rarity: Rarity, model: RefusalModel) -> Verdict:
    """Whether the passages found, best first, hold the answer. Nothing found is a refusal with confidence 0.

    A question that retrieval could not be asked is the caller's: no leg at all is Unavailable, not a refusal.
    """
    if not found:
        return Verdict("not_in_documents", 0.0, 0.0, model.evaluation_set, {})
    figures = evidence(question, found, rarity)
    weighing = model.weighings[weighing_key(question.language, legs_of(found), among=among(len(found)))]
    probability = weighing.probability(figures)
    state: State = "answered" if probability >= weighing.sure else "partly"
    if probability < weighing.bar:
        state = "not_in_documents"
    return Verdict(state, probability, weighing.bar, model.evaluation_set, figures)


def weighing_key(language: Language, legs: Legs, *, among: Among) -> str:
    """A collection of a few passages is weighed apart, and one of a passage or two once more."""
    return f"{language}/{legs}" if among == "many" else f"{language}/{legs}/{among}"


def among(found: int) -> Among:
    """How many passages the best were measured against."""
    return "tiny" if found <= TINY else "few" if found < FEW else "many"


def save_model(model: RefusalModel, path: Path) -> None:
    """Plain JSON, readable and comparable between versions."""
    path.write_text(json.dumps(asdict(model), ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


def load_model(path: Path) -> RefusalModel:
    """Raises KeyError or TypeError for a file of another form."""
    read = json.loads(path.read_text("utf-8"))
    return RefusalModel(
        read["evaluation_set"],
        {key: _weighing(one) for key, one in read["weighings"].items()},
        {key: _measured(one) for key, one in read["measured"].items()},
    )


def _weighing(read: dict[str, Any]) -> Weighing:
    values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in read.items()}
    return Weighing(**values)


def _measured(read: dict[str, Any]) -> Measured:
    values: dict[str, Any] = {name: Interval(**one) if isinstance(one, dict) else one for name, one in read.items()}
    return Measured(**values)


@cache
def shipped_model() -> RefusalModel:
    """The one fitted on the sample set, until there is one of one's own."""
    return load_model(SHIPPED)
