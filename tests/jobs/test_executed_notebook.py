"""What a run left is read as bounded plain values, and nothing of it can act."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import nbformat
import pytest

from core.errors import NotFound
from core.jobs.process_groups import run_folder
from core.jobs.records import submit
from core.jobs.runs.executed_notebook import NOT_OURS, cells_in, read_executed
from core.jobs.runs.notebook_outputs import MOST_ROWS, MOST_TEXT, Output, outputs_of, without_ansi
from core.security.policy import LOCAL_ANALYST, Principal, Role

FRAME = (
    '<div><style>td {}</style><small>shape: (2, 2)</small><table border="1" class="dataframe"><thead>'
    "<tr><th>name</th><th>loss</th></tr><tr><td>str</td><td>f64</td></tr></thead>"
    "<tbody><tr><td>&quot;a&lt;b&gt;&quot;</td><td>0.5</td></tr><tr><td>&quot;b&quot;</td><td>1.0</td></tr></tbody></table></div>"
)
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()


def displayed(**data: Any) -> Output:
    mimes = {name.replace("_", "/", 1).replace("_", "."): value for name, value in data.items()}
    return outputs_of([{"output_type": "display_data", "data": mimes}])[0]


def code(source: str, *, status: str = "completed", **more: Any) -> dict[str, Any]:
    told = {"status": status, "duration": 0.5, "exception": status == "failed"}
    return {"cell_type": "code", "source": source, "outputs": [], "metadata": {"papermill": told, **more}}


def test_when_text_is_printed_in_pieces_then_it_is_one_text_as_a_terminal_leaves_it() -> None:
    pieces = [{"output_type": "stream", "text": [one]} for one in ("10 %\r20 %\r", "100 %\n", "\x1b[31mred\x1b[0m\n")]
    assert outputs_of(pieces) == (Output("text", text="100 %\nred"),)


def test_when_a_cell_failed_then_its_error_has_one_line_and_a_trace_without_colours() -> None:
    raw = {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": "too \x1b[1mhigh",
        "traceback": ["\x1b[0;31mline 3"],
    }
    assert outputs_of([raw]) == (Output("error", text="line 3", title="ValueError: too high"),)


def test_when_a_data_frame_is_shown_then_its_values_come_without_its_markup() -> None:
    table = displayed(text_html=FRAME)
    assert (table.kind, table.columns, table.rows) == ("table", ("name", "loss"), (("a<b>", "0.5"), ("b", "1.0")))
    assert table.text == "shape: (2, 2)"


def test_when_html_is_no_table_then_it_is_handed_on_as_what_must_be_caged() -> None:
    assert displayed(text_html="<script>steal()</script>", text_plain="x").kind == "html"


@pytest.mark.parametrize(
    ("picture", "kind"), [(PNG, "picture"), ("bm90IGEgcGljdHVyZQ==", "left_out"), ("%%", "left_out")]
)
def test_when_a_picture_is_shown_then_its_bytes_must_be_one(picture: str, kind: str) -> None:
    assert displayed(image_png=picture).kind == kind


def test_when_a_figure_is_shown_then_its_parts_are_kept_and_nothing_else() -> None:
    raw = {"application/vnd.plotly.v1+json": {"data": [{"y": [1]}], "layout": {"title": "a"}, "config": {"x": 1}}}
    figure = outputs_of([{"output_type": "display_data", "data": raw}])[0]
    assert figure.figure == {"data": [{"y": [1]}], "layout": {"title": "a"}}


def test_when_an_output_is_long_then_it_is_cut_and_says_so() -> None:
    text = outputs_of([{"output_type": "stream", "text": "a" * MOST_TEXT + "end"}])[0]
    rows = "".join(f"<tr><td>{row}</td></tr>" for row in range(MOST_ROWS + 1))
    table = displayed(text_html=f"<table class='dataframe'><thead><tr><th>n</th></tr></thead>{rows}</table>")
    assert (len(text.text), text.is_cut, text.text[-3:]) == (MOST_TEXT, True, "end")
    assert (len(table.rows), table.is_cut) == (MOST_ROWS, True)


def test_when_papermill_puts_cells_of_its_own_then_positions_stay_those_of_the_events() -> None:
    own = {"cell_type": "markdown", "source": "<span>error</span>", "metadata": {"tags": [NOT_OURS]}}
    heading = {"cell_type": "markdown", "source": ["## Work\n", "text"], "metadata": {}}
    cells = cells_in([own, heading, code("a"), own, code("b", status="failed"), code("c", status="pending")])
    assert [(one.position, one.source) for one in cells] == [(0, "## Work\ntext"), (1, "a"), (2, "b"), (3, "c")]
    assert [one.ending for one in cells] == ["not_run", "done", "failed", "not_run"]
    assert {one.heading for one in cells} == {"Work"}


def test_when_a_terminal_sets_a_title_or_colours_then_only_the_words_stay() -> None:
    assert without_ansi("\x1b]0;title\x07a\x1b[38;5;196mb\x1b[0m\r\nc") == "ab\nc"


def test_when_the_run_is_somebody_elses_then_there_is_no_notebook_for_them(home: Path, notebooks: Path) -> None:
    job = submit("demo_work", {}, principal=LOCAL_ANALYST)
    run_folder(job.id).mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(), run_folder(job.id) / "notebook.ipynb")

    assert read_executed(job.id, principal=LOCAL_ANALYST) is not None
    with pytest.raises(NotFound):
        read_executed(job.id, principal=Principal("somebody", Role.ANALYST))


def test_when_the_notebook_is_half_written_then_there_is_none_yet(home: Path, notebooks: Path) -> None:
    job = submit("demo_work", {}, principal=LOCAL_ANALYST)
    run_folder(job.id).mkdir(parents=True)
    (run_folder(job.id) / "notebook.ipynb").write_text('{"cells": [', "utf-8")

    assert read_executed(job.id, principal=LOCAL_ANALYST) is None
