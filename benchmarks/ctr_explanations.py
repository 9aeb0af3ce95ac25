"""Global importance with intervals against naive SHAP of an unlimited forest, and our LIME against the library's.

Ours is timed whole: fitting the forest and the stand-in trees, measuring, permuting, SHAP and every interval. The
naive way is timed on a few rows of a forest that is already fitted, and scaled to all rows.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from benchmarks.report import write_section
from core.ctr.data.impressions import Impressions, read_impressions
from core.ctr.data.splits import split_by_time
from core.ctr.evaluating.scores import logit
from core.ctr.explaining.design import Design, learn_design
from core.ctr.explaining.forest import forest_importance
from core.ctr.explaining.lime_weights import SAMPLES, TOP, Draw, learn_neighbourhood
from core.ctr.explaining.permutation import permutation_importance
from core.ctr.explaining.raw_columns import cells, predict_cells, sequence_shift
from core.ctr.explaining.shapley import shap_importance
from core.ctr.explaining.surrogate import fit_surrogate
from core.ctr.explaining.table import FeatureTable, sample_rows
from core.ctr.models.baselines import joined
from core.ctr.models.linear_models import LinearModel, order_logistic
from core.ctr.samples.impressions import SAMPLE_ROWS, make_impressions

NAIVE_ROWS, ROUNDS, INSTANCES, REFERENCE_ROWS = 20, 3, 100, 5000


@dataclass(frozen=True)
class Given:
    train: Impressions
    test: Impressions
    model: LinearModel
    design: Design
    table: FeatureTable
    test_table: FeatureTable


def prepare() -> Given:
    frame = make_impressions(rows=SAMPLE_ROWS).frame
    split, rows = split_by_time(frame), read_impressions(frame)
    train, test = joined(rows.take(split.train), rows.take(split.validation)), rows.take(split.test)
    design, table = learn_design(train)
    return Given(train, test, order_logistic().fit(train), design, table, design.table(test))


def seconds(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def ours(given: Given) -> tuple[dict[str, float], Any]:
    """SHAP importance by column, and the surrogate for the reference; everything that is timed happens here."""
    fitted, _ = sample_rows(given.train.labels, 12_000, 0)
    forest_importance(given.table.take(fitted), given.train.labels[fitted], given.test_table, given.test.labels)
    some, weights = sample_rows(given.test.labels, 3000, 0)
    permutation_importance(given.model, given.test.take(some), given.table.sources, weights=weights)
    learnt, _ = sample_rows(given.train.labels, 8000, 0)
    odds = logit(given.model.predict_proba(given.train.take(learnt)))
    unseen = logit(given.model.predict_proba(given.test))
    surrogate = fit_surrogate(given.table.take(learnt), odds, given.test_table, unseen)
    return shap_of(given, surrogate, 600), surrogate


def shap_of(given: Given, surrogate: Any, most: int) -> dict[str, float]:
    rows, weights = sample_rows(given.test.labels, most, 0)
    columns, _, _ = shap_importance(surrogate, given.test_table.take(rows), given.test.labels[rows], weights)
    return {name: one.value for name, one in columns.items()}


def naive(given: Given) -> Callable[[], Any]:
    """Exact SHAP of an unlimited forest of 100 trees, on NAIVE_ROWS rows."""
    from shap import TreeExplainer
    from sklearn.ensemble import RandomForestClassifier

    cells_of = np.nan_to_num(given.table.values, nan=-1.0)
    # A quarter of the rows for each tree: deeper trees would only make the naive way slower.
    forest = RandomForestClassifier(100, random_state=0, max_samples=0.25, n_jobs=1).fit(cells_of, given.train.labels)
    explainer = TreeExplainer(forest)
    return lambda: explainer.shap_values(cells_of[:NAIVE_ROWS])


def compare_lime(given: Given) -> dict[str, float]:
    from lime.lime_tabular import LimeTabularExplainer

    matrix, names, is_category = cells(given.train.take(np.arange(5000)))
    area = learn_neighbourhood(matrix, names, is_category)
    rows = given.test.take(np.arange(INSTANCES))
    own, odds = cells(rows)[0], logit(given.model.predict_proba(rows))
    shift, predict = sequence_shift(given.model, rows), predict_cells(given.model, rows)
    library = LimeTabularExplainer(
        area.values, mode="regression", feature_names=list(names), random_state=np.random.RandomState(1),
        categorical_features=np.flatnonzero(is_category).tolist(), feature_selection="highest_weights",
    )  # fmt: skip

    def by_library(row: int, seed: int) -> frozenset[int]:
        library.random_state.seed(seed)
        cell = np.where(np.isfinite(own[row]), own[row], area.middle)
        found = library.explain_instance(cell, predict, num_features=10, num_samples=SAMPLES).as_map()[1]
        return frozenset(place for place, _ in found[:TOP])

    drawing, draw = seconds(lambda: Draw(area, predict, seed=1))
    pairs = []
    for row in range(INSTANCES):
        spent, found = seconds(lambda row=row: draw.explain(own[row], float(odds[row]), shift=float(shift[row])))
        library_spent, expected = seconds(lambda row=row: by_library(row, 1))
        pairs.append((spent, library_spent, found.top == expected, expected))
    itself = [by_library(row, 2) == pairs[row][3] for row in range(20)]
    return {
        "drawing": drawing,
        "ours": statistics.median(one[0] for one in pairs),
        "library": statistics.median(one[1] for one in pairs),
        "same": float(np.mean([one[2] for one in pairs])),
        "itself": float(np.mean(itself)),
    }


def main() -> None:
    given = prepare()
    naive_call = naive(given)
    ours(given)  # the libraries are imported and loops compiled before anything is timed
    rounds = [(seconds(lambda: ours(given)), seconds(naive_call)) for _ in range(ROUNDS)]
    spent = statistics.median(one[0][0] for one in rounds)
    scaled = statistics.median(one[1][0] for one in rounds) * SAMPLE_ROWS / NAIVE_ROWS
    importance, surrogate = rounds[0][0][1]
    reference = shap_of(given, surrogate, REFERENCE_ROWS)
    agreement = float(spearmanr(list(importance.values()), [reference[name] for name in importance]).statistic)
    tops = [set(sorted(each, key=lambda name, each=each: -each[name])[:10]) for each in (importance, reference)]
    lime = compare_lime(given)
    body = f"""
