"""The one way a page offers a file: shown to whoever may take it, made when it is asked for, noted when it is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from app.ui import state
from core.storage.exports import Export, hand_out, may_take

Content = bytes | str


def offer(
    export: Export, label: str, content: Content | Callable[[], Content], file_name: str, mime: str | None = None, *,
    target: str = "", key: str | None = None, looks: Literal["primary", "secondary", "tertiary"] = "secondary",
    icon: str = ":material/download:",
) -> None:  # fmt: skip
    """Draw the button. content: a callable where making it takes work. target: id of what is in it, else its name."""
    principal = state.principal()
    if principal is None or not may_take(principal, export):
        return

    def taken() -> Content:
        made = content() if callable(content) else content
        hand_out(export, target or file_name, principal=principal, form=file_name.rpartition(".")[2])
        return made

    st.download_button(label, taken, file_name, mime, type=looks, icon=icon, on_click="ignore", key=key)
