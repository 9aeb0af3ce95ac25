"""Tests, correlations and agreement: what they name, and what they refuse to say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.ctr.data.impressions import read_impressions
from core.ctr.explaining.agreement import compare_methods
from core.ctr.explaining.correlation import correlate
from core.ctr.explaining.design import learn_design
from core.ctr.explaining.table import Feature, FeatureTable
from core.ctr.explaining.welch import Untested, WelchTest, welch_tests
from core.ctr.samples.guide import COLLINEAR_COLUMNS, COPIES, NOISE_COLUMNS
from core.ctr.samples.impressions import make_impressions
from tests.ctr.conftest import Parts


@pytest.fixture(scope="module")
def table(small_parts: Parts) -> FeatureTable:
    return learn_design(small_parts.train)[1]


def one_column(values: np.ndarray) -> FeatureTable:
    return FeatureTable((Feature("x", "x", "number"),), values[:, None].astype(np.float64))


def test_when_a_number_is_tested_then_t_and_p_are_those_of_scipy() -> None:
    random = np.random.default_rng(0)
    values, labels = random.normal(size=400), (random.random(400) < 0.2).astype(np.int8)
    values[:30] = np.nan

    found = welch_tests(one_column(values), labels, {})["x"]

    known = np.isfinite(values)
    expected = stats.ttest_ind(values[known & (labels == 1)], values[known & (labels == 0)], equal_var=False)
    assert isinstance(found, WelchTest)
    assert found.t == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.effect_low <= found.effect <= found.effect_high


def test_when_a_column_is_constant_then_there_is_no_test_but_a_reason() -> None:
    labels = np.array([0, 1] * 50, np.int8)

    assert welch_tests(one_column(np.full(100, 3.0)), labels, {})["x"] == Untested("ctr.welch_constant")


def test_when_clicks_are_chance_then_false_discoveries_are_rare() -> None:
    rows = read_impressions(make_impressions(rows=8000, seed=4, effects=()).frame)
    design, table = learn_design(rows)

    found = welch_tests(table, rows.labels, design.levels)

    # 117 columns at a false-discovery rate of 5 %: under pure chance mostly none, never many.
    assert sum(isinstance(one, WelchTest) and one.q < 0.05 for one in found.values()) <= 1


def test_when_an_effect_is_planted_then_its_column_is_discovered_and_noise_is_not() -> None:
    rows = read_impressions(make_impressions(rows=12_000, seed=4, effects=("inventory", "age_gender")).frame)
    design, table = learn_design(rows)

    found = welch_tests(table, rows.labels, design.levels)

    inventory = found["inventory_id"]
    assert isinstance(inventory, WelchTest)
    assert inventory.q < 0.05
    assert inventory.tested.startswith("inventory_id=")
    noise = [found[name] for name in NOISE_COLUMNS]
    assert sum(isinstance(one, WelchTest) and one.q < 0.05 for one in noise) <= 1


def test_when_a_constant_column_is_there_then_the_matrix_is_finite_symmetric_with_ones_on_the_diagonal(
    table: FeatureTable,
) -> None:
    found = correlate(table)

    place = found.features.index("l_feat_20")
    assert np.isfinite(found.matrix).all()
    assert (found.matrix == found.matrix.T).all()
    assert (np.diag(found.matrix) == 1).all()
    assert np.delete(found.matrix[place], place).tolist() == [0.0] * (len(found.features) - 1)


def test_when_columns_are_collinear_then_they_form_one_cluster(table: FeatureTable) -> None:
    largest = correlate(table).clusters[0]

    assert set(largest.features) == set(COLLINEAR_COLUMNS)
    assert largest.lowest >= 0.9


def test_when_a_column_is_a_copy_then_both_are_named_together(table: FeatureTable) -> None:
    clusters = [set(one.features) for one in correlate(table).clusters]

    assert all({copy, source} in clusters for copy, source in COPIES.items())


def test_when_one_method_puts_a_column_on_top_and_another_far_below_then_it_is_named() -> None:
    names = [f"c{number}" for number in range(60)]
    falling = {name: 60.0 - place for place, name in enumerate(names)}
    other = {**falling, "c0": 0.0}

    found = compare_methods({"forest": falling, "welch": other}, clusters=[("c5", "c6")])

    (only,) = found.disagreements
    assert (only.feature, only.high, only.low) == ("c0", "forest", "welch")
    assert only.high_rank == 1
    assert only.low_rank == 60
    assert only.reason == "ctr.disagree_alone"
    assert found.pairs[0].overlap == 9


def test_when_the_disagreed_column_says_the_same_as_others_then_that_is_the_reason() -> None:
    names = [f"c{number}" for number in range(60)]
    falling = {name: 60.0 - place for place, name in enumerate(names)}

    found = compare_methods({"forest": falling, "shap": {**falling, "c0": 0.0}}, clusters=[("c0", "c1")])

    assert found.disagreements[0].reason == "ctr.disagree_cluster"


def test_when_a_method_is_not_sure_of_a_column_then_it_is_no_disagreement() -> None:
    names = [f"c{number}" for number in range(60)]
    falling = {name: 60.0 - place for place, name in enumerate(names)}

    found = compare_methods(
        {"forest": falling, "shap": {**falling, "c0": 0.0}}, certain={"forest": set(), "shap": set()}
    )

    assert found.disagreements == ()


def test_when_methods_agree_then_ranks_correlate_fully_and_nothing_is_named() -> None:
    falling = {f"c{number}": 60.0 - number for number in range(60)}

    found = compare_methods({"forest": falling, "shap": dict(falling)})

    assert found.pairs[0].rank_correlation == pytest.approx(1.0)
    assert found.pairs[0].overlap == 10
    assert found.disagreements == ()


def test_when_there_are_few_columns_then_a_step_or_two_is_no_disagreement() -> None:
    names = [f"c{number}" for number in range(14)]
    falling = {name: 14.0 - place for place, name in enumerate(names)}

    found = compare_methods({"forest": falling, "welch": {**falling, "c0": 0.0}})

    assert found.disagreements == ()
