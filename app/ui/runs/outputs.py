"""What a cell put out, drawn so that nothing of it can act: no script of an output runs in the page.

HTML that is no table lies in a frame without any right, inside a page that may load nothing.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import formats
from app.ui.run_charts import CONFIG
from app.ui.texts import say
from core.jobs.runs.notebook_outputs import Output

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LOW, HIGH = 160, 420  # [px] of a frame; what is in it cannot tell how high it is
SHORT = 2000  # characters
CAGE = """<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'unsafe-inline'; img-src data:; frame-src 'self'; form-action 'none'; base-uri 'none'">
<style>html, body {{ height: 100%; margin: 0; }}
iframe {{ background: #fff; border: 0; height: 100%; width: 100%; }}</style>
<iframe sandbox="" title="{title}" srcdoc="{inner}"></iframe>"""


def draw(output: Output, *, key: str) -> None:
    """One output in the form that its kind asks for."""
    if output.kind == "text":
        st.code(output.text, language=None, wrap_lines=True)
    elif output.kind == "error":
        st.error(formats.plain(output.title), icon=":material/error:")
        with st.expander(say("runs.trace"), key=f"trace-{key}"):
            st.code(output.text, language=None, wrap_lines=True)
    elif output.kind == "table":
        _draw_table(output)
    elif output.kind == "figure":
        _draw_figure(output, key)
    elif output.kind == "picture":
        st.image(output.picture, alt=say("runs.picture"))
    elif output.kind == "svg":
        st.image(output.text, alt=say("runs.picture"))
    elif output.kind == "html":
        st.iframe(caged(output.text), height=LOW if len(output.text) < SHORT else HIGH, alt=say("runs.html_output"))
    elif output.kind == "markdown":
        draw_markdown(output.text)
    else:
        st.caption(f":material/visibility_off: {say('runs.left_out', what=output.text)}")
        return
    if output.is_cut:
        st.caption(f":material/content_cut: {say('runs.cut')}")


def draw_markdown(text: str) -> None:
    """Text of a notebook. Streamlit shows HTML in it as words; pictures from elsewhere stay words too."""
    st.markdown(text.replace("![", "!\\["))


def caged(html: str) -> str:
    """A page with the HTML in a frame that may run nothing, load nothing and go nowhere."""
    return CAGE.format(title=escape(say("runs.html_output")), inner=escape(html))


def _draw_table(output: Output) -> None:
    rows = [dict(zip(output.columns, row, strict=True)) for row in output.rows]
    if output.text:
        st.caption(output.text)
    st.dataframe(rows, hide_index=True, alt=say("runs.table"))


def _draw_figure(output: Output, key: str) -> None:
    figure = _figure_of(output)
    if figure is None:
        st.caption(f":material/visibility_off: {say('runs.left_out', what='Plotly')}")
        return
    title = (figure.layout.title.text or "").replace("<br>", " ")
    if title:  # above it, where a long one finds room on a phone
        st.markdown(f"**{formats.plain(title)}**")
        figure.update_layout(title=None)
    st.plotly_chart(figure, config=CONFIG, key=f"figure-{key}", alt=title or say("runs.chart"))


def _figure_of(output: Output) -> Figure | None:
    """None for what is no figure; pictures in it are left out, for they may come from elsewhere."""
    from plotly.graph_objects import Figure

    try:
        figure = Figure(output.figure)
    except (ValueError, TypeError):
        return None
    return figure.update_layout(images=[])
