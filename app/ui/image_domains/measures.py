"""Measured shares of image reports, with their intervals, as a visitor reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.ui import formats
from app.ui.texts import say


def interval(measure: Mapping[str, Any] | None) -> str:
    """The 95 % interval of a share in words; empty where nothing was measured."""
    if not measure or measure.get("low") is None:
        return ""
    low, high = formats.share(measure["low"], 1), formats.share(measure["high"], 1)
    return say("measures.interval", low=low, high=high)


def share(measure: Mapping[str, Any] | None) -> str:
    """A measured share without its interval."""
    return formats.share(measure["value"] if measure else None, 1)


def share_with_interval(measure: Mapping[str, Any] | None) -> str:
    """A measured share and its interval in one line."""
    told = interval(measure)
    return f"{share(measure)} ({told})" if told else share(measure)


def draw_metric(place: Any, label: str, measure: Mapping[str, Any] | None, *, help_text: str | None = None) -> None:
    """A tile with a share; its interval stands below."""
    place.metric(label, share(measure), help=help_text)
    told = interval(measure)
    if told:
        place.caption(told)


def draw_rows(title: str, rows: list[dict[str, Any]], **columns: Any) -> None:
    """A table whose columns are named already; the first one stays in view. title: said to screen readers."""
    if rows:
        first = next(iter(rows[0]))
        config = {first: st.column_config.TextColumn(pinned=True), **columns}
        st.dataframe(rows, hide_index=True, height="auto", column_config=config, alt=title)
