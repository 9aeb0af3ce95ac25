"""Charts of a validation: units, layers, rows behind them and a sentence for who cannot see them, in both languages."""

from __future__ import annotations

import pytest

from core.charts import rows_of_chart
from core.fragrance.products import Product
from core.fragrance.validation.charts import left_figure, odour_figure, pyramid_figure
from core.fragrance.validation.validating import validate, validate_names
from tests.fragrance.validation_examples import CATALOGUE, USUAL, formula

FOUND = validate(formula(**USUAL), Product("4", 8.0), catalogue=CATALOGUE, accords={})
UNITS = {
    "ko": ("시간, 로그 눈금", "기준 = 1", "농축액 중 비율(%)", "처음의 %"),
    "en": ("hours, logarithmic scale", "reference = 1", "Share of the concentrate (%)", "% of its own amount"),
}
LAYERS = {"ko": ("톱", "하트", "베이스"), "en": ("top", "heart", "base")}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_when_charts_are_drawn_then_axes_tell_their_units(language: str) -> None:
    odour = odour_figure(FOUND.evaporation, language, FOUND.longevity_h)
    left = left_figure(FOUND.evaporation, CATALOGUE, language)
    pyramid = pyramid_figure(USUAL, CATALOGUE, language)
    hours, activity, share, kept = UNITS[language]

    assert hours in odour.layout.xaxis.title.text
    assert hours in left.layout.xaxis.title.text
    assert activity in odour.layout.yaxis.title.text
    assert share in pyramid.layout.xaxis.title.text
    assert kept in left.data[0].colorbar.title.text
    assert all(one.layout.title.text and one.layout.meta["alt"] for one in (odour, left, pyramid))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_when_odour_is_drawn_then_layers_are_stacked_base_first_and_told_apart_without_colour(language: str) -> None:
    figure = odour_figure(FOUND.evaporation, language)

    assert [trace.name for trace in figure.data] == list(reversed(LAYERS[language]))
    assert {trace.stackgroup for trace in figure.data} == {"odour"}
    assert len({trace.fillpattern.shape for trace in figure.data}) == 3
    assert figure.layout.legend.orientation == "h"


def test_when_odour_is_drawn_then_its_rows_are_those_of_the_model() -> None:
    rows = [row for row in rows_of_chart(odour_figure(FOUND.evaporation, "en")) if row["series"] == "heart"]

    assert [row["x"] for row in rows] == list(FOUND.evaporation.hours[1:])  # a logarithmic axis has no 0
    assert [row["y"] for row in rows] == list(FOUND.evaporation.by_position["heart"][1:])


def test_when_longevity_lies_within_the_day_then_it_is_marked() -> None:
    assert FOUND.longevity_h is not None
    marked = odour_figure(FOUND.evaporation, "en", 5.0)

    assert [shape.x0 for shape in marked.layout.shapes] == [5.0]
    assert marked.layout.annotations[0].text == "longevity 5.0 h"
    assert not odour_figure(FOUND.evaporation, "en", 24.0).layout.shapes


def test_when_what_is_left_is_drawn_then_the_most_volatile_stands_first_and_shares_are_percent() -> None:
    figure = left_figure(FOUND.evaporation, CATALOGUE, "ko")
    rows = list(rows_of_chart(figure))

    assert figure.data[0].y[0] == "peel 시험"
    assert figure.data[0].y[-1] == "resin 시험"
    assert all(0 <= row["value"] <= 100 for row in rows)
    assert {row["x"] for row in rows if row["y"] == "resin 시험"} == set(figure.data[0].x)


def test_when_a_pyramid_is_drawn_then_every_layer_holds_its_ingredients_with_their_shares() -> None:
    shares = USUAL | {"carrier": 30.0, "ghost": 5.0}

    figure = pyramid_figure(shares, CATALOGUE, "en")

    assert [trace.name for trace in figure.data] == ["top · 25.0 %", "heart · 40.0 %", "base · 35.0 %"]
    assert list(figure.data[0].y) == ["peel (test)", "herb (test)"]
    assert list(figure.data[2].x) == [20.0, 15.0]
    assert next(iter(figure.layout.yaxis.categoryarray)) == "peel (test)"
    assert {row["y"] for row in rows_of_chart(figure)} == {f"{name} (test)" for name in USUAL}


def test_when_there_is_nothing_to_draw_then_the_figures_are_empty_but_whole() -> None:
    nothing = validate_names(["x"], [], [], CATALOGUE).evaporation

    assert left_figure(nothing, CATALOGUE, "ko").layout.meta["alt"]
    assert odour_figure(nothing, "ko").layout.meta["alt"]
    assert pyramid_figure({}, CATALOGUE, "en").layout.meta["alt"].startswith("0 ingredients")
