"""Charts of a validation; `core.charts` gives their rows, and `figure.layout.meta["alt"]` tells each in a sentence.

Layers are told apart by colour and by pattern or dash, so that no one depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.charts import BELOW, BLUE, GREEN, GREY, MARGIN, ORANGE
from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Position
from core.fragrance.validation.evaporation import FIRST_MINUTE
from core.fragrance.validation.validating import Evaporation
from core.fragrance.vocabulary import label
from core.messages import say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

STYLES: dict[Position, tuple[str, str]] = {"top": (ORANGE, ""), "heart": (GREEN, "/"), "base": (BLUE, "x")}
TICKS = (1 / 60, 5 / 60, 0.25, 1.0, 3.0, 8.0, 24.0)  # [h]
BAR_PX, FRAME_PX = 22, 170
FOR_LAST_HOUR = MARGIN | {"r": 40}  # or the label of the last hour, half outside the plot, is left out
SHOWN = 24  # times of the heatmap; the eye tells no more apart


def odour_figure(evaporation: Evaporation, language: str, longevity_h: float | None = None) -> Figure:
    """Odour activity over hours, stacked by layer; the hours on a logarithmic scale, since top notes last minutes."""
    from plotly.graph_objects import Figure, Scatter

    hours, after = evaporation.hours, _after_a_minute(evaporation)
    figure = Figure(
        [
            Scatter(
                x=[hours[place] for place in after], y=[evaporation.by_position[position][place] for place in after],
                name=label("layer", position, language), stackgroup="odour", mode="lines",
                line={"color": STYLES[position][0]}, fillpattern={"shape": STYLES[position][1]},
                hovertemplate="%{x:.2f} h · %{y:.3f}<extra>%{fullData.name}</extra>",
            )
            for position in reversed(POSITIONS)
        ]
    )  # fmt: skip
    if longevity_h and FIRST_MINUTE < longevity_h < hours[-1]:
        told = say("fragrance_validation.chart_longevity", language, hours=f"{longevity_h:.1f}")
        # Shapes on a logarithmic axis stand at values, their notes at logarithms.
        figure.add_shape(type="line", x0=longevity_h, x1=longevity_h, y0=0, y1=1, yref="paper", line_dash="dash",
                         line_color=GREY)  # fmt: skip
        figure.add_annotation(x=float(np.log10(longevity_h)), y=1, yref="paper", text=told, showarrow=False,
                              xanchor="right", yanchor="top")  # fmt: skip
    figure.update_layout(
        title=say("fragrance_validation.chart_odour", language), legend=BELOW, margin=FOR_LAST_HOUR,
        meta={"alt": _alt_of_odour(evaporation, longevity_h, language)},
    )  # fmt: skip
    _hours_axis(figure, language)
    return figure.update_yaxes(title=say("fragrance_validation.chart_activity", language), rangemode="tozero")


def left_figure(evaporation: Evaporation, catalogue: Catalogue, language: str) -> Figure:
    """Percent of each material left over hours, the most volatile at the top; dark is much, light little."""
    from plotly.graph_objects import Figure, Heatmap

    names = _names(evaporation.left, catalogue, language)
    hours = np.geomspace(FIRST_MINUTE, evaporation.hours[-1], SHOWN)
    rows = [(100 * np.interp(hours, evaporation.hours, kept)).round(2).tolist() for kept in evaporation.left.values()]
    unit = say("fragrance_validation.chart_left_unit", language)
    figure = Figure(
        Heatmap(
            x=hours.round(3).tolist(), y=list(names.values()), z=rows, zmin=0, zmax=100, colorscale="Blues",
            name=unit,
            colorbar={"title": unit, "orientation": "h", "y": 0.0, "yref": "container", "yanchor": "bottom"},
            hovertemplate="%{y}<br>%{x:.2f} h · %{z:.0f} %<extra></extra>",
        )
    )  # fmt: skip
    half_day = {name: float(np.interp(12, evaporation.hours, evaporation.left[key])) for key, name in names.items()}
    staying = [name for name, kept in half_day.items() if kept >= 0.5]
    alt = say("fragrance_validation.alt_left", language, count=len(names), staying=len(staying),
              names=", ".join(staying[-5:]) or "–")  # fmt: skip
    figure.update_layout(
        title=say("fragrance_validation.chart_left", language), margin=FOR_LAST_HOUR, meta={"alt": alt},
        height=FRAME_PX + BAR_PX * max(len(names), 4),
    )  # fmt: skip
    _hours_axis(figure, language)
    return figure.update_yaxes(autorange="reversed", dtick=1)


def pyramid_figure(shares: Mapping[str, float], catalogue: Catalogue, language: str) -> Figure:
    """Ingredients as bars, layer by layer from the top. shares: percent of the concentrate by material id; solvents
    and materials that the catalogue does not hold belong to no layer and are left out."""
    from plotly.graph_objects import Bar, Figure

    layers = {position: _of_layer(shares, catalogue, position) for position in POSITIONS}
    names = _names([key for one in layers.values() for key in one], catalogue, language)
    figure = Figure()
    for position, keys in layers.items():
        colour, pattern = STYLES[position]
        sum_told = f"{sum(shares[key] for key in keys):.1f} %"
        figure.add_trace(
            Bar(
                x=[shares[key] for key in keys], y=[names[key] for key in keys], orientation="h",
                name=f"{label('layer', position, language)} · {sum_told}",
                marker={"color": colour, "pattern": {"shape": pattern}},
                text=[f"{shares[key]:.2f} %" for key in keys], textposition="outside", cliponaxis=False,
                hovertemplate="%{y} · %{x:.3f} %<extra>%{fullData.name}</extra>",
            )
        )  # fmt: skip
    told = {position: f"{sum(shares[key] for key in keys):.1f}" for position, keys in layers.items()}
    figure.update_layout(
        title=say("fragrance_validation.chart_pyramid", language), legend=BELOW, margin=MARGIN,
        height=FRAME_PX + BAR_PX * max(len(names), 4),
        meta={"alt": say("fragrance_validation.alt_pyramid", language, count=len(names), **told)},
    )  # fmt: skip
    highest = max((shares[key] for key in names), default=1.0)
    figure.update_xaxes(title=say("fragrance_validation.chart_share", language), range=[0, 1.15 * highest])
    # Bars of one trace would otherwise be followed by those that share a name with none of the others.
    return figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=list(names.values()), dtick=1)


def _of_layer(shares: Mapping[str, float], catalogue: Catalogue, position: Position) -> list[str]:
    """Material ids, largest share first."""
    known = {key: catalogue.materials[key] for key in shares if key in catalogue.materials}
    found = [key for key, one in known.items() if one.position == position and one.kind != "solvent"]
    return sorted(found, key=lambda key: (-shares[key], key))


def _names(keys: Mapping[str, object] | list[str], catalogue: Catalogue, language: str) -> dict[str, str]:
    """Names by material id; two materials of one name are told apart by their ids, or their bars would be one."""
    names = {key: catalogue.materials[key].name(language) if key in catalogue.materials else key for key in keys}
    shown = list(names.values())
    return {key: name if shown.count(name) == 1 else f"{name} ({key})" for key, name in names.items()}


def _after_a_minute(evaporation: Evaporation) -> list[int]:
    """Places of the times that a logarithmic axis can show."""
    return [place for place, hour in enumerate(evaporation.hours) if hour > 0]


def _hours_axis(figure: Figure, language: str) -> None:
    minute, hour = (say(f"fragrance_validation.{unit}", language, count="{}") for unit in ("minutes", "hours"))
    texts = [hour.format(f"{one:g}") if one >= 1 else minute.format(f"{60 * one:.0f}") for one in TICKS]
    figure.update_xaxes(
        title=say("fragrance_validation.chart_hours", language), type="log", tickvals=list(TICKS), ticktext=texts,
        range=[float(np.log10(TICKS[0])), float(np.log10(TICKS[-1]))],
    )  # fmt: skip


def _alt_of_odour(evaporation: Evaporation, longevity_h: float | None, language: str) -> str:
    strongest = {
        f"at_{name}": label("layer", max(POSITIONS, key=lambda one: evaporation.by_position[one][place]), language)
        for name, place in (
            ("start", 0), ("hour", int(np.searchsorted(evaporation.hours, 1.0))), ("end", len(evaporation.hours) - 1)
        )
    }  # fmt: skip
    told = "–" if longevity_h is None else f"{longevity_h:.1f}"
    return say("fragrance_validation.alt_odour", language, hours=told, **strongest)
