"""Charts of a clustering, from the plain values of explorer.json and evidence.json.

Clusters are told apart by colour and by symbol, so that no one depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.charts import BELOW, MARGIN
from core.customers.vocabulary import rhythm_text
from core.messages import say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# From the brand's blue to its violet, with hues between that stay apart for colour-blind readers
# (after Okabe and Ito).
COLOURS = (
    "#2563eb", "#e69f00", "#009e73", "#7c3aed", "#d55e00", "#56b4e9", "#cc79a7", "#6b7280", "#b8a800", "#111827",
)  # fmt: skip
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star", "hexagon", "triangle-down", "bowtie")


def feature_label(feature: str, language: str) -> str:
    """What a person calls a feature of the model."""
    name, _, level = feature.partition("=")
    if level:
        return say("customers.feature_frequency", language, level=rhythm_text(level, language))
    return say(f"customers.feature_{name}", language)


def field_label(field: str, language: str) -> str:
    """What a person calls a profile field, or "combination"."""
    return say(f"customers.field_{field}", language)


def projection_figure(explorer: Mapping[str, Any], language: str) -> Figure:
    """A sample of the customers on the first two principal components, coloured by cluster."""
    from plotly.graph_objects import Figure, Scattergl

    points = explorer["points"]
    figure = Figure()
    for cluster, names in enumerate(explorer["names"]):
        rows = [row for row, of in enumerate(points["cluster"]) if of == cluster]
        figure.add_trace(
            Scattergl(
                x=[points["x"][row] for row in rows],
                y=[points["y"][row] for row in rows],
                mode="markers",
                name=names[language],
                marker={
                    "color": COLOURS[cluster % len(COLOURS)],
                    "symbol": SYMBOLS[cluster % len(SYMBOLS)],
                    "size": 6,
                    "opacity": 0.75,
                },
                text=[_hover(points, row, language) for row in rows],
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
            )
        )
    return figure.update_layout(
        title=say("customers.chart_projection", language, shown=explorer["shown"]),
        xaxis_title=say("customers.chart_component", language, number=1),
        yaxis_title=say("customers.chart_component", language, number=2),
        legend=BELOW,
        margin=MARGIN,
    )


def profiles_figure(explorer: Mapping[str, Any], language: str) -> Figure:
    """Each cluster's means, in standard deviations from the mean of all customers."""
    from plotly.graph_objects import Bar, Figure

    profiles = explorer["profiles"]
    labels = [feature_label(feature, language) for feature in profiles["features"]]
    bars = [
        Bar(x=labels, y=values, name=names[language], marker_color=COLOURS[cluster % len(COLOURS)])
        for cluster, (names, values) in enumerate(zip(explorer["names"], profiles["by_cluster"], strict=True))
    ]
    figure = Figure(bars).update_layout(
        title=say("customers.chart_profiles", language),
        barmode="group",
        legend=BELOW,
        margin=MARGIN,
    )
    return figure.update_yaxes(ticksuffix=" σ", zeroline=True, zerolinecolor="#6b7280")


def sizes_figure(explorer: Mapping[str, Any], language: str) -> Figure:
    """Customers per cluster, largest on top."""
    from plotly.graph_objects import Bar, Figure

    order = sorted(range(len(explorer["sizes"])), key=lambda cluster: explorer["sizes"][cluster])
    total = sum(explorer["sizes"])
    bar = Bar(
        x=[explorer["sizes"][cluster] for cluster in order],
        y=[explorer["names"][cluster][language] for cluster in order],
        orientation="h",
        marker_color=[COLOURS[cluster % len(COLOURS)] for cluster in order],
        text=[f"{explorer['sizes'][cluster] / total:.0%}" for cluster in order],
    )
    return Figure(bar).update_layout(
        title=say("customers.chart_sizes", language),
        xaxis_title=say("customers.chart_customers", language),
        margin=MARGIN,
    )


def evidence_figure(evidence: Mapping[str, Any], language: str) -> Figure:
    """For every feature set, its best scaling at each K: the silhouette above the reference, and the limit."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    sets = dict.fromkeys(candidate["feature_set"] for candidate in evidence["candidates"])
    for number, feature_set in enumerate(sets):
        best = best_by_k(evidence["candidates"], feature_set)
        figure.add_trace(
            Scatter(
                x=list(best),
                y=list(best.values()),
                mode="lines+markers",
                name=feature_set.replace("_", " "),
                line={"color": COLOURS[number % len(COLOURS)]},
                marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 8},
            )
        )
    figure.add_hline(
        y=evidence["limits"]["gap"], line_dash="dot", annotation_text=say("customers.chart_limit", language)
    )
    return figure.update_layout(
        title=say("customers.chart_evidence", language),
        xaxis_title=say("customers.chart_clusters", language),
        legend=BELOW,
        margin=MARGIN,
    )


def best_by_k(candidates: Sequence[Mapping[str, Any]], feature_set: str) -> dict[int, float]:
    """Largest gap of a feature set at each K, over its scalings."""
    best: dict[int, float] = {}
    for candidate in candidates:
        if candidate["feature_set"] == feature_set:
            best[candidate["k"]] = max(candidate["gap"], best.get(candidate["k"], candidate["gap"]))
    return dict(sorted(best.items()))


def _hover(points: Mapping[str, Any], row: int, language: str) -> str:
    rhythm = rhythm_text(points["frequency"][row], language)
    subscribed = "✓" if points["subscribed"][row] else "–"
    return (
        f"{say('customers.feature_age', language)}: {points['age'][row]:.0f}<br>"
        f"{say('customers.feature_amount', language)}: {points['purchase_amount'][row]:.0f}<br>"
        f"{field_label('frequency', language)}: {rhythm}<br>{field_label('subscribed', language)}: {subscribed}"
    )
