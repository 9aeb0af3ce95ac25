"""Charts of a run, built once per run and language; each can be saved as a picture and as the rows behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import streamlit as st

from app.ui import downloads, resources, state
from app.ui.texts import say
from core.charts import rows_of_chart
from core.storage.exports import CHART

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT, BUTTONS, LINE = 390, 34, 20  # [px]
COLUMNS = 36  # of a title on a phone
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "displayModeBar": True,  # its camera is how a chart becomes a picture, so it must not hide until hovered
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
}


@st.cache_resource(max_entries=128, show_spinner=False)
def _built(chart: str, version: str, language: str, _build: Callable[[str], Figure]) -> Figure:
    return _build(language)


def laid_out(figure: Figure) -> Figure:
    """With a height, and the title below the row of buttons: on a phone both do not fit side by side."""
    lines = lines_of(title_of(figure))
    title = {"text": "<br>".join(lines), "y": 1, "yref": "container", "yanchor": "top", "pad": {"t": BUTTONS}}
    top = BUTTONS + 20 + LINE * max(len(lines), 1)
    return figure.update_layout(height=figure.layout.height or HEIGHT, title=title, margin={"t": top})


def title_of(figure: Figure) -> str:
    """The title in one line, which is also the chart's name to a screen reader."""
    return (figure.layout.title.text or "").replace("<br>", " ")


def lines_of(title: str) -> list[str]:
    """The title in lines that fit a phone; a letter of Hangul is as wide as two others."""
    lines: list[str] = []
    for word in title.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and sum(1 + (east_asian_width(letter) in "WF") for letter in longer) <= COLUMNS:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def draw(chart: str, version: str, build: Callable[[str], Figure]) -> None:
    """A chart of the run `version`, kept under `chart`, which must name whatever else the chart depends on."""
    show(chart, _built(chart, version, state.language(), build), version)


def show(chart: str, figure: Figure, version: str) -> None:
    """A chart that is made anew on each run of the page."""
    figure = laid_out(figure)
    name = f"{chart}_{version[:8]}"
    image = {"filename": name, "format": "png", "scale": 2}
    st.plotly_chart(
        figure, config={**CONFIG, "toImageButtonOptions": image}, key=f"chart-{chart}", alt=title_of(figure)
    )
    downloads.offer(
        CHART, say("ctr.chart_data"), partial(_rows_of, figure), f"{name}.csv", "text/csv", target=version,
        looks="tertiary", key=f"data-{chart}",
    )  # fmt: skip


def _rows_of(figure: Figure) -> bytes:
    return resources.rows_as_csv(list(rows_of_chart(figure)))
