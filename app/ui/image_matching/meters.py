"""Bars with the threshold marked on them, drawn as plain HTML: a page shows dozens, too many for charts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.ui import formats
from app.ui.image_matching.verdict_words import told_apart
from app.ui.texts import say

WIDEST_LEAD = 0.2  # what fills the bar of the lead, unless this one, or the needed one, is larger


def draw_thresholds(similarity: float, tau1: float, margin: float, tau2: float) -> None:
    """Similarity and lead, each with what is needed marked."""
    widest = max(WIDEST_LEAD, 1.1 * margin, 1.3 * tau2)
    st.html(
        _meter(say("images.similarity"), similarity, tau1, 1.0, "τ₁")
        + _meter(say("images.margin"), margin, tau2, widest, "τ₂")
    )


def draw_classes(rows: Sequence[tuple[str, float]], tau1: float) -> None:
    """The best classes, falling, on one scale from 0 to 1 with tau1 marked in each."""
    lines = "".join(
        f'<div class="meter-row"><span class="meter-name">{escape(name)}</span>'
        f"{_track(value, tau1, 1.0)}<b>{formats.similarity(value)}</b></div>"
        for name, value in rows
    )
    st.html(f'<div class="meter">{lines}</div>')


def _meter(label: str, value: float, needed: float, widest: float, sign: str) -> str:
    shown, limit = told_apart(value, needed)
    mark = escape(say("images.needed", needed=limit, sign=sign))
    state = "meter-met" if value >= needed else "meter-missed"
    return (
        f'<div class="meter {state}"><div class="meter-head"><span>{escape(label)}</span><b>{shown}</b></div>'
        f'{_track(value, needed, widest)}<div class="meter-foot">{mark}</div></div>'
    )


def _track(value: float, needed: float, widest: float) -> str:
    return (
        f'<div class="meter-track"><div class="meter-fill" style="width:{_percent(value / widest)}"></div>'
        f'<div class="meter-mark" style="left:{_percent(needed / widest)}"></div></div>'
    )


def _percent(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.1f}%"
