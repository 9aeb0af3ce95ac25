"""Scores against references, intervals, calibration and the verdict about signal."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics

from core.ctr.data.impressions import Category
from core.ctr.evaluating.bootstrap_intervals import resample
from core.ctr.evaluating.evaluation import compare, evaluate
from core.ctr.evaluating.observed_rates import at_threshold, deciles, reliability, segments
from core.ctr.evaluating.scores import Ranked, clicks_first, from_logit, prior_shifted, score
from core.intervals import wilson

RATE = 0.02


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Labels and the probabilities they were drawn from, with ties; 6,000 rows."""
    random = np.random.default_rng(0)
    probability = np.round(from_logit(random.normal(-4, 1, 6000)), 3)
    return (random.random(6000) < probability).astype(np.int8), probability


def test_when_scores_are_computed_then_they_equal_the_reference(drawn) -> None:
    labels, probability = drawn
    found = score(labels, probability, base_rate=RATE)

    assert found["auc"] == pytest.approx(metrics.roc_auc_score(labels, probability), abs=1e-12)
    assert found["average_precision"] == pytest.approx(metrics.average_precision_score(labels, probability), abs=1e-12)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(labels, probability), abs=1e-12)
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(labels, probability), abs=1e-12)
    balanced = np.where(labels == 1, 0.5 / labels.sum(), 0.5 / (1 - labels).sum())
    expected = metrics.log_loss(labels, probability, sample_weight=balanced)
    assert found["weighted_log_loss"] == pytest.approx(expected, abs=1e-9)
    assert found["challenge"] == pytest.approx(0.5 * found["average_precision"] + 0.5 / (1 + expected), abs=1e-9)


def test_when_rows_are_drawn_again_then_the_scores_equal_the_weighted_reference(drawn) -> None:
    labels, probability = drawn
    counts = np.random.default_rng(4).poisson(1.0, (2, len(labels))).astype(float)
    order = clicks_first(labels)
    found = Ranked.of(labels, probability, base_rate=RATE).scores(counts[:, order])

    for one, weights in enumerate(counts):
        auc = metrics.roc_auc_score(labels, probability, sample_weight=weights)
        precision = metrics.average_precision_score(labels, probability, sample_weight=weights)
        assert found["auc"][one] == pytest.approx(auc, abs=1e-12)
        assert found["average_precision"][one] == pytest.approx(precision, abs=1e-12)
        loss = metrics.log_loss(labels, probability, sample_weight=weights)
        assert found["log_loss"][one] == pytest.approx(loss, abs=1e-12)


def test_when_the_constant_is_scored_then_the_two_challenge_scores_are_the_known_floors() -> None:
    labels = (np.arange(10_000) < 172).astype(np.int8)
    found = score(labels, np.full(10_000, 0.0172), base_rate=0.0172)

    assert found["challenge"] == pytest.approx(0.173, abs=0.002)
    assert found["challenge_prior_shifted"] == pytest.approx(0.304, abs=0.002)


def test_when_the_prior_is_shifted_then_the_ranking_stays_and_the_base_rate_becomes_a_half() -> None:
    shifted = prior_shifted(np.array([0.01, RATE, 0.3]), RATE)

    assert shifted[1] == pytest.approx(0.5)
    assert (np.diff(shifted) > 0).all()


def test_when_probabilities_are_0_or_1_then_the_scores_stay_finite() -> None:
    found = score(np.array([0, 1, 1, 0], np.int8), np.array([0.0, 1.0, 0.0, 1.0]), base_rate=0.5)

    assert all(np.isfinite(value) for value in found.values())


def test_when_intervals_are_drawn_then_they_hold_the_value_and_repeat_with_the_seed(drawn) -> None:
    labels, probability = drawn
    draws = [resample(labels, {"one": probability}, base_rate=RATE, replicates=150, seed=seed) for seed in (1, 1, 2)]
    auc = [one.interval("one", "auc") for one in draws]

    assert auc[0] == auc[1] != auc[2]
    assert auc[0].low < auc[0].value < auc[0].high


def test_when_the_auc_interval_is_drawn_then_its_width_agrees_with_theory(drawn) -> None:
    labels, probability = drawn
    interval = resample(labels, {"one": probability}, base_rate=RATE, replicates=400).interval("one", "auc")
    # DeLong, DeLong and Clarke-Pearson, 1988: how each row is placed among the rows of the other class.
    hits, misses = probability[labels == 1][:, None], probability[labels == 0][None, :]
    placed = (hits > misses) + 0.5 * (hits == misses)
    variance = placed.mean(axis=1).var(ddof=1) / len(placed) + placed.mean(axis=0).var(ddof=1) / placed.shape[1]

    assert interval.high - interval.low == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=0.15)


