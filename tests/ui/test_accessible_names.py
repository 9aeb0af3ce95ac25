"""What is drawn rather than written has a name that a screen reader can say."""

from __future__ import annotations

import ast

from tests.conftest import PROJECT

DRAWN = {"dataframe", "data_editor", "plotly_chart", "image", "iframe"}


def test_when_a_table_chart_picture_or_frame_is_drawn_then_it_is_given_a_name() -> None:
    calls = [
        (file, call, call.func)
        for file in (PROJECT / "app" / "ui").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    ]
    drawn = [
        (file, call)
        for file, call, what in calls
        if what.attr in DRAWN or (what.attr == "draw" and ast.unparse(what.value) == "row_choice")
    ]
    passed_on = ("row_choice.py",)  # its callers name the table
    nameless = [
        f"{file.name}:{call.lineno}"
        for file, call in drawn
        if "alt" not in {given.arg for given in call.keywords} and file.name not in passed_on
    ]
    assert len(drawn) > 40
    assert nameless == []
