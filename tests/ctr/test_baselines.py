"""The models that are compared: what each can see, that files bring them back, and that one leak is shown as one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from core.ctr.data.impressions import Impressions, read_impressions
from core.ctr.data.sequences import Sequences
from core.ctr.data.splits import split_by_time, split_stratified
from core.ctr.evaluating.evaluation import evaluate
from core.ctr.evaluating.scores import score
from core.ctr.models.baselines import KINDS, load_model, train
from core.ctr.models.block_ridge import fit_by_block, fit_shared
from core.ctr.models.boosted_trees import BoostedTrees, encoded_trees
from core.ctr.models.linear_models import block_logistic, hashed_logistic, order_logistic
from core.ctr.models.preconditioned import minimise
from core.ctr.models.target_encoding import encode_training, fit_encoding
from core.ctr.samples.impressions import make_impressions
from core.errors import BadInput
from tests.ctr.conftest import Parts, parts_of

NAMES = ("constant", "hashed_logistic", "order_logistic", "boosted_trees", "encoded_trees", "blend")
FEW_ROUNDS = {"rounds": 25}


@pytest.fixture(scope="module")
def trained(small_parts: Parts):
    """All models on 6,000 rows, one setting each, few trees."""
    few = {name: replace(KINDS[name], settings=(FEW_ROUNDS,)) for name in ("boosted_trees", "encoded_trees")}
    with pytest.MonkeyPatch.context() as patch:
        for name, kind in few.items():
            patch.setitem(KINDS, name, kind)
        return train(NAMES, small_parts.train, small_parts.validation, trials=1)


@pytest.fixture(scope="module")
def ordered() -> Parts:
    """Clicks that hang on the order of ids alone."""
    return parts_of(make_impressions(rows=16_000, seed=8, effects=("recent_pair", "return_after_gap")))


def auc(model, rows: Impressions) -> float:
    return score(rows.labels, model.predict_proba(rows), base_rate=0.02)["auc"]


@pytest.mark.parametrize("name", NAMES)
def test_when_a_model_is_saved_and_loaded_then_it_predicts_the_same(trained, small_parts, name: str) -> None:
    model = trained[name].model
    files = model.save()

    assert all(file.endswith((".json", ".npz")) for file in files)
    assert load_model(name, files).name == model.name
    np.testing.assert_array_equal(
        load_model(name, files).predict_proba(small_parts.test), model.predict_proba(small_parts.test)
    )


@pytest.mark.parametrize("name", NAMES)
def test_when_a_model_predicts_then_one_probability_per_row_near_the_click_rate(
    trained, small_parts, name: str
) -> None:
    probability = trained[name].model.predict_proba(small_parts.test)

    assert probability.shape == (len(small_parts.test),)
    assert ((probability > 0) & (probability < 1)).all()
    assert 0.5 < probability.mean() / 0.019 < 2


@pytest.mark.parametrize("name", ["order_logistic", "encoded_trees"])
def test_when_rows_are_scored_one_by_one_then_they_score_as_in_the_table(trained, small_parts, name: str) -> None:
    model = trained[name].model
    every = model.predict_proba(small_parts.test.take(np.arange(5)))
    alone = [model.predict_proba(small_parts.test.take(np.array([row])))[0] for row in range(5)]

    np.testing.assert_allclose(alone, every, rtol=1e-12)


def test_when_many_rows_are_scored_then_the_parts_give_what_the_whole_gives(trained, small_parts, monkeypatch) -> None:
    for one in trained.values():
        whole = one.model.predict_proba(small_parts.test)
        monkeypatch.setattr("core.ctr.data.impressions.ROWS_AT_ONCE", 500)
        np.testing.assert_array_equal(one.model.predict_proba(small_parts.test), whole)
        monkeypatch.undo()


def test_when_values_were_never_seen_then_rows_are_still_scored(trained, small) -> None:
    strange = small.frame.head(3).with_columns(inventory_id=pl.lit("999"), seq=pl.lit("70000,593"))

    for one in trained.values():
        assert np.isfinite(one.model.predict_proba(read_impressions(strange))).all()


def test_when_columns_are_absent_at_scoring_then_rows_are_still_scored(trained, small) -> None:
    fewer = small.frame.head(3).drop("seq", "gender", "history_b_2", "l_feat_14", "clicked")

    for one in trained.values():
        assert np.isfinite(one.model.predict_proba(read_impressions(fewer))).all()


def test_when_training_is_repeated_then_the_probabilities_are_the_same(small_parts) -> None:
    for make in (order_logistic, lambda: encoded_trees(rounds=10)):
        first, second = (make().fit(small_parts.train).predict_proba(small_parts.test) for _ in range(2))
        np.testing.assert_array_equal(first, second)


def test_when_trees_are_exported_then_they_predict_as_scikit_learn_does(small_parts, monkeypatch) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    kept = []
    fit = HistGradientBoostingClassifier.fit
    monkeypatch.setattr(
        HistGradientBoostingClassifier, "fit", lambda self, x, y: kept.append((self, x)) or fit(self, x, y)
    )
    model = BoostedTrees(rounds=60, leaves=31, ridge=0.0).fit(small_parts.train)
    (reference, _), test = kept[0], model._matrix(small_parts.test, None)
    test[:50, 0] = np.nan  # missing categories and numbers take their own way
    test[50:90, 30] = np.nan

    assert len(model.trees_.bitsets) > 0
    np.testing.assert_allclose(model.trees_.log_odds(test), reference.decision_function(test), rtol=0, atol=1e-12)


def test_when_order_carries_the_signal_then_only_the_model_that_sees_order_finds_it(ordered) -> None:
    blind, seeing = (make().fit(ordered.train) for make in (block_logistic, order_logistic))

    assert auc(seeing, ordered.test) > 0.60
    assert auc(blind, ordered.test) < 0.56
    # The same ids in another order: what it knew is gone.
    assert auc(seeing, _shuffled(ordered.test)) < auc(seeing, ordered.test) - 0.06


def test_when_clicks_are_chance_then_no_model_claims_a_signal() -> None:
    chance = parts_of(make_impressions(rows=6000, seed=9, effects=()))

    for make in (order_logistic, lambda: BoostedTrees(rounds=40)):
        probability = make().fit(chance.train).predict_proba(chance.test)
        found = evaluate("one", chance.test.labels, probability, base_rate=chance.train.labels.mean(), replicates=100)
        assert found.verdict == "no_usable_signal"


def test_when_a_category_is_encoded_in_sample_then_the_leak_spoils_the_test() -> None:
    # Many rare values and a weak effect: in-sample rates then mostly repeat each row's own click.
    parts = parts_of(make_impressions(rows=12_000, seed=7))

    scores = {
        folds: auc(BoostedTrees(rounds=40, encoding_folds=folds).fit(parts.train), parts.test) for folds in (1, 5)
    }

    assert scores[5] > scores[1] + 0.03


def test_when_rates_are_encoded_out_of_fold_then_no_row_sees_its_own_click() -> None:
    codes, labels = {"ad": np.arange(100)}, (np.arange(100) % 2).astype(np.int8)

    out = encode_training(codes, {"ad": 100}, labels, folds=5)[:, 0]
    own = encode_training(codes, {"ad": 100}, labels, folds=1)[:, 0]

    assert np.corrcoef(own, labels)[0, 1] == pytest.approx(1)
    assert np.corrcoef(out, labels)[0, 1] < 0.1


def test_when_a_value_is_unknown_then_its_rate_is_the_mean() -> None:
    encoding = fit_encoding({"ad": np.array([0, 0, 1])}, {"ad": 2}, np.array([1, 0, 0], np.int8))

    assert encoding.encode({"ad": np.array([-1])})[0, 0] == pytest.approx(1 / 3)


def test_when_one_penalty_is_used_then_the_fit_is_scikit_learn_s() -> None:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(0)
    columns = random.normal(size=(800, 12)).astype(np.float32)
    labels = (random.random(800) < 0.3).astype(np.int8)
    reference = LogisticRegression(C=0.5, tol=1e-8, max_iter=500).fit(columns, labels)

    found = fit_shared(csr_matrix(columns), labels, variance=0.5)

    np.testing.assert_allclose(found.weights, reference.coef_[0], atol=2e-3)
    assert found.intercept == pytest.approx(reference.intercept_[0], abs=2e-3)


def test_when_a_block_tells_nothing_then_its_weights_shrink_and_the_telling_block_keeps_its_own() -> None:
    from scipy.sparse import csr_matrix

    random = np.random.default_rng(1)
    columns = random.normal(size=(4000, 30)).astype(np.float32)
    odds = columns[:, :5] @ np.array([1, -1, 0.8, 0.6, -0.7], np.float32) - 2
    labels = (random.random(4000) < 1 / (1 + np.exp(-odds))).astype(np.int8)

    found = fit_by_block(csr_matrix(columns), labels, np.repeat([0, 1], [5, 25]))

    assert found.variances[0] > 0.3
    assert found.variances[1] < 0.01
    np.testing.assert_allclose(found.weights[:5], [1, -1, 0.8, 0.6, -0.7], atol=0.2)
    assert np.abs(found.weights[5:]).max() < 0.1


def test_when_a_fit_takes_over_the_penalties_of_an_earlier_one_then_it_finds_much_the_same_model(small_parts) -> None:
    first = order_logistic().fit(small_parts.train)
    again = order_logistic().fit(small_parts.train, start=first).predict_proba(small_parts.test)

    afresh, base = first.predict_proba(small_parts.test), small_parts.train.labels.mean()
    losses = [score(small_parts.test.labels, one, base_rate=base)["log_loss"] for one in (again, afresh)]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    assert np.corrcoef(np.log(again), np.log(afresh))[0, 1] > 0.9


def test_when_a_block_is_dead_in_the_earlier_fit_then_it_stays_out(small_parts) -> None:
    first = order_logistic().fit(small_parts.train)
    dead = {name for name, variance in first.variances_.items() if variance == 0}

    again = order_logistic().fit(small_parts.train, start=first)

    assert dead
    assert all(again.variances_[name] == 0 for name in dead)


def test_when_the_curvatures_differ_a_million_times_then_few_scaled_steps_reach_the_least_point() -> None:
    curvature = np.logspace(-3, 3, 30)

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        away = point - 1
        return float(0.5 * (curvature * away**2).sum() + (away**4).sum()), curvature * away + 4 * away**3

    found = minimise(loss, np.zeros(30), 1 / np.sqrt(curvature + 12), steps=30, close=1e-12)

    np.testing.assert_allclose(found, 1, atol=0.1)


def test_when_settings_are_tried_then_the_budget_binds_and_the_best_is_taken(small_parts) -> None:
    (found,) = train(["hashed_logistic"], small_parts.train, small_parts.validation, trials=3).values()

    assert len(found.trials) == 3
    assert found.settings == min(found.trials, key=lambda trial: trial.log_loss).settings


def test_when_models_are_blended_then_the_share_with_the_least_loss_is_taken(trained) -> None:
    trials = trained["blend"].trials

    assert len(trials) == 11
    assert min(trial.log_loss for trial in trials) <= min(trials[0].log_loss, trials[-1].log_loss)


@pytest.mark.parametrize(("names", "key"), [(["perceptron"], "ctr.unknown_model"), (["blend"], "ctr.blend_parts")])
def test_when_a_model_cannot_be_made_then_it_is_said(small_parts, names: list[str], key: str) -> None:
    with pytest.raises(BadInput) as refused:
        train(names, small_parts.train, small_parts.validation)
    assert refused.value.key == key


def test_when_a_model_of_another_name_is_loaded_then_it_is_refused() -> None:
    with pytest.raises(BadInput):
        load_model("perceptron", {})


def test_when_real_census_rows_come_then_trees_reach_the_known_quality(adult) -> None:
    rows = read_impressions(adult, target="income", positive=">50K")
    split = split_stratified(adult, target="income", seed=0)

    model = BoostedTrees(rounds=150).fit(rows.take(split.train))

    assert auc(model, rows.take(split.test)) >= 0.925


def test_when_real_impressions_hold_194_clicks_then_no_usable_signal_is_the_verdict(open_bandit) -> None:
    rows = read_impressions(open_bandit, target="click")
    split = split_by_time(open_bandit, target="click", order_by=("timestamp",))
    test = rows.take(split.test)

    probability = hashed_logistic(0.003).fit(rows.take(split.train)).predict_proba(test)
    found = evaluate(
        "hashed_logistic", test.labels, probability, base_rate=rows.labels[split.train].mean(), replicates=200
    )

    assert found.verdict == "no_usable_signal"


def _shuffled(rows: Impressions) -> Impressions:
    """The same ids in each row, in another order."""
    sequences = rows.sequences
    assert sequences is not None
    keys = np.random.default_rng(0).random(len(sequences.values))
    order = np.lexsort([keys, sequences.row_of_event()])
    return replace(rows, sequences=Sequences(sequences.values[order], sequences.offsets))
