"""Charts and reports of trainings and evaluations: what they draw are the values that were measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.charts import rows_of_chart
from core.errors import BadInput
from core.fragrance.catalogue.stored import save_perfumes
from core.fragrance.evaluation.search_quality import Quality as SearchQuality
from core.fragrance.tuning import charts
from core.fragrance.tuning.drawn_perfumes import drawn_perfumes
from core.fragrance.tuning.evaluating import evaluate_briefs, evaluation_briefs
from core.fragrance.tuning.evaluation_report import (
    brief_rows,
    evaluate_search,
    metrics_of,
    result_of,
    search_figure,
    search_rows,
)
from core.intervals import Interval
from core.security.policy import LOCAL_ANALYST

COURSE = [
    {"number": 1, "train_loss": 2.0, "eval_loss": 2.5, "validation": 0.3},
    {"number": 2, "train_loss": 1.0, "eval_loss": 1.5, "validation": 0.4},
]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_when_a_course_is_drawn_then_every_epoch_is_a_point_of_both_losses(language: str) -> None:
    rows = list(rows_of_chart(charts.course_figure(COURSE, language)))

    assert [(row["x"], row["y"]) for row in rows] == [(1, 2.0), (2, 1.0), (1, 2.5), (2, 1.5)]
    assert len({row["series"] for row in rows}) == 2
    assert [row["y"] for row in rows_of_chart(charts.validation_figure(COURSE, language))] == [0.3, 0.4]


def test_when_before_and_after_are_drawn_then_their_intervals_are_too() -> None:
    comparison = {"before": {"value": 0.4, "low": 0.3, "high": 0.5}, "after": {"value": 0.6, "low": 0.5, "high": 0.8}}
    rows = list(rows_of_chart(charts.comparison_figure(comparison, "ko")))

    assert [row["y"] for row in rows] == [0.4, 0.6]
    assert [row["y_high"] for row in rows] == pytest.approx([0.5, 0.8])
    assert [row["y_low"] for row in rows] == pytest.approx([0.3, 0.5])


def test_when_a_measure_is_not_known_then_no_point_stands_for_it() -> None:
    measures = {"structure": {"value": 0.5, "low": 0.4, "high": 0.6}, "creativity": None}
    rows = list(rows_of_chart(charts.measures_figure(measures, "en")))

    assert [(row["x"], row["y"]) for row in rows] == [(0.5, "structure")]


def test_when_the_catalogue_is_searched_then_rows_and_chart_tell_the_same(home: Path) -> None:
    save_perfumes(drawn_perfumes(60), principal=LOCAL_ANALYST)
    found = evaluate_search("words, notes", most=8, principal=LOCAL_ANALYST)
    rows = search_rows(found)
    drawn = {row["y"] for row in rows_of_chart(search_figure(found, "en"))}

    assert {row["way"] for row in rows} == {"words", "notes"}
    assert drawn == {row["value"] for row in rows if row["measure"] == "ndcg"}
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)


def test_when_a_way_is_not_known_then_the_known_ones_are_named(home: Path) -> None:
    with pytest.raises(BadInput) as refused:
        evaluate_search("words,magic", most=1, principal=LOCAL_ANALYST)

    assert "hybrid" in refused.value.text("en")


def test_when_briefs_are_evaluated_then_each_has_a_row_and_the_result_is_plain(
    home: Path, small_shipped: object
) -> None:
    evaluation = evaluate_briefs(evaluation_briefs(4, seed=7, alternatives=2), principal=LOCAL_ANALYST)
    searched = [SearchQuality("words", "all", 3, {"ndcg": Interval(0.5, 0.4, 0.6)})]
    rows = brief_rows(evaluation)
    result = result_of(searched, evaluation, ())

    assert len(rows) == 4
    assert [row["grade"] is None for row in rows] == [row["refused"] is not None for row in rows]
    assert metrics_of(searched, evaluation)["words.ndcg"] == 0.5
    assert result["formulas"]["briefs"] == 4
    assert result["search"] == search_rows(searched)


def test_when_briefs_are_drawn_for_an_evaluation_then_they_are_the_same_each_time() -> None:
    briefs = evaluation_briefs(5, seed=7)

    assert briefs == evaluation_briefs(5, seed=7)
    assert briefs != evaluation_briefs(5, seed=8)
    assert {brief.alternatives for brief in briefs} == {3}
