"""From the brief to alternatives: one press, and what came of it stays until the next."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.ui import notices, state
from app.ui.fragrance_studio import alternatives, brief_form
from app.ui.texts import say
from core.errors import WorkbenchError
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.formulas.formula import Formula
from core.fragrance.formulas.stored import accords_for, get_version, list_formulas
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import Generated, generate
from core.fragrance.generation.reading_briefs import read_brief
from core.fragrance.limits.stored import current_limits
from core.security.policy import Principal

COMPOSED = "studio-composed"
MOST_COMPARED = 500  # stored formulas that a new one may not nearly equal, the last changed first


@dataclass(frozen=True)
class Composed:
    """asked: the brief as it was read. generated: what came of it, else problem: why nothing did."""

    asked: Brief
    generated: Generated | None
    problem: WorkbenchError | None = None


def draw(principal: Principal) -> None:
    """The form, what was understood of it, and below it the alternatives of the last press."""
    catalogue = current_catalogue()
    given = brief_form.draw(catalogue)
    composed: Composed | None = state.kept(COMPOSED)
    reading = None
    with notices.errors_shown():
        reading = read_brief(given, catalogue=catalogue)
        brief_form.draw_reading(reading)
    pressed = st.button(
        say("studio.compose"), type="primary", icon=":material/auto_awesome:", key="studio-compose",
        disabled=reading is None,
    )  # fmt: skip
    if pressed and reading is not None:
        with st.spinner(say("studio.composing"), show_time=True):
            composed = _compose(reading.brief, principal)
        state.keep(COMPOSED, composed)
    if composed is None:
        notices.empty("studio.none", "studio.none_hint", icon=":material/science:")
        return
    if reading is not None and composed.asked != reading.brief:
        st.info(say("studio.brief_changed"), icon=":material/edit_note:")
    if composed.problem is not None:
        notices.show_error(composed.problem)
        st.caption(f":material/lightbulb: {say('studio.loosen')}")
    elif composed.generated is not None:
        alternatives.draw(composed.generated, catalogue, principal)


def _compose(brief: Brief, principal: Principal) -> Composed:
    try:
        found = generate(
            brief, catalogue=current_catalogue(), table=current_limits(), accords=accords_for(principal),
            existing=_existing(principal),
        )  # fmt: skip
        return Composed(brief, found)
    except WorkbenchError as problem:
        return Composed(brief, None, problem)


def _existing(principal: Principal) -> list[Formula]:
    """Newest versions of one's own formulas."""
    mine = list_formulas(principal=principal, only_mine=True)[:MOST_COMPARED]
    return [get_version(one.id, principal=principal).formula for one in mine]
