"""Choices whose labels change between two runs - with the language, a count, or a time - and the page of a long list.

The browser remembers a choice by its label. Under other labels it goes on sending the old one, which selects nothing:
the choice falls back to its default, or the old label itself comes back as if it had been typed. So other labels get
a widget of their own, which begins with what was chosen before. Segmented controls and pills see to that themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from app.ui import state

T = TypeVar("T")


def one_of(
    place: Any, label: str, options: Sequence[T], *, format_func: Callable[[T], str], key: str, index: int | None = 0,
    **looks: Any,
) -> T | None:  # fmt: skip
    """A selectbox on `place` (st or a container); with accept_new_options a typed text comes back as it is."""
    options = list(options)
    widget, chosen = state.relabelled(key, [format_func(one) for one in options])
    if chosen is not None and (chosen in options or looks.get("accept_new_options")):
        state.preset(widget, chosen)
        index = None if index is None else 0  # Streamlit warns of a default beside a preset
    picked: T | None = place.selectbox(label, options, index=index, format_func=format_func, key=widget, **looks)
    return picked


def one_page(rows: Sequence[T], size: int, *, key: str) -> tuple[int, Sequence[T]]:
    """The rows of the chosen page, and the place of the first of them in all; no choice where one page holds them."""
    page = st.pagination(-(-len(rows) // size), key=key) if len(rows) > size else 1
    first = size * (page - 1)
    return first, rows[first : first + size]
