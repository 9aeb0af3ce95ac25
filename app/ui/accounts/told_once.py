"""A password or link that is shown once, right where it was made, with the way to copy it."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, state
from app.ui.texts import say


def keep(place: str, label: str, secret: str, *, hint: str = "") -> None:
    """Show it with the next run. label, hint: plain text of the texts."""
    state.keep(f"told-{place}", (label, secret, hint))


def draw(place: str) -> None:
    """What was made at `place` last, until it is put away."""
    told: tuple[str, str, str] | None = state.kept(f"told-{place}")
    if told is None:
        return
    label, secret, hint = told
    with st.container(border=True, key=f"told-{place}"):
        st.markdown(f"**{formats.plain(label)}**")
        st.code(secret, language=None, wrap_lines=True)
        st.caption(formats.plain(hint or say("accounts.told_once")))
        if st.button(say("accounts.put_away"), icon=":material/visibility_off:", key=f"put-away-{place}"):
            state.forget(f"told-{place}")
            st.rerun()
