"""The rules of CSS for conversations."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

STYLE = Path(__file__).with_name("chat.css")


@cache
def _style() -> str:
    return STYLE.read_text("utf-8")


def apply() -> None:
    """Put them into the page, once."""
    st.html(f"<style>{_style()}</style>")
