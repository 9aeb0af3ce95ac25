"""Charts of an explanation, from the plain values of explanation.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.charts import BELOW, BLUE, GREY, MARGIN, ORANGE, VIOLET
from core.messages import say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SHOWN = 15
LINE_PX = 26  # height of a bar


def method_label(method: str, language: str) -> str:
    """What a person calls a method."""
    return say(f"ctr.method_{method}", language)


def importance_figure(
    explanation: Mapping[str, Any], method: str, language: str, *, shown: int = SHOWN,
    labels: Mapping[str, str] | None = None,
) -> Figure:  # fmt: skip
    """The most important columns by "forest", "permutation", "shap", "contribution" or "network", with intervals."""
    from plotly.graph_objects import Bar, Figure

    found = [(one["name"], one[method]) for one in explanation["features"] if one.get(method)]
    if method == "network" and explanation["network"]:
        found = [(one["name"], one) for one in explanation["network"]["columns"]]
    top = sorted(found, key=lambda one: -one[1]["value"])[:shown][::-1]
    bar = Bar(
        x=[one["value"] for _, one in top], y=[(labels or {}).get(name, name) for name, _ in top], orientation="h",
        marker_color=BLUE, name=method_label(method, language),
        error_x={
            "type": "data", "symmetric": False, "array": [one["high"] - one["value"] for _, one in top],
            "arrayminus": [one["value"] - one["low"] for _, one in top],
        },
    )  # fmt: skip
    figure = Figure(bar).update_layout(
        title=method_label(method, language), margin=MARGIN, height=120 + LINE_PX * max(len(top), 3)
    )
    figure.update_yaxes(type="category")
    return figure.update_xaxes(title=say(f"ctr.unit_{method}", language), zeroline=True, zerolinecolor=GREY)


def agreement_figure(explanation: Mapping[str, Any], language: str) -> Figure:
    """Rank agreement of every two methods; each cell also tells how many columns both top tens share."""
    from plotly.graph_objects import Figure, Heatmap

    methods = explanation["agreement"]["methods"]
    pairs = {(one["first"], one["second"]): one for one in explanation["agreement"]["pairs"]}
    cells: list[list[float | None]] = []
    texts: list[list[str]] = []
    for row in methods:
        found = [pairs.get((row, column)) or pairs.get((column, row)) for column in methods]
        cells.append([1.0 if row == column else _rank(one) for column, one in zip(methods, found, strict=True)])
        texts.append(["" if one is None else f"{one['rank_correlation']:.2f}<br>{one['overlap']}/10" for one in found])
    names = [method_label(method, language) for method in methods]
    heat = Heatmap(z=cells, x=names, y=names, text=texts, texttemplate="%{text}", zmin=-1, zmax=1, colorscale="RdBu_r")
    figure = Figure(heat).update_layout(title=say("ctr.chart_agreement", language), margin=MARGIN)
    return figure.update_yaxes(autorange="reversed")


def contributions_figure(
    explanation: Mapping[str, Any], language: str, *, labels: Mapping[str, str] | None = None
) -> Figure:
    """Single SHAP values: a point per row, to the right where the column raises the log-odds, coloured by its cell."""
    from plotly.graph_objects import Figure, Scattergl

    figure = Figure()
    columns = explanation["contributions"]["columns"]
    names = [(labels or {}).get(one["name"], one["name"]) for one in columns]
    for place, one in enumerate(columns[::-1]):
        count = len(one["shap"])
        # Spread by place and not by chance: the same document gives the same picture.
        heights = [place + 0.36 * (((7 * row) % 11) / 5 - 1) for row in range(count)]
        marker = {
            "color": [0.5 if level is None else level for level in one["level"]],
            "colorscale": [[0, BLUE], [1, ORANGE]],
            "size": 5, "opacity": 0.7, "cmin": 0, "cmax": 1, "showscale": place == 0,
            "colorbar": {
                "title": say("ctr.chart_cell", language), "tickvals": [0, 1],
                "ticktext": [say("ctr.chart_low", language), say("ctr.chart_high", language)],
            },
        }  # fmt: skip
        figure.add_trace(
            Scattergl(x=one["shap"], y=heights, mode="markers", marker=marker, name=one["name"], showlegend=False)
        )
    figure.add_vline(x=0, line_color=GREY)
    figure.update_layout(
        title=say("ctr.chart_row_contributions", language), margin=MARGIN, height=140 + LINE_PX * max(len(columns), 3)
    )
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names[::-1])
    return figure.update_xaxes(title=say("ctr.unit_shap", language))


def correlation_figure(
    correlation: Mapping[str, Any], language: str, *, features: Sequence[str] | None = None
) -> Figure:
    """Heat map of the correlation matrix, of the named columns or of all."""
    from plotly.graph_objects import Figure, Heatmap

    every = correlation["features"]
    names = [name for name in features or every if name in every]
    places = [every.index(name) for name in names]
    cells = [[correlation["matrix"][row][column] for column in places] for row in places]
    heat = Heatmap(z=cells, x=names, y=names, zmin=-1, zmax=1, colorscale="RdBu_r")
    figure = Figure(heat).update_layout(title=say("ctr.chart_correlation", language), margin=MARGIN)
    return figure.update_yaxes(autorange="reversed")


def local_figure(
    local: Mapping[str, Any], language: str, *, shown: int = 10, labels: Mapping[str, str] | None = None
) -> Figure:
    """Contributions of one impression (of `explanation["local"]`, or `LocalExplanation` as a dict), largest on top."""
    from plotly.graph_objects import Bar, Figure

    top = local["contributions"][:shown]
    rest = sum(one["contribution"] for one in local["contributions"][shown:]) + local["remainder"]
    names = [f"{(labels or {}).get(one['name'], one['name'])} = {one['value'] or '∅'}" for one in top]
    names.append(say("ctr.chart_rest", language))
    values = [*(one["contribution"] for one in top), rest]
    colours = [ORANGE if value > 0 else VIOLET for value in values]
    bar = Bar(x=values[::-1], y=names[::-1], orientation="h", marker_color=colours[::-1], name="")
    title = say("ctr.chart_local", language, probability=f"{100 * local['probability']:.2f}")
    figure = Figure(bar).update_layout(title=title, margin=MARGIN, height=120 + LINE_PX * len(values))
    figure.add_vline(x=0, line_color=GREY)
    figure.update_yaxes(type="category")
    return figure.update_xaxes(title=say("ctr.unit_shap", language))


def methods_figure(explanation: Mapping[str, Any], language: str, *, shown: int = 10) -> Figure:
    """Ranks (1 is most important) that each method gives to the columns of the forest's top."""
    from plotly.graph_objects import Figure, Scatter

    features = explanation["features"]
    figure = Figure()
    for method, symbol in zip(("forest", "permutation", "shap", "contribution"), SYMBOLS, strict=True):
        known = [one for one in features if one.get(method)]
        order = sorted(known, key=lambda one, method=method: -one[method]["value"])  # type: ignore[misc]
        rank = {one["name"]: place + 1 for place, one in enumerate(order)}
        names = [one["name"] for one in features[:shown] if one["name"] in rank]
        if names:
            figure.add_trace(
                Scatter(
                    x=[rank[name] for name in names], y=names, mode="markers", name=method_label(method, language),
                    marker={"symbol": symbol, "size": 10},
                )
            )  # fmt: skip
    figure.update_layout(title=say("ctr.chart_ranks", language), legend=BELOW, margin=MARGIN)
    figure.update_yaxes(autorange="reversed", type="category")
    return figure.update_xaxes(type="log", title=say("ctr.chart_rank", language))


SYMBOLS = ("circle", "square", "diamond", "x")


def _rank(pair: Mapping[str, Any] | None) -> float | None:
    return None if pair is None else float(pair["rank_correlation"])
