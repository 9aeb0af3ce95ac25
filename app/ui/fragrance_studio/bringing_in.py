"""A formula from elsewhere: pasted line by line, or as a CSV or JSON file; what does not add up is said and stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app.ui import notices, state
from app.ui.fragrance_studio import desk
from app.ui.fragrance_studio.judging import workbench
from app.ui.texts import say
from core.errors import WorkbenchError
from core.fragrance.formulas.entering import Entry, formula_of
from core.fragrance.formulas.exchange import entries_of_csv, entries_of_json
from core.fragrance.formulas.pasting import LONGEST_TEXT, entries_of_text
from core.security.policy import Principal

PROBLEM = "studio-paste-problem"


def draw(principal: Principal) -> None:
    """Taken over, it lies in the editor; it is stored when it is saved there."""
    with st.expander(say("studio.paste"), icon=":material/content_paste:"):
        text = st.text_area(
            say("studio.pasted"), key="studio-pasted", placeholder=say("studio.paste_example"), height=160,
            max_chars=LONGEST_TEXT,
        )  # fmt: skip
        problem: WorkbenchError | None = state.kept(PROBLEM)
        if problem is not None:
            notices.show_error(problem)
        st.button(
            say("studio.take_pasted"), icon=":material/edit:", key="studio-take-pasted", on_click=_take,
            args=(lambda: entries_of_text(text), say("studio.unnamed"), principal),
        )  # fmt: skip
        given = st.file_uploader(say("studio.formula_file"), type=["csv", "json"], key="studio-formula-file")
        if given is not None:
            st.button(
                say("studio.take_file"), icon=":material/edit:", key="studio-take-file", on_click=_take,
                args=(lambda: _entries(given.getvalue(), given.name), given.name.rpartition(".")[0], principal),
            )  # fmt: skip


def _entries(content: bytes, name: str) -> Sequence[Entry]:
    if name.casefold().endswith(".json"):
        return entries_of_json(content.decode("utf-8", "replace"))
    return entries_of_csv(content, name)


def _take(read: Callable[[], Sequence[Entry]], name: str, principal: Principal) -> None:
    by = workbench(principal)
    state.forget(PROBLEM)
    try:
        formula = formula_of(read(), catalogue=by.catalogue, accords=by.accords, accord_names=by.accord_names)
    except WorkbenchError as problem:
        state.keep(PROBLEM, problem)
        return
    desk.take_rows(formula, name)
    desk.to_tab(say("studio_tab.formula"))
