"""One impression at a time: contributions that add up, edits that move as planted, LIME that holds."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from core.ctr.data.impressions import Impressions
from core.ctr.evaluating.scores import logit
from core.ctr.explaining.lime_section import explain_by_lime
from core.ctr.explaining.lime_weights import CHOSEN, Draw, LimeWeights, Neighbourhood, Predict, learn_neighbourhood
from core.ctr.explaining.local import LocalExplainer, explain_rows, make_explainer
from core.ctr.explaining.raw_columns import cells, predict_cells, sequence_shift
from core.ctr.explaining.what_if import what_if
from core.ctr.models.baselines import joined
from core.ctr.models.boosted_trees import BoostedTrees
from core.ctr.models.linear_models import LinearModel, order_logistic
from core.ctr.samples.effects import event_sets
from core.ctr.samples.impressions import make_impressions
from core.errors import BadInput
from tests.ctr.conftest import Parts, parts_of


@pytest.fixture(scope="module")
def planted() -> Parts:
    """Strong effects only, so that a model of few rows has learnt their direction."""
    return parts_of(make_impressions(rows=16_000, seed=9, effects=("inventory", "age_gender", "hot_ids")))


@pytest.fixture(scope="module")
def train(planted: Parts) -> Impressions:
    return joined(planted.train, planted.validation)


@pytest.fixture(scope="module")
def linear(train: Impressions) -> LinearModel:
    return order_logistic().fit(train)


@pytest.fixture(scope="module")
def explainer(linear: LinearModel, train: Impressions, planted: Parts) -> LocalExplainer:
    return make_explainer(linear, train, planted.test)


@pytest.fixture(scope="module")
def by_surrogate(planted: Parts) -> LocalExplainer:
    trees = BoostedTrees(rounds=20, leaves=7).fit(planted.validation)
    return make_explainer(trees, planted.validation, planted.test)


def row_of(planted: Parts, place: int = 0) -> pl.DataFrame:
    return planted.sample.frame[int(planted.split.test[place])]


@pytest.mark.parametrize("name", ["explainer", "by_surrogate"])
def test_when_an_impression_is_explained_then_everything_adds_up_to_its_log_odds(
    name: str, planted: Parts, request: pytest.FixtureRequest
) -> None:
    explaining: LocalExplainer = request.getfixturevalue(name)
    rows = planted.test.take(np.arange(20))

    found = explain_rows(explaining, rows)

    odds = logit(explaining.model.predict_proba(rows))
    for one, expected in zip(found, odds, strict=True):
        total = one.base + sum(part.contribution for part in one.contributions) + one.remainder
        assert total == pytest.approx(expected)


def test_when_a_linear_model_is_explained_then_the_explanation_is_its_own_and_leaves_nothing(
    explainer: LocalExplainer, planted: Parts
) -> None:
    found = explain_rows(explainer, planted.test.take(np.arange(20)))

    assert {one.method for one in found} == {"linear"}
    assert max(abs(one.remainder) for one in found) < 1e-4


def test_when_trees_are_explained_then_it_is_said_that_a_surrogate_speaks(
    by_surrogate: LocalExplainer, planted: Parts
) -> None:
    (found,) = explain_rows(by_surrogate, planted.test.take(np.array([0])))

    assert found.method == "surrogate"


def test_when_the_age_is_changed_to_the_youngest_then_the_probability_rises_as_planted(
    explainer: LocalExplainer, planted: Parts
) -> None:
    row = row_of(planted).with_columns(age_group=pl.lit("6.0"))

    found = what_if(explainer, row, {"age_group": "1.0"})

    assert found.after.probability > found.before.probability
    assert found.moved[0].name in {"age_group", "gender", "inventory_id"}
    assert "age_group" in {move.name for move in found.moved}
    assert found.unknown == ()


def test_when_hot_ids_are_added_to_the_sequence_then_the_probability_rises_as_planted(
    explainer: LocalExplainer, planted: Parts
) -> None:
    hot = [str(one) for one in event_sets().hot]
    cold = [str(one) for one in range(594) if one not in set(event_sets().hot.tolist())][: len(hot)]
    row = row_of(planted).with_columns(seq=pl.lit(",".join(cold)))

    found = what_if(explainer, row, {"seq": ",".join(hot)})

    assert found.after.probability > found.before.probability
    assert [move.name for move in found.moved] == ["seq"]


@pytest.mark.parametrize("cell", [None, ""])
@pytest.mark.parametrize("column", ["history_a_1", "inventory_id", "seq"])
def test_when_a_cell_is_emptied_then_it_is_read_as_missing(
    explainer: LocalExplainer, planted: Parts, column: str, cell: str | None
) -> None:
    found = what_if(explainer, row_of(planted, 3), {column: cell})

    after = {one.name: one.value for one in found.after.contributions}
    assert after[column] is None
    assert np.isfinite(found.after.probability)


@pytest.mark.parametrize("name", ["explainer", "by_surrogate"])
def test_when_a_level_is_unknown_then_it_is_named_and_the_answer_is_still_a_probability(
    name: str, planted: Parts, request: pytest.FixtureRequest
) -> None:
    found = what_if(request.getfixturevalue(name), row_of(planted), {"inventory_id": "999"})

    assert found.unknown == ("inventory_id",)
    assert 0 < found.after.probability < 1


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"history_a_1": "much"}, "ctr.what_if_number"),
        ({"nothing": 1.0}, "ctr.what_if_column"),
        ({"clicked": 1.0}, "ctr.what_if_column"),
        ({"seq": "1,two,3"}, "ctr.what_if_sequence"),
    ],
)
def test_when_a_change_cannot_be_made_then_the_column_is_named(
    explainer: LocalExplainer, planted: Parts, changes: dict[str, str | float], key: str
) -> None:
    with pytest.raises(BadInput) as raised:
        what_if(explainer, row_of(planted), changes)

    assert raised.value.key == key


def test_when_nothing_is_changed_then_nothing_moves(explainer: LocalExplainer, planted: Parts) -> None:
    found = what_if(explainer, row_of(planted), {})

    assert found.moved == ()
    assert found.before == found.after


@pytest.fixture(scope="module")
def area(train: Impressions) -> Neighbourhood:
    matrix, names, is_category = cells(train.take(np.arange(2000)))
    return learn_neighbourhood(matrix, names, is_category)


def test_when_lime_is_given_the_same_seed_then_it_says_the_same(
    linear: LinearModel, train: Impressions, planted: Parts
) -> None:
    rows = planted.test.take(np.array([5]))

    first, second = (explain_by_lime(linear, train, rows, repeats=2, seed=3) for _ in range(2))

    assert first == second


def test_when_lime_is_repeated_then_its_stability_and_fit_are_told(
    linear: LinearModel, train: Impressions, planted: Parts
) -> None:
    (found,) = explain_by_lime(linear, train, planted.test.take(np.array([5])), repeats=3, seed=3)["instances"]

    assert 0 <= found["top_overlap"] <= 1
    assert 0 < found["r2"] <= 1
    assert found["weights"]
    assert all(one["low"] <= one["weight"] <= one["high"] for one in found["weights"])


def library_weights(area: Neighbourhood, row: np.ndarray, predict: Predict, *, samples: int, seed: int) -> LimeWeights:
    """The same question asked of the lime package."""
    from lime.lime_tabular import LimeTabularExplainer

    categories = np.flatnonzero(area.is_category).tolist()
    explainer = LimeTabularExplainer(
        area.values, mode="regression", feature_names=list(area.names), categorical_features=categories,
        feature_selection="highest_weights", random_state=seed,
    )  # fmt: skip
    row = np.where(np.isfinite(row), row, area.middle)
    found = explainer.explain_instance(row, predict, num_features=CHOSEN, num_samples=samples)
    return LimeWeights(tuple((int(place), float(weight)) for place, weight in found.as_map()[1]), float(found.score))


def test_when_our_lime_and_the_library_draw_alike_then_they_name_the_same_top_five(
    linear: LinearModel, area: Neighbourhood, planted: Parts
) -> None:
    rows = planted.test.take(np.arange(3))
    own, predict = cells(rows)[0], predict_cells(linear, rows)
    shift, odds = sequence_shift(linear, rows), logit(linear.predict_proba(rows))

    draw = Draw(area, predict, samples=2000, seed=1)
    ours = [draw.explain(own[row], float(odds[row]), shift=float(shift[row])) for row in range(3)]

    library = [library_weights(area, own[row], predict, samples=2000, seed=1) for row in range(3)]
    assert sum(one.top == other.top for one, other in zip(ours, library, strict=True)) >= 2
    assert ours[0].r2 == pytest.approx(library[0].r2, abs=0.05)
