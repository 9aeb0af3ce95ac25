"""Brand marks and the few rules of CSS that Streamlit's theme settings cannot express."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st

from app.ui import state
from app.ui.texts import say
from core.settings.current import get_settings

HERE = Path(__file__).parent
ICON = ":material/insights:"


@cache
def _file(name: str) -> str:
    return (HERE / name).read_text("utf-8")


def apply() -> None:
    """Put the style rules, the language and the logo into the page."""
    words = f':root {{ --upload-button: "{say("upload.button")}"; --upload-hint: "{say("upload.hint")}"; }}'
    st.html(f"<style>{words}{_file('theme.css')}</style>")
    with st.container(key="page-language"):
        # The served page says English whatever it shows; screen readers and hyphenation go by this attribute.
        language = f"document.documentElement.lang = '{state.language()}';"
        st.html(f"<script>{language}\n{_file('mending.js')}</script>", unsafe_allow_javascript=True)
    st.logo(_file("logo.svg"), size="large", icon_image=_file("logo_icon.svg"))


def draw_sidebar(draw_who: Callable[[], None]) -> None:
    """Who is signed in, language switch and what this installation is, below the navigation."""
    with st.sidebar, st.container(key="sidebar-foot"):
        draw_who()
        st.session_state.setdefault(state.LANGUAGE_SWITCH, state.language())
        st.segmented_control(
            say("app.language"),
            list(state.LANGUAGES),
            format_func=lambda code: state.LANGUAGES[code],
            key=state.LANGUAGE_SWITCH,
            on_change=state.choose_language,
            required=True,
            width="stretch",
        )
        st.caption(say("app.where", environment=get_settings().app_env))


def draw_heading(title_key: str, lead_key: str) -> None:
    """The title of a page and one sentence on what it gives."""
    with st.container(key="page-heading", gap="xxsmall"):
        st.title(say(title_key), anchor=False)
        st.markdown(say(lead_key))


def draw_section(title_key: str) -> None:
    """The heading of a part of a page."""
    st.subheader(say(title_key), anchor=False)
