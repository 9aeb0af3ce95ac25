"""explanation.json: complete, finite, reproducible, bounded, and honest about what is not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.ctr.data.impressions import Impressions
from core.ctr.data.schema import NUMBERS
from core.ctr.data.sequences import Sequences
from core.ctr.evaluating.scores import logit
from core.ctr.explaining import charts, of_run
from core.ctr.explaining.explanation import ExplainSettings, explain, pick_rows
from core.ctr.explaining.integrated_gradients import explain_network
from core.ctr.explaining.shuffling import shuffled_odds, with_shuffled
from core.ctr.models.baselines import joined
from core.ctr.models.linear_models import hashed_logistic
from core.messages import say
from core.storage.artifacts import open_artifact
from tests.ctr.conftest import Parts

FEW = ExplainSettings(
    forest_rows=600, forest_trees=10, permutation_rows=300, repeats=2, surrogate_rows=600, shap_rows=80, lime_rows=1,
    lime_repeats=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def case(small_parts: Parts) -> of_run.Case:
    train = joined(small_parts.train, small_parts.validation)
    model = hashed_logistic().fit(train)
    return of_run.Case("the-run", model, None, train, small_parts.test, "sample.csv", "0" * 64, synthetic=True)


@pytest.fixture(scope="module")
def explanation(case: of_run.Case) -> dict[str, Any]:
    return of_run.explain_case(case, run_id="own", settings=FEW)


def test_when_a_model_is_explained_then_every_column_is_told_once_by_forest_value(explanation: dict[str, Any]) -> None:
    names = [one["name"] for one in explanation["features"]]
    values = [one["forest"]["value"] for one in explanation["features"]]

    assert set(names) == {*NUMBERS, "gender", "age_group", "inventory_id", "day_of_week", "hour", "seq"}
    assert len(names) == 118
    assert values == sorted(values, reverse=True)


def test_when_a_model_is_explained_then_the_document_is_strict_json_with_intervals_that_bracket(
    explanation: dict[str, Any],
) -> None:
    assert json.loads(json.dumps(explanation, allow_nan=False))["model"] == "hashed_logistic"
    for one in explanation["features"]:
        for method in ("forest", "permutation", "shap", "contribution"):
            assert one[method]["low"] <= one[method]["value"] <= one[method]["high"]


def test_when_something_could_not_be_computed_then_it_is_null_with_a_reason(explanation: dict[str, Any]) -> None:
    constant = next(one for one in explanation["features"] if one["name"] == "l_feat_20")

    assert constant["welch"] is None
    assert "value" in say(constant["welch_reason"], "en")
    assert explanation["network"] is None
    assert "lstm" in say(explanation["network_reason"], "en")


def test_when_the_document_names_sentences_then_all_exist_in_both_languages(explanation: dict[str, Any]) -> None:
    keys = [*explanation["notes"], *(one["reason"] for one in explanation["agreement"]["disagreements"])]

    assert keys
    for key in keys:
        assert say(key, "en") != say(key, "ko")


def test_when_the_seed_is_the_same_then_so_is_the_document(case: of_run.Case, explanation: dict[str, Any]) -> None:
    assert of_run.explain_case(case, run_id="own", settings=FEW) == explanation


def test_when_rows_are_explained_one_by_one_then_each_adds_up(explanation: dict[str, Any]) -> None:
    for one in explanation["local"]:
        total = one["base"] + one["remainder"] + sum(part["contribution"] for part in one["contributions"])
        assert total == pytest.approx(one["log_odds"])
        assert one["probability"] == pytest.approx(1 / (1 + np.exp(-one["log_odds"])))


def test_when_rows_are_picked_then_the_extremes_and_the_surprises_are_among_them() -> None:
    odds, labels = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0]), np.array([0, 1, 0, 0, 1, 0])

    found = dict(pick_rows(odds, labels, 6))

    assert found == {5: "highest", 3: "middle", 0: "lowest", 4: "click_expected", 1: "click_surprising"}


def test_when_an_explanation_is_stored_then_it_is_found_under_its_own_run(
    explanation: dict[str, Any], home: Path
) -> None:
    saved = of_run.store(explanation, run_id="own")

    artifact = open_artifact(saved.path, saved.sha256, room="ctr")
    assert artifact.json("explanation.json")["explains"] == "the-run"
    assert of_run.result_of(explanation, saved)["explains"] == "the-run"
    assert saved.path.endswith("own/explanation")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_when_charts_are_drawn_then_they_speak_the_language_and_show_the_document(
    explanation: dict[str, Any], language: str
) -> None:
    forest = charts.importance_figure(explanation, "forest", language)
    drawn = [
        forest,
        charts.agreement_figure(explanation, language),
        charts.contributions_figure(explanation, language),
        charts.correlation_figure(explanation["correlation"], language),
        charts.local_figure(explanation["local"][0], language),
        charts.methods_figure(explanation, language),
    ]

    assert all(figure.layout.title.text for figure in drawn)
    assert forest.layout.title.text == say("ctr.method_forest", language)
    assert forest.data[0].y[-1] == explanation["features"][0]["name"]


@pytest.fixture(scope="module")
def network(small_parts: Parts) -> Any:
    """A small sequence network, trained for one pass."""
    from core.ctr.models.sequence_config import SequenceConfig
    from core.ctr.models.sequence_model import SequenceClassifier

    config = SequenceConfig(lstm_hidden=6, embedding=4, mlp_hidden=(8,), epochs=1, max_events=15, seed=1)
    return SequenceClassifier(config).fit(small_parts.validation)


def test_when_the_network_is_explained_then_contributions_add_up_to_its_log_odds(
    small_parts: Parts, network: Any
) -> None:
    rows = small_parts.test.take(np.arange(12))

    found = explain_network(network, rows, small_parts.validation, np.ones(12), steps=40)

    assert found.relative_gap < 0.05
    assert set(found.recency) == {1, 5, 20}
    assert all(one.low <= one.value <= one.high for one in found.columns.values())
    assert found.columns["seq"].value > 0


@pytest.mark.parametrize("column", ["seq", "inventory_id", "history_a_1"])
def test_when_a_column_of_the_network_is_shuffled_then_the_short_way_equals_scoring_again(
    small_parts: Parts, network: Any, column: str
) -> None:
    rows = small_parts.test.take(np.arange(60))
    order = np.random.default_rng(1).permutation(60)

    odds, shuffled = shuffled_odds(network, rows)

    again = logit(network.predict_proba(with_shuffled(rows, column, order)))
    np.testing.assert_allclose(odds, logit(network.predict_proba(rows)), atol=1e-4)
    np.testing.assert_allclose(shuffled(column, order[None, :])[0], again, atol=1e-4)


def test_when_there_is_no_sequence_and_few_columns_then_the_explanation_still_stands() -> None:
    random = np.random.default_rng(0)
    numbers = random.normal(size=(900, 2)).astype(np.float32)
    clicked = (random.random(900) < 1 / (1 + np.exp(2 - 2 * numbers[:, 0]))).astype(np.int8)
    rows = Impressions(900, (), ("a", "b"), numbers, None, clicked)
    train, test = rows.take(np.arange(600)), rows.take(np.arange(600, 900))

    found = explain(hashed_logistic().fit(train), train, test, settings=FEW)

    assert [one["name"] for one in found["features"]] == ["a", "b"]
    assert found["sequence_parts"] == []


def test_when_every_sequence_is_empty_then_the_explanation_still_stands(small_parts: Parts) -> None:
    def emptied(rows: Impressions) -> Impressions:
        nothing = Sequences(np.empty(0, np.int32), np.zeros(len(rows) + 1, np.int64))
        return Impressions(
            len(rows), rows.categories, ("history_a_1",), rows.numbers[:, -37:-36], nothing, rows.clicked
        )

    train = emptied(small_parts.train)

    found = explain(hashed_logistic().fit(train), train, emptied(small_parts.test), settings=FEW)

    assert "seq" not in [one["name"] for one in found["features"]]
