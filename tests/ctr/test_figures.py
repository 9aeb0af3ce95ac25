"""Charts of a run: what is drawn, in both languages, and that the rows behind a chart are the chart."""

from __future__ import annotations

import numpy as np
import pytest

from core.charts import rows_of_chart
from core.ctr.data.impressions import Category
from core.ctr.economics import Prices, weigh
from core.ctr.evaluating.observed_rates import deciles, reliability, segments
from core.ctr.evaluating.scores import score
from core.ctr.models.baselines import KINDS
from core.ctr.reporting import report_charts

RANDOM = np.random.default_rng(3)
PROBABILITY = RANDOM.beta(2, 20, 500)
LABELS = (RANDOM.random(500) < PROBABILITY).astype(np.int8)
HISTORY = [
    {"epoch": 1, "train_loss": 0.3, "val_loss": 0.31, "auc": 0.6, "average_precision": 0.1, "val_accuracy": 0.9},
    {"epoch": 2, "train_loss": 0.2, "val_loss": 0.3, "auc": 0.7, "average_precision": 0.2, "val_accuracy": 0.9},
]


def plain(values: tuple) -> list[dict]:
    return [vars(one) for one in values]


def evaluated(name: str, value: float) -> dict:
    interval = {"value": value, "low": value - 0.1, "high": value + 0.1}
    return {"name": name, "evaluation": {"scores": {"auc": interval}, "base": {"auc": 0.5}}}


def test_when_reliability_is_drawn_then_its_rows_hold_the_intervals() -> None:
    bins = plain(reliability(LABELS, PROBABILITY))
    figure = report_charts.reliability_figure(bins, "en")
    rows = [row for row in rows_of_chart(figure) if row["series"] == "Observed click rate"]
    assert [row["y"] for row in rows] == [one["observed"] for one in bins]
    assert [row["y_low"] for row in rows] == pytest.approx([one["observed_low"] for one in bins])
    assert [row["y_high"] for row in rows] == pytest.approx([one["observed_high"] for one in bins])


def test_when_lift_and_gain_are_drawn_then_the_best_tenth_comes_first() -> None:
    tenths = plain(deciles(LABELS, PROBABILITY))
    lift = list(rows_of_chart(report_charts.lift_figure(tenths, "ko")))
    gain = list(rows_of_chart(report_charts.gain_figure(tenths, "ko")))
    assert lift[0]["y"] == tenths[0]["lift"]
    assert gain[10]["y"] == pytest.approx(1.0)


def test_when_a_level_is_missing_then_the_segments_chart_names_it() -> None:
    category = Category("gender", np.where(np.arange(500) < 50, -1, 0).astype(np.int32), ("1",))
    rows = plain(segments(LABELS, PROBABILITY, category))
    figure = report_charts.segments_figure(rows, "gender", "en")
    assert set(figure.data[0].x) == {"1", "(missing)"}


def test_when_epochs_are_drawn_then_losses_and_quality_stand_apart() -> None:
    losses = report_charts.epochs_figure(HISTORY, "en")
    quality = report_charts.quality_figure(HISTORY, "en")
    assert [list(trace.y) for trace in losses.data] == [[0.3, 0.2], [0.31, 0.3]]
    assert [trace.name for trace in quality.data] == ["AUC", "Average precision", "Validation accuracy"]


def test_when_a_figure_of_an_epoch_is_unknown_then_its_point_is_left_out() -> None:
    figure = report_charts.quality_figure([{**HISTORY[0], "auc": None}, HISTORY[1]], "en")
    assert list(figure.data[0].x) == [2]


def test_when_profit_is_drawn_then_the_chosen_cut_is_marked() -> None:
    economics = weigh(PROBABILITY, Prices(2.0, 0.1), clicked=LABELS).as_dict()
    figure = report_charts.profit_figure(economics, "en")
    assert [trace.name for trace in figure.data][-1] == "Chosen cut"
    assert figure.data[-1].x[0] == economics["best"]["impressions"]


def test_when_candidates_are_drawn_then_each_has_its_interval() -> None:
    figure = report_charts.models_figure([evaluated("lstm", 0.7), evaluated("blend", 0.6)], "auc", "en")
    rows = list(rows_of_chart(figure))
    assert [(row["y"], row["x_low"], row["x_high"]) for row in rows] == [
        ("Blend", pytest.approx(0.5), pytest.approx(0.7)),
        ("LSTM with tabular block", pytest.approx(0.6), pytest.approx(0.8)),
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_when_a_model_or_a_score_exists_then_it_has_a_name(language: str) -> None:
    for name in (*KINDS, "blend", "lstm"):
        assert report_charts.model_label(name, language)
    for name in score(LABELS, PROBABILITY, base_rate=0.1):
        assert report_charts.score_label(name, language)
