"""Why one impression got its probability: contributions of its columns that add up to the model's log-odds.

Linear models explain themselves exactly. Others are explained by their surrogate, which is said, and what the
surrogate does not reproduce is kept apart as the remainder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.ctr.data.impressions import MISSING, Impressions
from core.ctr.data.schema import SEQUENCE
from core.ctr.evaluating.scores import logit
from core.ctr.explaining.additive import is_additive, take_apart
from core.ctr.explaining.design import Design, learn_design
from core.ctr.explaining.surrogate import Surrogate, fit_surrogate
from core.ctr.explaining.table import Feature, Floats, by_source, sample_rows

SURROGATE_ROWS, UNSEEN_ROWS = 8000, 4000
SHOWN_IDS = 5
SEED = 0  # the same explainer for every visitor


@dataclass(frozen=True)
class Contribution:
    """What one column adds to the log-odds, against the average impression. value: its cell as text, or None."""

    name: str
    value: str | None
    contribution: float


@dataclass(frozen=True)
class LocalExplanation:
    """log_odds = base + all contributions + remainder. base: log-odds of the average impression.

    method: "linear" (exact, remainder 0 but for rounding) or "surrogate". contributions: largest first.
    """

    probability: float
    log_odds: float
    base: float
    contributions: tuple[Contribution, ...]
    remainder: float
    method: str


@dataclass(frozen=True)
class LocalExplainer:
    """A model with what its explanations are measured against. centre: mean contributions of a linear model."""

    model: Any
    centre: dict[Feature, float] | None
    base: float
    design: Design | None
    surrogate: Surrogate | None

    @property
    def method(self) -> str:
        return "linear" if self.surrogate is None else "surrogate"


def make_explainer(model: Any, train: Impressions, unseen: Impressions) -> LocalExplainer:
    """train: labelled rows for the surrogate's table; unseen: labelled rows for the average and the likeness."""
    places, weights = sample_rows(unseen.labels, UNSEEN_ROWS, SEED)
    if is_additive(model):
        return linear_explainer(model, unseen.take(places), weights)
    design, table = learn_design(train)
    fitted, _ = sample_rows(train.labels, SURROGATE_ROWS, SEED)
    odds = logit(model.predict_proba(train.take(fitted)))
    other = unseen.take(places)
    surrogate = fit_surrogate(
        table.take(fitted), odds, design.table(other), logit(model.predict_proba(other)), seed=SEED
    )
    return surrogate_explainer(model, design, surrogate)


def linear_explainer(model: Any, background: Impressions, weights: Floats) -> LocalExplainer:
    """For a model that `is_additive`; weights: what each background row stands for."""
    apart = take_apart(model, background)
    centre = np.average(apart.values, axis=0, weights=weights)
    named = dict(zip(apart.features, centre.tolist(), strict=True))
    return LocalExplainer(model, named, apart.intercept + float(centre.sum()), None, None)


def surrogate_explainer(model: Any, design: Design, surrogate: Surrogate) -> LocalExplainer:
    """For any other model."""
    return LocalExplainer(model, None, surrogate.base, design, surrogate)


def explain_rows(explainer: LocalExplainer, rows: Impressions) -> tuple[LocalExplanation, ...]:
    """One explanation per row; the parts of a sequence are added up."""
    probability = explainer.model.predict_proba(rows)
    odds = logit(probability)
    if explainer.centre is not None:
        apart = take_apart(explainer.model, rows)
        features = apart.features
        values = apart.values - np.array([explainer.centre.get(one, 0.0) for one in features])
    else:
        assert explainer.design is not None and explainer.surrogate is not None
        features = explainer.design.features
        values = explainer.surrogate.contributions(explainer.design.table(rows))
    names = tuple(dict.fromkeys(one.source for one in features))
    grouped = by_source(features, values)
    remainders = odds - explainer.base - grouped.sum(axis=1)
    return tuple(
        LocalExplanation(
            float(probability[row]), float(odds[row]), explainer.base,
            _ranked(rows, row, names, grouped[row]), float(remainders[row]), explainer.method,
        )
        for row in range(len(rows))
    )  # fmt: skip


def cell_text(rows: Impressions, row: int, name: str) -> str | None:
    """The cell as text; of a sequence the last ids and how many there are."""
    if name == SEQUENCE and rows.sequences is not None:
        start, end = rows.sequences.offsets[row : row + 2]
        if start == end:
            return None
        last = ",".join(str(one) for one in rows.sequences.values[max(start, end - SHOWN_IDS) : end])
        return last if end - start <= SHOWN_IDS else f"…,{last} ({end - start})"
    if name in rows.number_names:
        value = float(rows.numbers[row, rows.number_names.index(name)])
        return f"{value:.6g}" if np.isfinite(value) else None
    for one in rows.categories:
        if one.name == name:
            return None if one.codes[row] == MISSING else one.levels[one.codes[row]]
    return None


def _ranked(rows: Impressions, row: int, names: tuple[str, ...], values: Floats) -> tuple[Contribution, ...]:
    order = np.argsort(-np.abs(values), kind="stable")
    return tuple(Contribution(names[one], cell_text(rows, row, names[one]), float(values[one])) for one in order)
