"""The one place where errors, empty pages and confirmations are shown. A stack trace never gets here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.ui import state
from app.ui.texts import say
from core.errors import WorkbenchError
from core.telemetry.logs import get_logger
from core.telemetry.metrics import count_error

log = get_logger("ui")
FLASH = "flash"


@contextmanager
def errors_shown() -> Iterator[None]:
    """Errors the core raises on purpose become their one sentence; the rest of the page stays."""
    try:
        yield
    except WorkbenchError as error:
        show_error(error)


def show_error(error: WorkbenchError) -> None:
    """The sentence in the visitor's language."""
    count_error(error.key.partition(".")[0], type(error).__name__)
    st.error(error.text(state.language()), icon=":material/error:")


def say_unexpected(problem: Exception) -> bool:
    """Handler of everything else: logged in full, told in one sentence. True keeps Streamlit's own box away."""
    if isinstance(problem, WorkbenchError):
        show_error(problem)
    else:
        log.error("page_failed", exc_info=problem)
        count_error("notices", "Unexpected")
        st.error(say("notices.unexpected", kind=type(problem).__name__), icon=":material/error:")
    return True


def empty(title_key: str, hint_key: str, *, icon: str, **fields: object) -> DeltaGenerator:
    """What to do first, where there is nothing to see yet; the place takes links to the first step."""
    place = st.container(border=True, key=f"empty-{title_key.replace('.', '-')}", horizontal_alignment="center")
    place.markdown(f"### {icon} {say(title_key)}", text_alignment="center")
    place.caption(say(hint_key, **fields), text_alignment="center")
    return place.container(horizontal=True, horizontal_alignment="center")


def flash(message: str) -> None:
    """Confirm something after the next rerun."""
    st.session_state[FLASH] = message


def draw_flash() -> None:
    """Show what `flash` left, once."""
    message = st.session_state.pop(FLASH, None)
    if message:
        st.toast(message, icon=":material/check_circle:")
