"""The cases: one's own to add and remove, those of remarks among them, and the ones that come with the workbench."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import formats, notices, state
from app.ui.evaluation.set_words import set_name
from app.ui.texts import say, say_value
from core.knowledge.evaluation.cases import (
    EvaluationCase,
    add_case,
    list_cases,
    remove_case,
    restore_case,
)
from core.knowledge.evaluation.sample_cases import sample_cases
from core.knowledge.limits import LONGEST_QUESTION
from core.security.policy import Principal

FORM, REMOVED = "case-form", "removed-case"


def draw(principal: Principal) -> None:
    """One's own cases first."""
    _draw_undo(principal)
    own = list_cases(principal=principal)
    if own:
        _draw_own(own, principal)
    else:
        notices.empty("evaluation.no_own", "evaluation.no_own_hint", icon=":material/playlist_add_check:")
    _draw_form(principal)
    samples = sample_cases(principal=principal)
    if samples:
        with st.expander(say("evaluation.samples", count=len(samples))):
            st.dataframe(_rows(samples), hide_index=True, alt=say("evaluation.samples", count=len(samples)))


def _draw_own(own: Sequence[EvaluationCase], principal: Principal) -> None:
    picked = st.dataframe(
        _rows(own), hide_index=True, on_select="rerun", selection_mode="single-row",
        key=state.generation("own-cases"), alt=say("evaluation.cases"),
    )  # fmt: skip
    chosen = picked["selection"]["rows"]
    if not chosen:
        st.caption(say("evaluation.choose_one"))
        return
    one = own[chosen[0]]
    with st.container(border=True, key="open-case"):
        st.text(one.question)
        if one.correction:
            st.caption(say("evaluation.correction"))
            st.text(one.correction)
        if st.button(say("evaluation.remove"), icon=":material/delete:", key="remove-case"):
            with notices.errors_shown():
                remove_case(one.id, principal=principal)
                state.keep(REMOVED, one.id)
                state.reset("own-cases")
                st.rerun()


def _draw_undo(principal: Principal) -> None:
    removed: str | None = state.kept(REMOVED)
    if removed is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="case-undo"):
        st.markdown(say("evaluation.removed"), width="stretch")
        if st.button(say("documents.undo"), icon=":material/undo:", key="undo-case"):
            with notices.errors_shown():
                state.forget(REMOVED)
                restore_case(removed, principal=principal)
                st.rerun()


def _draw_form(principal: Principal) -> None:
    with st.expander(say("evaluation.add")), st.form(FORM, border=False, clear_on_submit=True):
        question = st.text_input(say("evaluation.question"), max_chars=LONGEST_QUESTION)
        is_answerable = st.toggle(say("evaluation.is_answerable"), value=True)
        correction = st.text_area(say("evaluation.correction"), help=say("evaluation.correction_help"))
        pressed = st.form_submit_button(say("evaluation.keep"), icon=":material/add:")
    if pressed:
        with notices.errors_shown():
            add_case(question, is_answerable=is_answerable, correction=correction, principal=principal)
            notices.flash(say("evaluation.kept"))
            st.rerun()


def _rows(cases: Sequence[EvaluationCase]) -> list[dict[str, str]]:
    return [
        {
            say("evaluation.question"): one.question,
            say("evaluation.expected_state"): say_value(
                "evaluation_answer", "answerable" if one.is_answerable else "unanswerable"
            ),
            say("evaluation.correction"): one.correction or " / ".join(place.words for place in one.expected),
            say("evaluation.set"): set_name(one.set_name),
            say("evaluation.since"): formats.moment(one.created_at),
        }
        for one in cases
    ]
