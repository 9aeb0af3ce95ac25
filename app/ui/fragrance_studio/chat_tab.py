"""Composing in conversation: each sentence changes the formula, and the answer says what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.ui import formats, notices, state
from app.ui.fragrance_studio import desk
from app.ui.fragrance_studio.alternatives import SIGNS
from app.ui.fragrance_words import chips, draw_verdict, told, word
from app.ui.texts import say
from core.errors import WorkbenchError
from core.fragrance.composing.conversation import LONGEST, Composed, compose
from core.security.policy import Principal

TURNS = "studio-turns"
EXAMPLES = ("studio.say_calm", "studio.say_citrus", "studio.say_rose")


@dataclass(frozen=True)
class Turn:
    """What was said, and what came of it: an answer, or why there is none."""

    said: str
    composed: Composed | None
    problem: WorkbenchError | None = None


def draw(principal: Principal) -> None:
    """The turns so far, and the field for the next sentence."""
    turns: tuple[Turn, ...] = state.kept(TURNS) or ()
    if not turns:
        notices.empty("studio.no_talk", "studio.no_talk_hint", icon=":material/forum:")
        with st.container(horizontal=True):
            for number, example in enumerate(say(one) for one in EXAMPLES):
                if st.button(example, icon=":material/lightbulb:", key=f"studio-example-{number}"):
                    _say(example, turns, principal)
    for number, turn in enumerate(turns):
        with st.chat_message("user", avatar=":material/person:"):
            st.markdown(formats.plain(turn.said))
        with st.chat_message("assistant", avatar=":material/science:"):
            _draw_turn(turn, number)
    said = st.chat_input(
        say("studio.say_next") if turns else say("studio.say_first"), max_chars=LONGEST, key="studio-say"
    )
    if said:
        _say(said, turns, principal)
    if turns and st.button(say("studio.talk_anew"), icon=":material/restart_alt:", key="studio-talk-anew"):
        state.forget(TURNS)
        st.rerun()


def _say(said: str, turns: Sequence[Turn], principal: Principal) -> None:
    before = next((turn.composed.conversation_id for turn in reversed(turns) if turn.composed is not None), "")
    with st.spinner(say("studio.composing"), show_time=True):
        try:
            found = compose(said, conversation_id=before, language=state.language(), principal=principal)
            turn = Turn(said, found)
        except WorkbenchError as problem:
            turn = Turn(said, None, problem)
    state.keep(TURNS, (*turns, turn))
    st.rerun()


def _draw_turn(turn: Turn, number: int) -> None:
    if turn.problem is not None:
        notices.show_error(turn.problem)
    found = turn.composed
    if found is None:
        return
    with st.container(key=f"studio-answer-{number}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"##### {formats.plain(found.name)}", width="content")
            if found.alternative is not None:
                draw_verdict(found.alternative.limits.verdict)
        if found.changes:
            st.markdown("\n".join(f"- {told(one)}" for one in found.changes))
        else:
            st.markdown("  \n".join(formats.plain(line) for line in found.text.splitlines()))
        if found.description:
            st.caption(formats.plain(found.description))
        if found.unread:
            st.markdown(f"**{say('studio.unread')}** {chips(found.unread, 'orange')}")
        _draw_pyramid(found)
        if found.formula is not None and found.brief is not None:
            st.button(
                say("studio.open_in_editor"), icon=":material/edit:", key=f"studio-talk-open-{number}", on_click=_open,
                args=(found,),
            )  # fmt: skip


def _draw_pyramid(found: Composed) -> None:
    for position, names in (found.preview or {}).items():
        if names:
            layer = f"{SIGNS[position]} {word('layer', position)}"
            st.markdown(f"**{layer}** {formats.plain(', '.join(names))}")


def _open(found: Composed) -> None:
    if found.formula is not None and found.brief is not None:
        desk.take(found.formula, found.brief, found.name)
        desk.to_tab(say("studio_tab.formula"))
