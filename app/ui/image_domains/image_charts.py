"""Charts of a build or calibration, built once per run and language; each can be saved as a picture and as rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import resources, state
from app.ui.ctr_charts import CONFIG, laid_out
from app.ui.texts import say
from core.images.figures import data_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@st.cache_resource(max_entries=64, show_spinner=False)
def _built(chart: str, run_id: str, language: str, _build: Callable[[str], Figure]) -> Figure:
    return laid_out(_build(language))


def draw(chart: str, run_id: str, build: Callable[[str], Figure]) -> None:
    """A chart of the run, kept under `chart`, which must name whatever else the chart depends on."""
    figure = _built(chart, run_id, state.language(), build)
    name = f"images_{chart}_{run_id[:8]}"
    image = {"filename": name, "format": "png", "scale": 2}
    st.plotly_chart(figure, config={**CONFIG, "toImageButtonOptions": image}, key=f"chart-{chart}")
    st.download_button(
        say("ctr.chart_data"),
        partial(_rows_of, figure),
        f"{name}.csv",
        "text/csv",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
        key=f"data-{chart}",
    )


def _rows_of(figure: Figure) -> bytes:
    return resources.rows_as_csv(list(data_of(figure)))
