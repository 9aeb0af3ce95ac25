"""Filters by their names and values as a visitor reads them."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from app.ui.fragrance_words import told, word
from app.ui.texts import say, say_value
from core.fragrance.search.filters import Removal
from core.fragrance.vocabulary import Field
from core.knowledge.notices import Notice

FIELDS: dict[str, Field] = {"gender": "gender", "seasons": "season", "moods": "mood", "family": "family"}


def name_of(filter_name: str) -> str:
    return say_value("perfume_filter", filter_name)


def value_of(filter_name: str, value: object) -> str:
    """Ids of the vocabulary by their words; everything else as it is."""
    if filter_name == "is_sample":
        return say("perfumes.yes") if str(value) in ("yes", "True") else say("perfumes.no")
    field = FIELDS.get(filter_name)
    if field is None:
        return f"{value:,.0f}" if isinstance(value, float) else str(value)
    return ", ".join(word(field, one.strip()) for one in str(value).split(","))


def draw_notices(notices: Iterable[Notice]) -> None:
    """Filters that a sentence names are told by their names here."""
    for one in notices:
        details = dict(one.details)
        if isinstance(details.get("filter"), str):
            details["value"] = value_of(details["filter"], details.get("value", ""))
            details["filter"] = name_of(details["filter"])
        st.caption(f":material/info: {told(Notice(one.key, details))}")


def draw_removals(removals: Iterable[Removal]) -> None:
    """What each filter removes by itself."""
    rows = [
        {
            say("perfumes.filter"): name_of(one.filter),
            say("perfumes.value"): value_of(one.filter, one.value),
            say("perfumes.removed"): one.removed,
            say("perfumes.not_known"): one.unknown,
        }
        for one in removals
    ]
    if rows:
        st.dataframe(rows, hide_index=True, alt=say("perfumes.removals"))
        st.caption(say("perfumes.removals_hint"))
