"""One explanation of a trained model: every method on bounded rows, what they agree on, and some rows explained.

The document is plain values, ready for explanation.json; what could not be computed is null with a reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.ctr.data.impressions import Impressions
from core.ctr.data.schema import AGE_GROUP, DAY_OF_WEEK, HOUR
from core.ctr.evaluating.scores import logit
from core.ctr.explaining.additive import Additive, is_additive, take_apart
from core.ctr.explaining.agreement import compare_methods
from core.ctr.explaining.correlation import correlate
from core.ctr.explaining.design import learn_design
from core.ctr.explaining.forest import forest_importance
from core.ctr.explaining.integrated_gradients import explain_network
from core.ctr.explaining.lime_section import explain_by_lime
from core.ctr.explaining.local import explain_rows, linear_explainer, surrogate_explainer
from core.ctr.explaining.permutation import REPEATS, permutation_importance
from core.ctr.explaining.sections import (
    ColumnFigures,
    correlation_section,
    drawn_section,
    network_section,
    notes_of,
    surrogate_section,
)
from core.ctr.explaining.shapley import contribution_importance, shap_importance
from core.ctr.explaining.shuffling import affordable_rows
from core.ctr.explaining.surrogate import fit_surrogate
from core.ctr.explaining.table import Floats, Places, sample_rows
from core.ctr.explaining.welch import welch_tests
from core.intervals import Interval

ORDERED = (AGE_GROUP, DAY_OF_WEEK, HOUR)  # categories whose codes rise with their meaning
MEASURED_ROWS = 12_000  # held-out rows that forest and surrogate are measured on
Progress = Callable[..., None]  # (step, fraction)


@dataclass(frozen=True)
class ExplainSettings:
    """How many rows each method sees, and how often what is drawn is drawn again."""

    seed: int = 0
    forest_rows: int = 12_000
    forest_trees: int = 100
    permutation_rows: int = 3000
    repeats: int = REPEATS
    surrogate_rows: int = 8000
    shap_rows: int = 600
    network_rows: int = 64
    lime_rows: int = 3
    lime_repeats: int = 5
    local_rows: int = 6


def explain(
    model: Any, train: Impressions, held_out: Impressions, *, settings: ExplainSettings | None = None,
    network: Any | None = None, run_id: str = "", explains: str = "",
    progress: Progress = lambda step, fraction: None,
) -> dict[str, Any]:  # fmt: skip
    """train: labelled rows the model was fitted to; held_out: labelled rows it has not seen.

    network: the run's sequence network, if it trained one. Same rows, model and seed give the same document.
    """
    chosen = settings or ExplainSettings()
    seed = chosen.seed
    progress("table", 0.02)
    design, table = learn_design(train)
    places, weights = sample_rows(held_out.labels, MEASURED_ROWS, seed)
    unseen = held_out.take(places)
    unseen_table = design.table(unseen)
    fitted, _ = sample_rows(train.labels, chosen.forest_rows, seed)
    progress("forest", 0.08)
    forest = forest_importance(
        table.take(fitted), train.labels[fitted], unseen_table, unseen.labels, trees=chosen.forest_trees, seed=seed
    )
    progress("permutation", 0.35)
    some, stands_for = sample_rows(unseen.labels, affordable_rows(model, chosen.permutation_rows), seed)
    permutation = permutation_importance(
        model, unseen.take(some), table.sources, weights=stands_for * weights[some], repeats=chosen.repeats, seed=seed
    )
    progress("shap", 0.55)
    learnt, _ = sample_rows(train.labels, chosen.surrogate_rows, seed)
    odds = logit(model.predict_proba(train.take(learnt)))
    unseen_odds = logit(model.predict_proba(unseen))
    surrogate = fit_surrogate(table.take(learnt), odds, unseen_table, unseen_odds, seed=seed)
    rows, share = sample_rows(unseen.labels, chosen.shap_rows, seed)
    share = share * weights[rows]
    shap, shap_parts, values = shap_importance(
        surrogate, unseen_table.take(rows), unseen.labels[rows], share, seed=seed
    )
    apart, centre = None, np.empty(0)
    if is_additive(model):
        apart = take_apart(model, unseen.take(rows))
        centre = np.average(apart.values, axis=0, weights=share)
    progress("network", 0.7)
    told = None
    if network is not None:
        few, stand = sample_rows(unseen.labels, chosen.network_rows, seed)
        told = explain_network(network, unseen.take(few), unseen, stand * weights[few], seed=seed)
    progress("tests", 0.8)
    tests = welch_tests(table, train.labels, design.levels)
    correlation = correlate(table, ordered=ORDERED)
    contribution = _own_contributions(apart, centre, unseen, rows, share, seed)
    columns = ColumnFigures(table, forest, permutation, shap, shap_parts, contribution, tests)
    agreement = compare_methods(
        columns.methods(told), clusters=[one.features for one in correlation.clusters], certain=columns.certain(told)
    )
    progress("local", 0.85)
    explainer = (
        linear_explainer(model, unseen.take(rows), share)
        if apart is not None
        else surrogate_explainer(model, design, surrogate)
    )
    picked = pick_rows(unseen_odds, unseen.labels, chosen.local_rows)
    local = [
        {"row": int(places[row]), "clicked": int(unseen.labels[row]), "picked": why, **asdict(one)}
        for (row, why), one in zip(picked, explain_rows(explainer, unseen.take(_rows_of(picked))), strict=True)
    ]
    progress("lime", 0.9)
    around = unseen.take(_rows_of(picked[: chosen.lime_rows]))
    lime = explain_by_lime(model, train.take(fitted), around, repeats=chosen.lime_repeats, seed=seed)
    for one, (row, _) in zip(lime["instances"], picked, strict=False):
        one["row"] = int(places[row])
    return {
        "run_id": run_id,
        "explains": explains,
        "model": model.name,
        "rows": {"train": len(train), "held_out": len(held_out), "clicks_held_out": int(held_out.labels.sum())},
        "seed": seed,
        "settings": asdict(chosen),
        "features": columns.entries(),
        "sequence_parts": columns.parts(),
        "forest": {"trees": forest.trees, "rows": forest.rows, "clicks": forest.clicks},
        "surrogate": surrogate_section(surrogate, len(rows), apart is not None),
        "network": None if told is None else network_section(told),
        "network_reason": "ctr.no_network" if told is None else None,
        "correlation": correlation_section(correlation),
        "agreement": {**asdict(agreement), "methods": list(columns.methods(told))},
        "contributions": drawn_section(table, values, unseen_table.take(rows)),
        "local": local,
        "lime": lime,
        "notes": notes_of(surrogate, apart is not None, tests, agreement, correlation),
    }


def pick_rows(odds: Floats, labels: np.ndarray[Any, Any], count: int) -> list[tuple[int, str]]:
    """Rows worth a look, with why: most and least likely, the middle, and clicks and non-clicks that surprise."""
    order = np.argsort(odds, kind="stable")
    clicks = [int(row) for row in order if labels[row] == 1]
    others = [int(row) for row in order if labels[row] != 1]
    wanted = [(int(order[-1]), "highest"), (int(order[len(order) // 2]), "middle"), (int(order[0]), "lowest")]
    wanted += [(clicks[-1], "click_expected"), (clicks[0], "click_surprising")] if clicks else []
    wanted += [(others[-1], "no_click_surprising")] if others else []
    found: dict[int, str] = {}
    for row, why in wanted:
        found.setdefault(row, why)
    return list(found.items())[:count]


def _own_contributions(
    apart: Additive | None, centre: Floats, unseen: Impressions, rows: Places, share: Floats, seed: int
) -> dict[str, Interval] | None:
    if apart is None:
        return None
    return contribution_importance(apart, centre, unseen.labels[rows], share, seed=seed)[0]


def _rows_of(picked: list[tuple[int, str]]) -> Places:
    return np.array([row for row, _ in picked], np.intp)
