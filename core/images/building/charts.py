"""Charts of a build, from the plain values of its report.json; `core.charts` gives their rows.

Series are told apart by colour and by symbol, pattern or dash, so that no one depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.charts import BELOW, BLUE, GREY, MARGIN, ORANGE, error_bars
from core.images.names import class_shown
from core.messages import say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ROW_PX, FRAME_PX = 26, 150  # height of a named row, and of what surrounds the rows
MOST_TEXT = 15  # classes up to which a confusion cell has room for its number


def confusion_figure(confusion: Mapping[str, Any], language: str, names: Mapping[str, str] | None = None) -> Figure:
    """Held-out pictures by their class, in rows, and by the class they were taken for."""
    from plotly.graph_objects import Figure, Heatmap

    classes = _labels(confusion["classes"], language, names)
    heatmap = Heatmap(
        x=classes, y=classes, z=confusion["counts"], colorscale="Blues", name=say("images.chart_pictures", language),
        texttemplate="%{z}" if len(classes) <= MOST_TEXT else None,
        hovertemplate="%{y} → %{x}: %{z}<extra></extra>",
    )  # fmt: skip
    figure = Figure(heatmap).update_layout(
        title=say("images.chart_confusion", language), margin=MARGIN, height=FRAME_PX + ROW_PX * len(classes)
    )
    figure.update_xaxes(title=say("images.chart_taken_for", language), type="category", automargin=True)
    return figure.update_yaxes(
        title=say("images.chart_class", language), type="category", autorange="reversed", automargin=True
    )


def classes_figure(classes: Sequence[Mapping[str, Any]], language: str) -> Figure:
    """Share of each class's held-out pictures named right, the weakest on top; classes without any are left out."""
    from plotly.graph_objects import Bar, Figure

    names = {one["name"]: one["english"] for one in classes}
    held = [one for one in classes if one["held_out"]]
    rows = sorted(held, key=lambda one: (one["top_1"], one["held_out"], one["name"]), reverse=True)
    bar = Bar(
        x=[one["top_1"] for one in rows], y=_labels([one["name"] for one in rows], language, names), orientation="h",
        name=say("images.chart_top_1", language), marker_color=BLUE,
        text=[f"{one['right']:,} / {one['held_out']:,}" for one in rows],
    )  # fmt: skip
    figure = Figure(bar).update_layout(
        title=say("images.chart_classes", language), margin=MARGIN, height=FRAME_PX + ROW_PX * len(rows)
    )
    figure.update_xaxes(title=say("images.chart_top_1", language), tickformat=".0%", range=[0, 1])
    return figure.update_yaxes(type="category", automargin=True)


def methods_figure(methods: Sequence[Mapping[str, Any]], language: str) -> Figure:
    """Top-1 and AUROC of every method that could be tried, with intervals."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for measure, colour, symbol in (("top_1", BLUE, "circle"), ("auroc", ORANGE, "diamond")):
        rows = [one for one in methods if one[measure] is not None][::-1]
        figure.add_trace(
            Scatter(
                x=[one[measure]["value"] for one in rows],
                y=[say(f"images.method_{one['name']}", language) for one in rows],
                mode="markers", name=say(f"images.chart_{measure}", language), orientation="h", offsetgroup=measure,
                marker={"color": colour, "symbol": symbol, "size": 11},
                error_x=error_bars([one[measure] for one in rows]),
            )
        )  # fmt: skip
    figure.update_layout(
        title=say("images.chart_methods", language), legend=BELOW, margin=MARGIN,
        scattermode="group", scattergap=0.6,  # beside each other: intervals on one line hide each other
    )  # fmt: skip
    figure.update_xaxes(tickformat=".0%")
    return figure.update_yaxes(type="category", automargin=True)


def before_after_figure(versus: Mapping[str, Any], language: str, names: Mapping[str, str] | None = None) -> Figure:
    """What a build changed: held-out top-1, and the best similarity of every picture that reviewers spoke of.

    versus: `versus_before` of the report; either side of it may be None, or know no top-1.
    """
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    remarks = versus["remarks"][::-1]
    rows = [f"{class_shown(one['class_name'], language, names)} · {one['file_name']}" for one in remarks]
    heights = [3, max(len(rows), 3)] if rows else [1]
    figure = make_subplots(rows=len(heights), row_heights=heights, vertical_spacing=0.3 if rows else None)
    for side, colour, symbol in (("before", GREY, "circle-open"), ("after", BLUE, "circle")):
        style = {
            "mode": "markers", "name": say(f"images.chart_{side}", language), "legendgroup": side,
            "marker": {"color": colour, "symbol": symbol, "size": 11},
        }  # fmt: skip
        shares = [one for one in [(versus[side] or {}).get("top_1")] if one is not None]
        labels = [say(f"images.chart_{side}", language)] * len(shares)
        top_1 = Scatter(x=[one["value"] for one in shares], y=labels, error_x=error_bars(shares), **style)
        figure.add_trace(top_1, row=1, col=1)
        seen = [(row, one[side]) for row, one in zip(rows, remarks, strict=True) if one[side] is not None]
        if seen:
            similar = Scatter(
                x=[one["s1"] for _, one in seen], y=[row for row, _ in seen], showlegend=False,
                text=[class_shown(one["verdict"], language, names) for _, one in seen],
                hovertemplate="%{text}: %{x:.3f}<extra>%{fullData.name}</extra>", **style,
            )  # fmt: skip
            figure.add_trace(similar, row=2, col=1)
    height = FRAME_PX + 90 + ROW_PX * (3 + len(rows))
    figure.update_layout(title=say("images.chart_before_after", language), legend=BELOW, margin=MARGIN, height=height)
    figure.update_xaxes(title=say("images.chart_top_1", language), tickformat=".0%", row=1, col=1)
    figure.update_yaxes(autorange="reversed", row=1, col=1)
    if rows:
        figure.update_xaxes(title=say("images.chart_s1", language), row=2, col=1)
    return figure.update_yaxes(type="category", automargin=True)


def _labels(classes: Sequence[str], language: str, names: Mapping[str, str] | None) -> list[str]:
    """The same for classes on an axis, where two with one English name would fall together."""
    shown = [class_shown(one, language, names) for one in classes]
    return [label if shown.count(label) == 1 else one for one, label in zip(classes, shown, strict=True)]
