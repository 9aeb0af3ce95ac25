"""Planted signal is found, chance is not, and every interval brackets its value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from core.ctr.data.impressions import Impressions, read_impressions
from core.ctr.evaluating.scores import logit
from core.ctr.explaining.additive import take_apart
from core.ctr.explaining.design import Design, learn_design
from core.ctr.explaining.forest import ForestImportance, forest_importance
from core.ctr.explaining.importance_intervals import intervals
from core.ctr.explaining.permutation import permutation_importance
from core.ctr.explaining.shapley import shap_importance
from core.ctr.explaining.shuffling import shuffled_odds, with_shuffled
from core.ctr.explaining.surrogate import fit_surrogate
from core.ctr.explaining.table import Feature, FeatureTable, by_source, sample_rows
from core.ctr.models.baselines import joined
from core.ctr.models.blend import Blend
from core.ctr.models.boosted_trees import BoostedTrees
from core.ctr.models.linear_models import LinearModel, hashed_logistic
from core.ctr.samples.guide import NOISE_COLUMNS
from core.ctr.samples.impressions import make_impressions
from tests.ctr.conftest import Parts, parts_of


@dataclass(frozen=True)
class Fitted:
    """Two models of the small sample's training and validation rows, and the feature tables."""

    train: Impressions
    test: Impressions
    linear: LinearModel
    trees: BoostedTrees
    design: Design
    train_table: FeatureTable
    test_table: FeatureTable


@pytest.fixture(scope="module")
def fitted(small_parts: Parts) -> Fitted:
    train = joined(small_parts.train, small_parts.validation)
    design, table = learn_design(train)
    linear = hashed_logistic().fit(train)
    trees = BoostedTrees(rounds=30, leaves=7, encoding_folds=5).fit(train)
    return Fitted(train, small_parts.test, linear, trees, design, table, design.table(small_parts.test))


@pytest.fixture(scope="module")
def inventory_only() -> Parts:
    return parts_of(make_impressions(rows=12_000, seed=5, effects=("inventory",)))


@pytest.fixture(scope="module")
def inventory_forest(inventory_only: Parts) -> tuple[tuple[str, ...], ForestImportance]:
    design, table = learn_design(inventory_only.train)
    held_out = joined(inventory_only.validation, inventory_only.test)
    found = forest_importance(
        table, inventory_only.train.labels, design.table(held_out), held_out.labels, trees=20, depth=5
    )
    return table.sources, found


def test_when_one_column_decides_clicks_then_the_forest_ranks_it_first(
    inventory_forest: tuple[tuple[str, ...], ForestImportance],
) -> None:
    sources, forest = inventory_forest

    best = max(range(len(sources)), key=lambda place: forest.columns[place].value)

    assert sources[best] == "inventory_id"
    assert forest.columns[best].low > 0


def test_when_columns_are_chance_then_the_forest_finds_no_more_of_them_than_expected(
    inventory_forest: tuple[tuple[str, ...], ForestImportance],
) -> None:
    sources, forest = inventory_forest

    surely = [name for name, one in zip(sources, forest.columns, strict=True) if one.low > 0 and name in NOISE_COLUMNS]

    assert len(surely) <= 2


def test_when_a_column_is_constant_then_the_forest_gives_it_exactly_nothing(
    inventory_forest: tuple[tuple[str, ...], ForestImportance],
) -> None:
    sources, forest = inventory_forest

    constant = forest.columns[sources.index("l_feat_20")]

    assert (constant.value, constant.low, constant.high) == (0.0, 0.0, 0.0)


def test_when_draws_lie_beside_the_value_then_the_interval_still_holds_it() -> None:
    (found,) = intervals(np.array([1.0]), np.linspace(2, 3, 50)[:, None])

    assert found.low <= found.value <= found.high


def test_when_every_forest_interval_is_read_then_it_brackets_its_value(
    inventory_forest: tuple[tuple[str, ...], ForestImportance],
) -> None:
    _, forest = inventory_forest

    assert all(one.low <= one.value <= one.high for one in (*forest.columns, *forest.parts))


