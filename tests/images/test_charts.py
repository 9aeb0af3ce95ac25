"""Charts of a calibration and of a build: what is drawn, in both languages, and that the rows behind are the chart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.charts import rows_of_chart
from core.images.building import charts as build_charts
from core.images.calibration import charts as calibration_charts
from core.images.calibration.calibrating import calibrate_domain
from core.images.prototypes import build_prototypes
from tests.images.vectors import Card, World

PICTURES = World(1, noise=1.6).classes("별 병 집 열쇠 램프", 8)
STRANGERS = World(2, noise=1.6).classes("새 배", 12)
NAMES = {"별": "Star", "병": "Bottle", "집": "House", "열쇠": "Key", "램프": "Lamp"}
DOMAIN = build_prototypes("drawn", PICTURES, encoder=Card(), with_space=False)
_, REPORT = calibrate_domain(DOMAIN, PICTURES, STRANGERS, Card())
CONFUSION = {"classes": ["별", "병"], "counts": [[7, 1], [0, 8]]}
CLASSES = [
    {"name": "별", "english": "Star", "held_out": 8, "right": 7, "top_1": 0.875},
    {"name": "병", "english": "Bottle", "held_out": 8, "right": 8, "top_1": 1.0},
    {"name": "새", "english": "Bird", "held_out": 0, "right": 0, "top_1": None},
]
SHARE, LATER = {"value": 0.9, "low": 0.8, "high": 0.95}, {"value": 0.95, "low": 0.9, "high": 1.0}
METHODS = [
    {"name": "prototype", "top_1": LATER, "auroc": SHARE},
    {"name": "nearest_neighbour", "top_1": SHARE, "auroc": None},
    {"name": "text", "top_1": None, "auroc": None},
]
REMARK = {
    "class_name": "별", "file_name": "a.png", "before": {"verdict": "unknown", "s1": 0.4, "margin": 0.0},
    "after": {"verdict": "별", "s1": 0.8, "margin": 0.2},
}  # fmt: skip
VERSUS = {"before": {"top_1": SHARE}, "after": {"top_1": LATER}, "remarks": [REMARK]}
CHARTS: dict[str, Callable[[str], Any]] = {
    "scores": lambda language: calibration_charts.scores_figure(REPORT, language),
    "scatter": lambda language: calibration_charts.scatter_figure(REPORT, language, NAMES),
    "trade_off": lambda language: calibration_charts.trade_off_figure(REPORT, language),
    "confusion": lambda language: build_charts.confusion_figure(CONFUSION, language, NAMES),
    "classes": lambda language: build_charts.classes_figure(CLASSES, language),
    "methods": lambda language: build_charts.methods_figure(METHODS, language),
    "before_after": lambda language: build_charts.before_after_figure(VERSUS, language, NAMES),
}


def rows(figure: Any, series: str | None = None) -> list[dict[str, Any]]:
    return [row for row in rows_of_chart(figure) if series is None or row["series"].startswith(series)]


@pytest.mark.parametrize("name", CHARTS)
def test_when_a_chart_is_drawn_then_both_languages_show_the_same_numbers_under_their_own_words(name: str) -> None:
    english, korean = (CHARTS[name](language) for language in ("en", "ko"))

    assert english.layout.title.text != korean.layout.title.text
    assert any("가" <= one <= "힣" for one in korean.layout.title.text)
    numbers = [
        [{key: value for key, value in row.items() if isinstance(value, float | int)} for row in rows(figure)]
        for figure in (english, korean)
    ]
    assert numbers[0] == numbers[1]
    assert numbers[0]


@pytest.mark.parametrize("name", ["scores", "scatter", "trade_off", "methods", "before_after"])
def test_when_series_share_a_chart_then_more_than_colour_tells_them_apart(name: str) -> None:
    named = [trace for trace in CHARTS[name]("en").data if trace.showlegend is not False]
    marks = [
        (trace.mode, trace.marker.symbol) if trace.type != "bar" else trace.marker.pattern.shape for trace in named
    ]

    assert len(set(marks)) == len(marks) >= 2


def test_when_scores_are_drawn_then_each_groups_bars_add_up_to_all_of_it_and_tau1_is_marked() -> None:
    figure = calibration_charts.scores_figure(REPORT, "en")

    assert sum(row["y"] for row in rows(figure, "Known")) == pytest.approx(1)
    assert sum(row["y"] for row in rows(figure, "Unknown")) == pytest.approx(1)
    assert [trace.name for trace in figure.data] == ["Known (40)", "Unknown (24)"]
    assert figure.layout.shapes[0].x0 == REPORT["thresholds"]["tau1"]


def test_when_pictures_are_scattered_then_every_point_and_both_thresholds_are_there() -> None:
    figure = calibration_charts.scatter_figure(REPORT, "en", NAMES)

    assert len(rows(figure)) == 40 + 24
    assert {(row["x"], row["y"]) for row in rows(figure, "Unknown")} == {
        (one["s1"], one["margin"]) for one in REPORT["points"]["unknown"]
    }
    assert [figure.layout.shapes[0].x0, figure.layout.shapes[1].y0] == list(REPORT["thresholds"].values())
    assert "Star" in {text.split(" → ")[0] for text in figure.data[0].text}


def test_when_the_trade_off_is_drawn_then_the_chosen_point_has_its_intervals_and_the_fallback_lies_beside_it() -> None:
    figure = calibration_charts.trade_off_figure(REPORT, "en")
    [chosen] = rows(figure, "Chosen")
    [fallback] = rows(figure, "Documented 0.30 and 0.04")

    assert (chosen["x"], chosen["y"]) == (REPORT["false_accept"]["value"], REPORT["false_reject"]["value"])
    assert (chosen["x_low"], chosen["x_high"]) == pytest.approx(
        (REPORT["false_accept"]["low"], REPORT["false_accept"]["high"])
    )
    assert chosen["y_high"] == pytest.approx(REPORT["false_reject"]["high"])
    assert fallback["x"] == REPORT["fallback"]["false_accept"]
    assert rows(figure, "Every")[-1]["x"] == 1.0


def test_when_classes_were_confused_then_rows_are_what_they_are_and_columns_what_they_were_taken_for() -> None:
    found = rows(build_charts.confusion_figure(CONFUSION, "en", NAMES))

    assert {"series": "Images", "x": "Bottle", "y": "Star", "value": 1} in found
    assert {"series": "Images", "x": "Star", "y": "Bottle", "value": 0} in found


def test_when_two_classes_have_one_english_name_then_each_keeps_its_own_row() -> None:
    figure = build_charts.confusion_figure(CONFUSION, "en", {"별": "Thing", "병": "Thing"})

    assert list(figure.data[0].y) == ["별", "병"]


def test_when_classes_are_drawn_then_the_weakest_is_on_top_and_one_without_held_out_pictures_is_left_out() -> None:
    figure = build_charts.classes_figure(CLASSES, "ko")

    assert list(figure.data[0].y) == ["병", "별"]  # from below
    assert list(figure.data[0].text) == ["8 / 8", "7 / 8"]


def test_when_a_method_could_not_be_tried_then_it_is_not_drawn() -> None:
    found = rows(build_charts.methods_figure(METHODS, "en"))

    assert {row["y"] for row in found} == {"Prototype", "Nearest image"}
    assert [(row["x_low"], row["x_high"]) for row in found if row["series"].startswith("AUROC")] == [
        pytest.approx((0.8, 0.95))
    ]


def test_when_a_remark_was_taken_up_then_its_picture_is_shown_before_and_after() -> None:
    figure = build_charts.before_after_figure(VERSUS, "en", NAMES)

    assert [row["x"] for row in rows(figure) if row["y"] == "Star · a.png"] == [0.4, 0.8]
    assert [row["x"] for row in rows(figure) if "x_low" in row] == [0.9, 0.95]


@pytest.mark.parametrize("gone", [{"before": None}, {"remarks": []}, {"remarks": [{**REMARK, "before": None}]}])
def test_when_one_side_is_not_known_then_the_other_is_drawn_all_the_same(gone: dict[str, Any]) -> None:
    figure = build_charts.before_after_figure({**VERSUS, **gone}, "en")

    assert 0.95 in {row["x"] for row in rows(figure)}
