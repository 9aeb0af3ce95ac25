"""The report of an evaluation as plain values: how well is found, how well is composed, and what was published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.charts import BELOW, BLUE, GREEN, GREY, MARGIN, ORANGE, VIOLET, error_bars
from core.errors import BadInput
from core.fragrance.catalogue.stored import perfumes
from core.fragrance.evaluation.search_quality import WAYS, Quality, judged, product_ways, qualities
from core.fragrance.evaluation.search_queries import needs
from core.fragrance.tuning.champion_table import Published
from core.fragrance.tuning.evaluating import Evaluation
from core.messages import say
from core.security.policy import Principal

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

COLOURS = (BLUE, ORANGE, GREEN, VIOLET, GREY)
SUBSETS = ("all", "filtered", "unfiltered", "English", "Korean")


def evaluate_search(ways: str, *, most: int, principal: Principal) -> list[Quality]:
    """The labelled queries asked of the catalogue. ways: names of `search_quality.WAYS`, separated by commas.

    Raises BadInput for a way that is none; empty where the catalogue holds nothing that any query looks for.
    """
    names = [one.strip() for one in ways.split(",") if one.strip()]
    for name in names:
        if name not in WAYS:
            raise BadInput("fragrance_tuning.unknown_way", way=name, known=", ".join(WAYS))
    found = judged(product_ways(principal, names), perfumes(principal), needs()[:most])
    return qualities(found, SUBSETS)


def search_rows(found: Sequence[Quality]) -> list[dict[str, Any]]:
    """A row for each measure of each way on each subset."""
    return [
        {"way": one.way, "queries of": one.subset, "queries": one.count, "measure": name, **asdict(interval)}
        for one in found
        for name, interval in one.measures.items()
    ]


def search_figure(found: Sequence[Quality], language: str) -> Figure:
    """nDCG by subset, one series for each way."""
    from plotly.graph_objects import Bar, Figure

    figure = Figure()
    for number, way in enumerate(dict.fromkeys(one.way for one in found)):
        mine = [
            (one.subset, asdict(one.measures["ndcg"])) for one in found if one.way == way and "ndcg" in one.measures
        ]
        values = [interval for _, interval in mine]
        figure.add_trace(
            Bar(
                x=[subset for subset, _ in mine], y=[one["value"] for one in values], error_y=error_bars(values),
                name=way, marker={"color": COLOURS[number % len(COLOURS)]},
            )
        )  # fmt: skip
    figure.update_layout(title=say("fragrance_tuning.chart_search", language), legend=BELOW, margin=MARGIN)
    return figure.update_yaxes(range=[0, 1.02])


def brief_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """A row for each brief: what it asked for and how good its formula is, or why there is none."""
    rows = []
    for one in evaluation.composed:
        told = {"family": one.brief.family, "odours": ", ".join(one.brief.odour)}
        measured = {} if one.quality is None else {**vars(one.quality), "score": one.quality.score}
        grade = None if one.quality is None else one.quality.grade
        refused = None if one.refused is None else one.refused.text("en")
        rows.append({**told, "grade": grade, **measured, "refused": refused})
    return rows


def metrics_of(found: Sequence[Quality], evaluation: Evaluation) -> dict[str, float]:
    """For the run history."""
    searched = {
        f"{one.way.replace(' ', '_')}.{name}": interval.value
        for one in found
        if one.subset == "all"
        for name, interval in one.measures.items()
    }
    composed = {f"formulas.{name}": one.value for name, one in evaluation.measures.items() if one is not None}
    return {**searched, **composed}


def result_of(found: Sequence[Quality], evaluation: Evaluation, published: Sequence[Published]) -> dict[str, Any]:
    """The run's result as plain values."""
    return {
        "search": search_rows(found),
        "formulas": evaluation.as_dict(),
        "champions": [one.as_row() for one in published],
    }
