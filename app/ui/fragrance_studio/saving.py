"""Keeping the draft: a new formula, or the next version of the one it was opened from, with the reason."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.ui import notices, state
from app.ui.fragrance_studio import desk
from app.ui.fragrance_studio.drafts import Draft
from app.ui.fragrance_studio.judging import Judged
from app.ui.texts import say
from core.fragrance.formulas.stored import LONGEST_NAME, StoredFormula, save_formula, save_version
from core.fragrance.formulas.versions import LONGEST_REASON
from core.security.policy import Principal


def draw(draft: Draft, result: Judged | None, principal: Principal) -> None:
    """result: None while the lines do not add up; what does not is not saved."""
    is_next = draft.formula_id is not None and draft.is_editable
    with st.container(border=True, key="studio-save"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                say("studio.name"), draft.name, max_chars=LONGEST_NAME, width=320, key=state.generation(desk.NAME)
            )
            reason = st.text_input(
                say("studio.reason"), max_chars=LONGEST_REASON, placeholder=say("studio.reason_example"),
                key=state.generation(desk.REASON),
            )  # fmt: skip
            if is_next and draft.version is not None:
                label = say("studio.save_version", number=draft.version + 1)
                if st.button(label, type="primary", icon=":material/save:", disabled=result is None, key="studio-next"):
                    with notices.errors_shown():
                        _next(draft, result, reason, principal)
            looks = "secondary" if is_next else "primary"
            label = say("studio.save_copy") if is_next else say("studio.save_new")
            if st.button(label, type=looks, icon=":material/note_add:", disabled=result is None, key="studio-new"):
                with notices.errors_shown():
                    _new(draft, result, name, reason, principal)
        if result is None:
            st.caption(f":material/info: {say('studio.save_when_whole')}")
        elif result.report.verdict == "fail":
            st.caption(f":material/warning: {say('studio.save_over_limit')}")


def _new(draft: Draft, result: Judged | None, name: str, reason: str, principal: Principal) -> None:
    assert result is not None
    stored = save_formula(
        name, result.formula, product=draft.product, brief=draft.brief, reason=reason, principal=principal
    )
    notices.flash(say("studio.saved", name=stored.name))
    _kept(draft, stored)


def _next(draft: Draft, result: Judged | None, reason: str, principal: Principal) -> None:
    assert result is not None and draft.formula_id is not None and draft.version is not None
    stored = save_version(
        draft.formula_id, result.formula, expected=draft.version, product=draft.product, brief=draft.brief,
        reason=reason, principal=principal,
    )  # fmt: skip
    notices.flash(say("studio.version_saved", name=stored.name, number=stored.version))
    _kept(draft, stored)


def _kept(draft: Draft, stored: StoredFormula) -> None:
    """The steps back stay, also over a save."""
    desk.lay(
        replace(
            draft, name=stored.name, formula_id=stored.id, version=stored.version, is_editable=stored.is_editable,
            saved=draft.rows,
        )
    )  # fmt: skip
    desk.hold(stored.id)
    st.rerun()