def test_when_two_models_are_compared_then_the_pairing_makes_the_difference_narrow(drawn) -> None:
    labels, probability = drawn
    close = from_logit(np.log(probability + 1e-4) + np.random.default_rng(3).normal(0, 0.05, len(labels)))
    resampled = resample(labels, {"one": probability, "two": close}, base_rate=RATE, replicates=200)
    difference = compare(resampled, "one", "two")["auc"]
    alone = resampled.interval("one", "auc")

    assert difference.high - difference.low < 0.3 * (alone.high - alone.low)


def test_when_there_is_signal_then_the_verdict_says_so(drawn) -> None:
    labels, probability = drawn
    found = evaluate("one", labels, probability, base_rate=float(labels.mean()), replicates=100)

    assert found.verdict == "signal"
    assert found.gain.low > 0


def test_when_scores_are_chance_then_there_is_no_usable_signal(drawn) -> None:
    labels, probability = drawn
    shuffled = np.random.default_rng(5).permutation(probability)

    assert evaluate("one", labels, shuffled, base_rate=RATE, replicates=100).verdict == "no_usable_signal"


def test_when_the_model_is_the_constant_then_there_is_no_usable_signal(drawn) -> None:
    labels, _ = drawn

    found = evaluate("one", labels, np.full(len(labels), RATE), base_rate=RATE, replicates=50)

    assert found.gain.low <= 0 <= found.gain.high
    assert found.verdict == "no_usable_signal"


def test_when_the_truth_is_known_then_the_share_of_the_best_is_stated(drawn) -> None:
    labels, truth = drawn
    own = evaluate("one", labels, truth, base_rate=RATE, truth=truth, replicates=20).best_share
    half = evaluate("two", labels, np.sqrt(truth * RATE), base_rate=RATE, truth=truth, replicates=20).best_share

    assert (own.average_precision, own.auc, own.log_loss) == (1.0, 1.0, 1.0)
    assert half.auc == 1.0
    assert 0.5 < half.log_loss < 1.0


def test_when_the_truth_is_unknown_then_no_share_is_invented(drawn) -> None:
    labels, probability = drawn

    assert evaluate("one", labels, probability, base_rate=RATE, replicates=20).best_share is None


def test_when_an_evaluation_is_stored_then_it_is_plain_json(drawn) -> None:
    labels, probability = drawn
    category = Category("hour", (np.arange(len(labels)) % 3 - 1).astype(np.int32), ("1", "2"))
    found = evaluate("one", labels, probability, base_rate=RATE, by=(category,), replicates=20)

    plain = json.loads(json.dumps(found.as_dict(), allow_nan=False))

    assert plain["scores"]["auc"]["low"] < plain["scores"]["auc"]["value"]
    assert {segment["level"] for segment in plain["segments"]} == {"1", "2", None}


def test_when_predictions_are_true_then_reliability_and_segments_agree_with_them(drawn) -> None:
    labels, probability = drawn
    bins = reliability(labels, probability)
    category = Category("device", (np.arange(len(labels)) % 2).astype(np.int32), ("phone", "tablet"))
    told = segments(labels, probability, category)

    assert sum(one.rows for one in bins) == len(labels)
    assert sum(one.observed_low <= one.predicted <= one.observed_high for one in bins) >= len(bins) - 1
    assert all(one.is_calibrated for one in told)
    assert not any(one.is_calibrated for one in segments(labels, np.minimum(3 * probability, 1), category))


def test_when_rows_are_in_deciles_then_gain_ends_at_one_and_lift_falls_from_the_top(drawn) -> None:
    found = deciles(*drawn)

    assert [one.decile for one in found] == list(range(1, 11))
    assert found[-1].gain == 1.0
    assert found[0].lift > 2.5
    assert found[-1].lift < 1


def test_when_a_cut_is_judged_then_each_figure_stands_beside_its_base(drawn) -> None:
    labels, probability = drawn
    found = at_threshold(labels, probability, 0.05)
    flagged = probability >= 0.05

    assert found.accuracy == pytest.approx(metrics.accuracy_score(labels, flagged))
    assert found.precision == pytest.approx(metrics.precision_score(labels, flagged))
    assert found.recall == pytest.approx(metrics.recall_score(labels, flagged))
    assert found.f1 == pytest.approx(metrics.f1_score(labels, flagged))
    assert found.base["accuracy"] == pytest.approx(1 - labels.mean())
    assert found.base["precision"] == pytest.approx(labels.mean())
    assert found.base["recall"] == pytest.approx(flagged.mean())


def test_when_nothing_reaches_the_cut_then_precision_is_unknown_and_not_zero(drawn) -> None:
    found = at_threshold(*drawn, 1.1)

    assert found.precision is None
    assert found.base["precision"] is None
    assert found.recall == 0.0


def test_when_a_rate_is_zero_then_its_interval_still_has_width() -> None:
    low, high = wilson(0, 50)

    assert low == 0.0
    assert high == pytest.approx(0.0713, abs=0.001)