def test_when_a_linear_model_is_taken_apart_then_the_parts_add_up_to_its_log_odds(fitted: Fitted) -> None:
    apart = take_apart(fitted.linear, fitted.test)

    np.testing.assert_allclose(apart.log_odds, logit(fitted.linear.predict_proba(fitted.test)), atol=1e-5)


@pytest.mark.parametrize("column", ["inventory_id", "seq", "l_feat_4", "history_a_1"])
@pytest.mark.parametrize("which", ["linear", "trees", "blend"])
def test_when_a_column_is_shuffled_then_the_short_way_equals_scoring_again(
    fitted: Fitted, column: str, which: str
) -> None:
    parts = {"linear": fitted.linear, "trees": fitted.trees}
    model = Blend(parts) if which == "blend" else parts[which]
    rows = fitted.test.take(np.arange(300))
    order = np.random.default_rng(1).permutation(300)

    _, shuffled = shuffled_odds(model, rows)

    again = logit(model.predict_proba(with_shuffled(rows, column, order)))
    np.testing.assert_allclose(shuffled(column, order[None, :])[0], again, atol=1e-5)


def test_when_one_column_decides_clicks_then_shuffling_it_costs_most(inventory_only: Parts) -> None:
    held_out = joined(inventory_only.validation, inventory_only.test)
    model = hashed_logistic().fit(inventory_only.train)
    columns = (*(one.name for one in held_out.categories), *held_out.number_names, "seq")

    found = permutation_importance(model, held_out, columns, weights=np.ones(len(held_out)), repeats=3)

    by_name = dict(zip(columns, found, strict=True))
    assert max(by_name, key=lambda name: by_name[name].value) == "inventory_id"
    assert all(one.low <= one.value <= one.high for one in found)


def test_when_the_surrogate_is_read_by_shap_then_contributions_add_up_and_its_likeness_is_stated(
    fitted: Fitted,
) -> None:
    odds, unseen = (logit(fitted.linear.predict_proba(rows)) for rows in (fitted.train, fitted.test))
    surrogate = fit_surrogate(fitted.train_table, odds, fitted.test_table, unseen)
    rows, weights = sample_rows(fitted.test.labels, 100, 0)

    columns, _, values = shap_importance(surrogate, fitted.test_table.take(rows), fitted.test.labels[rows], weights)

    total = values.sum(axis=1) + surrogate.base
    np.testing.assert_allclose(total, surrogate.log_odds(fitted.test_table.take(rows)), atol=1e-6)
    assert surrogate.spearman > 0.7
    assert surrogate.r2 > 0.5
    assert all(one.low <= one.value <= one.high for one in columns.values())


def test_when_rows_are_labelled_then_their_id_rates_do_not_contain_their_own_click() -> None:
    sample = make_impressions(rows=3000, seed=2, effects=())
    rows = read_impressions(sample.frame)

    design, honest = learn_design(rows)

    place = [one.name for one in honest.features].index("seq.last_id_rate")
    leaking = design.table(rows).values[:, place]
    gap = {
        name: np.nanmean(values[rows.labels == 1]) - np.nanmean(values[rows.labels == 0])
        for name, values in (("honest", honest.values[:, place]), ("leaking", leaking))
    }
    assert gap["leaking"] > 0.3
    assert gap["honest"] < 0.1


def test_when_features_share_a_source_then_their_values_are_added_up() -> None:
    features = (Feature("a", "a", "number"), Feature("seq.x", "seq", "sequence"), Feature("seq.y", "seq", "sequence"))

    grouped = by_source(features, np.array([[1.0, 2.0, 3.0]]))

    assert grouped.tolist() == [[1.0, 5.0]]


def test_when_rows_are_sampled_then_clicks_stay_and_weights_stand_for_all() -> None:
    labels = np.zeros(1000, np.int8)
    labels[:20] = 1

    rows, weights = sample_rows(labels, 100, 0)

    assert labels[rows].sum() == 20
    assert weights.sum() == pytest.approx(1000)
    assert weights[labels[rows] == 1] == pytest.approx(1.0)
