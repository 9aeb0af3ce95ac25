"""Plotly charts built once per model version and language, and drawn without being checked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.ui import state
from app.ui.run_charts import lines_of, title_of
from core.customers import charts
from core.customers.serving import current_file

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BUILDERS: dict[str, tuple[Callable[[Any, str], Figure], str]] = {
    "projection": (charts.projection_figure, "explorer.json"),
    "profiles": (charts.profiles_figure, "explorer.json"),
    "sizes": (charts.sizes_figure, "explorer.json"),
    "evidence": (charts.evidence_figure, "evidence.json"),
}
HEIGHTS = {"projection": 460, "profiles": 380, "sizes": 380, "evidence": 400}  # [px]
CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}


@st.cache_resource(max_entries=32, show_spinner=False)
def _built(chart: str, slot: str, version: str, language: str) -> Figure:
    build, file = BUILDERS[chart]
    figure = build(current_file(file, slot), language)
    return figure.update_layout(height=HEIGHTS[chart], title_text="<br>".join(lines_of(title_of(figure))))


def draw(chart: str, slot: str, version: str) -> None:
    """One of BUILDERS for the published model of a slot."""
    figure = _built(chart, slot, version, state.language())
    st.plotly_chart(figure, config=CONFIG, key=f"chart-{chart}", alt=title_of(figure))


def draw_pulls(title: str, labels: list[str], shares: list[float], toward: str, away: str) -> None:
    """How much each feature pulled towards the nearest cluster (right) or the second (left), as signed shares.

    title: said to screen readers; the page shows it as a heading.
    """
    from plotly.graph_objects import Bar, Figure

    bar = Bar(
        x=shares[::-1],
        y=labels[::-1],
        orientation="h",
        marker_color=[charts.COLOURS[0] if share >= 0 else charts.COLOURS[1] for share in shares[::-1]],
        text=[f"{share:+.0%}" for share in shares[::-1]],
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure = Figure(bar).update_layout(
        height=60 + 44 * len(labels), margin={"l": 10, "r": 10, "t": 10, "b": 30}, showlegend=False
    )
    figure.update_xaxes(
        range=[-1, 1],
        tickformat="+.0%",
        zeroline=True,
        tickvals=[-0.75, 0, 0.75],
        ticktext=[f"◀ {away}", "0", f"{toward} ▶"],
    )
    st.plotly_chart(figure, config={"displayModeBar": False}, key="chart-pulls", alt=title)
