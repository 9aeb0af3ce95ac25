"""One training: candidates under one budget, the champion chosen without the test rows, honest about no signal."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import polars as pl
import pytest

from core.ctr.data.datasets import count_impressions
from core.ctr.data.impressions import read_impressions
from core.ctr.models.baselines import Trained, Trial
from core.ctr.models.constant import ConstantRate
from core.ctr.models.sequence_config import parse_widths
from core.ctr.reporting.report_document import correlation_with_clicks, examples, report_document
from core.ctr.runs import NOTEBOOK
from core.ctr.samples.impressions import SampleImpressions, make_impressions
from core.ctr.training import rows as training_data
from core.ctr.training.choosing import choose, choose_threshold
from core.ctr.training.config import TrainingConfig
from core.ctr.training.rows import TrainingData
from core.ctr.training.train import Training, _network_trials, train_candidates
from core.datasets.uploads import uploaded_from_frame
from core.errors import BadInput, Conflict, NotFound
from core.jobs.notebooks.catalogue import describe
from core.security.policy import LOCAL_ANALYST

FAST = TrainingConfig(models=("hashed_logistic", "boosted_trees"), trials=1)


def data_from(sample: SampleImpressions, config: TrainingConfig = FAST) -> TrainingData:
    return training_data._split(config, "impressions.csv", "0" * 64, sample.frame, sample.probability, None, {})


@pytest.fixture(scope="module")
def trained(small: SampleImpressions) -> Training:
    config = replace(FAST, value_per_click=0.5, cost_per_impression=0.01)
    return train_candidates(config, data_from(small, config))


@pytest.fixture(scope="module")
def document(trained: Training) -> dict:
    return json.loads(json.dumps(report_document(trained, run_id="a-run"), allow_nan=False))


def outcome(probability: np.ndarray) -> Trained:
    return Trained(ConstantRate(), (Trial({}, 0.1),), probability)


def labels_and_scores() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    truth = random.beta(0.4, 8, 6000)
    labels = (random.random(6000) < truth).astype(np.int8)
    return labels, truth, np.full(6000, labels.mean())


def test_when_the_sequence_model_wins_outside_the_interval_then_it_becomes_champion() -> None:
    labels, truth, constant = labels_and_scores()

    choice = choose({"hashed_logistic": outcome(constant), "lstm": outcome(truth)}, labels)

    assert (choice.name, choice.why) == ("lstm", "ctr.sequence_wins")


def test_when_the_sequence_model_is_only_as_good_then_the_other_stays() -> None:
    labels, truth, _ = labels_and_scores()

    choice = choose({"hashed_logistic": outcome(truth), "lstm": outcome(np.minimum(truth * 1.001, 0.99))}, labels)

    assert (choice.name, choice.why) == ("hashed_logistic", "ctr.sequence_does_not_win")


def test_when_there_is_no_sequence_model_then_the_lowest_validation_loss_decides() -> None:
    labels, truth, constant = labels_and_scores()

    choice = choose({"constant": outcome(constant), "boosted_trees": outcome(truth)}, labels)

    assert (choice.name, choice.why) == ("boosted_trees", "ctr.lowest_loss")


def test_when_prices_are_stated_then_the_cut_is_where_an_impression_pays_for_itself() -> None:
    labels, truth, _ = labels_and_scores()

    config = replace(FAST, value_per_click=2.0, cost_per_impression=0.1)

    assert choose_threshold(truth, labels, config, test_rows=6000) == (0.05, "ctr.cut_by_money")


def test_when_a_budget_ends_before_the_break_even_then_the_budget_is_the_cut() -> None:
    labels, truth, _ = labels_and_scores()

    config = replace(FAST, value_per_click=2.0, cost_per_impression=0.1, budget=10.0)

    cut, basis = choose_threshold(truth, labels, config, test_rows=3000)

    assert basis == "ctr.cut_by_budget"
    assert (truth >= cut).sum() == 200  # twice as many rows, twice the budget


def test_when_the_budget_pays_for_all_that_is_worth_it_then_the_break_even_stays_the_cut() -> None:
    labels, truth, _ = labels_and_scores()

    config = replace(FAST, value_per_click=2.0, cost_per_impression=0.1, budget=1e6)

    assert choose_threshold(truth, labels, config, test_rows=6000) == (0.05, "ctr.cut_by_money")


def test_when_no_prices_are_stated_then_no_cut_has_a_better_f1() -> None:
    labels, truth, _ = labels_and_scores()

    cut, basis = choose_threshold(truth, labels, FAST, test_rows=6000)

    def f1(at: float) -> float:
        flagged = truth >= at
        return 2 * int(labels[flagged].sum()) / (int(flagged.sum()) + int(labels.sum()))

    assert basis == "ctr.cut_by_f1"
    assert f1(cut) >= max(f1(at) for at in np.linspace(0.01, 0.6, 60))


def test_when_a_training_ends_then_its_document_tells_every_candidate_on_the_same_test_rows(
    trained: Training, document: dict
) -> None:
    rows = {one["evaluation"]["rows"] for one in document["models"]}

    assert [one["name"] for one in document["models"]] == ["hashed_logistic", "boosted_trees"]
    assert rows == {document["split"]["rows"]["test"]}
    assert sum(one["chosen"] for one in document["models"]) == 1
    assert document["evaluation"]["at_threshold"]["threshold"] == pytest.approx(0.02)
    other = next(one for one in document["models"] if not one["chosen"])
    gap = other["versus_chosen"]["average_precision"]
    chosen = trained.chosen.evaluation.scores["average_precision"].value
    assert gap["value"] == pytest.approx(other["evaluation"]["scores"]["average_precision"]["value"] - chosen)
    assert gap["low"] <= gap["value"] <= gap["high"]


def test_when_the_data_is_synthetic_then_the_document_says_so_and_knows_the_best_possible(document: dict) -> None:
    assert document["data"]["synthetic"] is True
    assert 0 < document["evaluation"]["best_share"]["average_precision"] < 1


def test_when_cells_hold_no_number_then_the_document_counts_them_as_the_upload_did(trained: Training) -> None:
    frame = trained.data.frame.with_columns(feat_a_1=pl.lit(float("nan"), pl.Float32))

    told = report_document(replace(trained, data=replace(trained.data, frame=frame)), run_id="a-run")["data"]

    counts = count_impressions(frame)
    assert counts.missing_share > count_impressions(trained.data.frame).missing_share
    assert (told["missing_share"], told["duplicate_rows"]) == (counts.missing_share, counts.duplicate_rows)
    assert (told["clicks"], told["click_rate"]) == (counts.clicked, counts.click_rate)


def test_when_prices_are_stated_then_the_document_holds_the_profit_of_the_test_rows(document: dict) -> None:
    money = document["economics"]

    assert money["profit"] == pytest.approx(money["revenue"] - money["cost"])
    assert money["unavailable"] == {}


def test_when_no_prices_are_stated_then_money_is_missing_with_a_reason(small: SampleImpressions) -> None:
    config = TrainingConfig(models=("constant",), trials=1)

    result = train_candidates(config, data_from(small, config))

    assert result.economics.profit is None
    assert result.economics.unavailable["profit"] == "ctr.no_prices"


def test_when_clicks_are_pure_chance_then_a_blocking_finding_says_that_there_is_no_signal() -> None:
    noise = make_impressions(rows=6000, seed=5, effects=())
    config = TrainingConfig(models=("hashed_logistic",), trials=1)

    result = train_candidates(config, data_from(noise, config))

    assert result.chosen.evaluation.verdict == "no_usable_signal"
    assert [one.code for one in result.findings if one.severity == "blocking"] == ["ctr.no_signal"]


def test_when_examples_are_kept_then_they_span_the_probabilities_of_test_rows(trained: Training) -> None:
    table = examples(trained)

    assert table.height == 200
    assert table["__probability"][0] == pytest.approx(trained.chosen.probability.max())
    assert table["__probability"][-1] == pytest.approx(trained.chosen.probability.min())


def test_when_columns_are_constant_or_missing_then_their_correlation_is_finite() -> None:
    frame = pl.DataFrame(
        {"a": [1.0, None, 3.0, 4.0], "b": [2.0] * 4, "c": [None] * 4, "clicked": [0, 1, 0, 1]},
        schema={"a": pl.Float64, "b": pl.Float64, "c": pl.Float64, "clicked": pl.Int8},
    )

    found = correlation_with_clicks(read_impressions(frame))

    matrix = np.array(found["matrix"])
    assert found["features"][0] == "clicked"
    assert np.isfinite(matrix).all()
    assert np.array_equal(matrix, matrix.T)
    assert np.array_equal(np.diag(matrix), np.ones(len(matrix)))


def test_when_a_dataset_was_deleted_then_training_on_it_says_so(home: object) -> None:
    with pytest.raises(NotFound):
        training_data.load_impressions(replace(FAST, dataset_id="gone"), principal=LOCAL_ANALYST)


def test_when_a_finding_of_the_gate_stands_open_then_training_is_refused(home: object) -> None:
    from core.ctr.data.datasets import store_impressions

    frame = make_impressions(rows=400, seed=1).frame.with_columns(pl.col("clicked").alias("feat_a_1"))
    table = uploaded_from_frame(frame)
    dataset = store_impressions(table, name="leak.csv", principal=LOCAL_ANALYST)

    with pytest.raises(Conflict):
        training_data.load_impressions(replace(FAST, dataset_id=dataset.id), principal=LOCAL_ANALYST)


def test_when_settings_are_tried_then_the_network_tries_as_many_as_the_others() -> None:
    asked = replace(FAST, trials=3, learning_rate=0.001, dropout=0.5)

    assert _network_trials(asked) == [{}, {"learning_rate": 0.003}, {"dropout": 0.8}]


@pytest.mark.parametrize("text", ["256,128", [256, 128], (256, 128), " 256 , 128 "])
def test_when_layer_widths_come_as_text_or_list_then_they_are_the_same(text: object) -> None:
    assert parse_widths(text) == (256, 128)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "0", "256,-1", "wide", "1,2,3,4,5,6,7"])
def test_when_layer_widths_make_no_network_then_the_sentence_shows_them(text: str) -> None:
    with pytest.raises(BadInput, match="256,128"):
        parse_widths(text)


def test_when_the_notebook_asks_for_a_training_then_every_field_is_one_of_its_parameters() -> None:
    declared = {one.name: one.default for one in describe(NOTEBOOK).parameters}

    assert {field.name for field in fields(TrainingConfig)} <= set(declared)
    assert TrainingConfig.from_parameters(declared) == TrainingConfig()


def test_when_a_model_is_unknown_then_the_known_ones_are_named() -> None:
    with pytest.raises(BadInput, match="order_logistic"):
        TrainingConfig.from_parameters({"models": "gpt"})


def test_when_parts_leave_nothing_to_learn_from_then_training_is_refused() -> None:
    with pytest.raises(BadInput, match=r"0\.8"):
        TrainingConfig.from_parameters({"validation_split": 0.45, "test_split": 0.4})
