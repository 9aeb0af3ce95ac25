"""The formula on the desk: the editor with everything that follows from it."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices
from app.ui.fragrance_studio import cost_views, desk, editor, limit_views, odour_views, saving, sum_views
from app.ui.fragrance_studio.drafts import Draft
from app.ui.fragrance_studio.judging import Judged, Workbench, judged, workbench
from app.ui.fragrance_words import ingredient, told
from app.ui.texts import say
from core.errors import WorkbenchError
from core.security.policy import Principal


def draw(principal: Principal) -> None:
    """Everything recomputes with each edit."""
    draft = desk.draft()
    if draft is None:
        notices.empty("studio.no_formula", "studio.no_formula_hint", icon=":material/edit_note:")
        return
    by = workbench(principal)
    _draw_head(draft)
    draft = editor.draw_product(draft)
    result, problem = _judged(draft, by)
    editor.draw_toolbar(draft, by)
    editor.draw_table(draft, result, by)
    sum_views.draw(draft, result, problem, by)
    if result is not None:
        limit_views.draw(result.report, by)
    saving.draw(draft, result if problem is None else None, principal)
    if result is not None:
        odour_views.draw(result, by)
        cost_views.draw(draft, result, by)
        _draw_reasons(result, by)


def _judged(draft: Draft, by: Workbench) -> tuple[Judged | None, WorkbenchError | None]:
    try:
        result = judged(draft, by)
    except WorkbenchError as problem:
        return None, problem
    return result, result.problem


def _draw_head(draft: Draft) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="studio-head"):
        st.subheader(formats.plain(draft.name) or say("studio.unnamed"), anchor=False, width="content")
        if draft.version is None:
            st.badge(say("studio.unsaved"), color="orange", icon=":material/edit:")
        else:
            st.badge(say("studio.version", number=draft.version), color="blue", icon=":material/history:")
            if draft.is_changed:
                st.badge(say("studio.changed"), color="orange", icon=":material/edit:")


def _draw_reasons(result: Judged, by: Workbench) -> None:
    if not result.reasons:
        return
    with st.expander(say("studio.reasons"), icon=":material/psychology:"):
        for line in result.formula.lines:
            name = formats.plain(ingredient(line.ingredient, by.catalogue, by.accord_names))
            st.markdown(f"- **{name}**: {' '.join(told(one) for one in result.reasons.get(line.ingredient, ()))}")
