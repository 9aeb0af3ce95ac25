"""What the lines of a draft come to, and where that is off what is off and the ways to mend it."""

from __future__ import annotations

import streamlit as st

from app.ui import notices, state
from app.ui.fragrance_studio import desk, drafts
from app.ui.fragrance_studio.drafts import Draft
from app.ui.fragrance_studio.judging import Judged, Workbench
from app.ui.texts import say
from core.errors import WorkbenchError
from core.fragrance.amounts import WHOLE_MG, percent


def draw(draft: Draft, result: Judged | None, problem: WorkbenchError | None, by: Workbench) -> None:
    """The sum, and where it is off what is off and the ways to mend it; what was typed stays.

    result: of the scaled lines while there is a problem, None where not even those make a formula.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="studio-sum"):
        color, icon = ("green", ":material/check:") if problem is None else ("red", ":material/close:")
        told = say("studio.sum", sum=draft.told_sum, whole=f"{percent(WHOLE_MG):g}")
        st.badge(told, color=color, icon=icon)
        st.markdown(f":gray[{say('studio.line_count', count=len(draft.rows))}]")
    if problem is None:
        return
    with st.container(border=True, key="studio-off"):
        notices.show_error(problem)
        if result is not None:
            st.caption(say("studio.scaled_meanwhile"))
            _draw_mending(draft, by)


def _draw_mending(draft: Draft, by: Workbench) -> None:
    with st.container(horizontal=True):
        st.button(
            say("studio.normalise"), icon=":material/balance:", key="studio-normalise",
            help=say("studio.normalise_help"), on_click=lambda: desk.lay(drafts.scaled(draft)),
        )  # fmt: skip
        for row in draft.rows:
            material = by.catalogue.materials.get(row.ingredient)
            if material is not None and material.kind == "solvent":
                label = say("studio.fill_up", name=material.name(state.language()))
                if st.button(label, icon=":material/water_drop:", key=f"studio-fill-{row.ingredient}"):
                    desk.lay(drafts.filled_up(draft, row.ingredient))
                    st.rerun()
