"""Settings: every value with where it comes from and what it means; secrets are never shown."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import formats, row_choice
from app.ui.operations.setting_words import DEFAULT, group_of, meaning_of, origin_of
from app.ui.texts import say
from core.operations.settings_view import SettingSeen, settings_seen
from core.security.policy import Principal

HEIGHT = 480  # [px]


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
    picked = row_choice.draw(
        [
            {"name": one.name, "value": _told(one.value), "origin": origin_of(one), "meaning": meaning_of(one)}
            for one in shown
        ],
        {
            "name": column.TextColumn(say("operations.setting"), width=270),
            "value": column.TextColumn(say("operations.value"), width=170),
            "origin": column.TextColumn(say("operations.origin"), width=130),
            "meaning": column.TextColumn(say("operations.meaning"), width="large"),
        },
        key="settings-table",
        height=HEIGHT,
        alt=say("operations_tab.settings"),
    )
    st.caption(say("operations.choose_setting"))
    if picked is not None and picked < len(shown):
        _draw_one(shown[picked])


def _draw_one(one: SettingSeen) -> None:
    """All of it: a table cuts what is long."""
    facts = {
        say("operations.value"): _told(one.value),
        say("operations.default"): _told(one.default),
        say("operations.origin"): origin_of(one),
        say("operations.group"): group_of(one),
        say("operations.also"): ", ".join(one.names[1:]),
    }
    with st.container(border=True, key="hero-setting", gap="small"):
        st.markdown(f"**{formats.plain(one.name)}**")
        st.markdown(formats.plain(meaning_of(one)))
        with st.container(horizontal=True, gap="large"):
            for label, value in facts.items():
                if value:
                    with st.container(gap=None, width="content"):
                        st.caption(label)
                        st.text(value)


def _told(value: str) -> str:
    return value or say("operations.unset")
