"""The address under which others find what is open."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import streamlit as st

from app.ui.navigation import RUNS
from app.ui.texts import say
from core.settings.current import get_settings


def draw(**parameters: str) -> None:
    """A button that shows the address with its own button to copy it."""
    with st.popover(say("runs.share"), icon=":material/share:"):
        st.caption(say("runs.share_hint"))
        st.code(address(**parameters), language=None, wrap_lines=True)


def address(**parameters: str) -> str:
    """Absolute: as the settings tell, else as the visitor's browser asked for this page."""
    asked = urlsplit(st.context.url or "")
    base = get_settings().public_url.rstrip("/") or f"{asked.scheme}://{asked.netloc}"
    return f"{base}/{RUNS.name}?{urlencode(parameters)}"