| global importance with intervals | seconds | ratio |
| --- | --- | --- |
| SHAP of an unlimited forest (100 trees), {SAMPLE_ROWS:,} rows, scaled from {NAIVE_ROWS} | {scaled:,.0f} | 1 |
| forest, permutation and SHAP with intervals, fits included | {spent:.1f} | 1/{scaled / spent:.0f} |

Goal: at most 1/100. SHAP on 600 rows against {REFERENCE_ROWS:,} rows of the same stand-in: rank correlation
{agreement:.3f} (goal 0.95), {len(tops[0] & tops[1])} of 10 in both top tens (goal 9). The stand-in and the model: rank
correlation {surrogate.spearman:.3f}, R² {surrogate.r2:.3f}, on unseen rows.

| one LIME explanation, {SAMPLES:,} draws | milliseconds | ratio |
| --- | --- | --- |
| the library | {1000 * lime["library"]:.0f} | 1 |
| ours, the draws shared between impressions | {1000 * lime["ours"]:.1f} | 1/{lime["library"] / lime["ours"]:.0f} |
| ours, a single one with its draws | {1000 * (lime["ours"] + lime["drawing"]):.0f} | \
1/{lime["library"] / (lime["ours"] + lime["drawing"]):.1f} |

Goal: at most 1/5, with the same top five in 90 % of {INSTANCES} impressions; measured {lime["same"]:.0%} (both from the
same seed, hence the same draws). With another seed the library names the same five as itself in {lime["itself"]:.0%}.
Draws can be shared because the log-odds of a linear model are a sum; other models pay for their answers each time.
"""
    write_section("ctr_explanations", "Explanations of click models", body)


if __name__ == "__main__":
    main()
