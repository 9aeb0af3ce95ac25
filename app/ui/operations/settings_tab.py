"""Settings: every value with where it comes from and what it means; secrets are never shown."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui.operations.setting_words import DEFAULT, group_of, meaning_of, origin_of
from app.ui.texts import say
from core.operations.settings_view import SettingSeen, settings_seen
from core.security.policy import Principal


LINES = 2  # of a value or meaning in a row


def draw(principal: Principal) -> None:
    every = settings_seen(principal=principal)
    st.caption(say("operations.settings_hint"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            say("operations.find"), key="setting-find", placeholder=say("operations.find_example"), width=320
        )
        is_changed_only = st.toggle(say("operations.changed_only"), key="setting-changed")
    shown = [one for one in every if _fits(one, words or "") and not (is_changed_only and one.origin == DEFAULT)]
    with st.container(key="setting-count"):
        st.caption(say("operations.settings_count", shown=len(shown), total=len(every)))
    if shown:
        _draw_table(shown)
    else:
        st.info(say("operations.no_settings"), icon=":material/search_off:")


def _fits(one: SettingSeen, words: str) -> bool:
    text = " ".join((*one.names, one.value, one.origin, meaning_of(one), group_of(one))).casefold()
    return all(word in text for word in words.casefold().split())


def _draw_table(shown: Sequence[SettingSeen]) -> None:
    column = st.column_config
    st.dataframe(
        [
            {
                "name": one.name,
                "value": one.value or say("operations.unset"),
                "origin": origin_of(one),
                "meaning": meaning_of(one),
                "default": one.default or say("operations.unset"),
                "group": group_of(one),
                "also": ", ".join(one.names[1:]) or "–",
            }
            for one in shown
        ],
        column_config={
            "name": column.TextColumn(say("operations.setting"), width=270),
            "value": column.TextColumn(say("operations.value"), width=170),
            "origin": column.TextColumn(say("operations.origin"), width=130),
            "meaning": column.TextColumn(say("operations.meaning"), width="large"),
            "default": column.TextColumn(say("operations.default"), width="small"),
            "group": column.TextColumn(say("operations.group"), width="small"),
            "also": column.TextColumn(say("operations.also"), width="medium", help=say("operations.also_help")),
        },
        hide_index=True,
        height=640,
        row_height=LINES * 20 + 14,
        alt=say("operations_tab.settings"),
    )
