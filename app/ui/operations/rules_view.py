"""The rules of alerts with their limits; whoever configures the system switches one off or sets another limit."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import choosing, formats, notices, state
from app.ui.texts import say, say_if_known, say_value
from core.alerts.rules import HUNDREDTHS, Rule, rules, switch
from core.operations.checks import limit_of
from core.security.policy import Permission, Principal, is_allowed

ON, OFF = "●", "–"


def draw(principal: Principal) -> None:
    known = rules()
    _draw_table(known)
    if is_allowed(principal, Permission.SYSTEM_CONFIGURE):
        with st.container(border=True, key="rule-change"):
            _draw_change(known, principal)


def _draw_table(known: Sequence[Rule]) -> None:
    language, column = state.language(), st.column_config
    st.dataframe(
        [
            {
                "rule": one.title(language),
                "on": ON if one.is_on else OFF,
                "limit": shown_limit(one),
                "severity": say_value("alert_severity", one.severity),
                "looks": one.in_a_row,
                "meaning": one.meaning(language),
                "changed": formats.moment(one.changed_at),
            }
            for one in known
        ],
        column_config={
            "rule": column.TextColumn(say("operations.rule"), width="medium", pinned=True),
            "on": column.TextColumn(say("operations.is_on"), width="small", alignment="center"),
            "limit": column.TextColumn(say("operations.limit")),
            "severity": column.TextColumn(say("operations.severity"), width="small"),
            "looks": column.NumberColumn(say("operations.looks"), width="small", help=say("operations.looks_help")),
            "meaning": column.TextColumn(say("operations.meaning"), width="large"),
            "changed": column.TextColumn(say("operations.changed")),
        },
        hide_index=True,
        height="content",
        alt=say("operations.rules"),
    )


def shown_limit(rule: Rule) -> str:
    """The limit that counts, with the side on which it is bad."""
    if rule.limit is None:
        return say("operations.own_limit")
    sign = ">" if rule.comparison == "above" else "<"
    return f"{sign} {_shown(rule, limit_of(rule))}"


def _shown(rule: Rule, value: float | None) -> str:
    """A limit in the unit that visitors type it in."""
    scale, unit = _unit_of(rule)
    return f"{scale * (value or 0):,.6g} {unit}".rstrip()


def _unit_of(rule: Rule) -> tuple[int, str]:
    """By what a value is multiplied, and the unit then: shares are percent everywhere."""
    return (100, "%") if rule.unit == HUNDREDTHS else (1, say_if_known("rule_unit", rule.unit, rule.unit))


def _draw_change(known: Sequence[Rule], principal: Principal) -> None:
    language = state.language()
    by_name = {one.name: one for one in known}
    name = choosing.one_of(
        st, say("operations.rule_to_change"), list(by_name), key="rule-name",
        format_func=lambda one: by_name[one].title(language),
    )  # fmt: skip
    rule = by_name[str(name)]
    st.caption(formats.plain(rule.meaning(language)))
    key = state.generation(f"rule-{rule.name}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        is_on = st.toggle(say("operations.looked_at"), value=rule.is_on, key=f"{key}-on")
        limit = None if rule.limit is None else _draw_limit(rule, key)
    with st.container(horizontal=True):
        is_saved = st.button(say("operations.rule_save"), type="primary", key="rule-save")
        is_reset = rule.changed_at is not None and st.button(
            say("operations.rule_reset", limit=_shown(rule, rule.default_limit) if rule.limit is not None else "–"),
            key="rule-reset",
        )
    if is_saved or is_reset:
        with notices.errors_shown():
            if is_reset:
                switch(rule.name, is_on=True, principal=principal)
            else:
                switch(rule.name, is_on=is_on, limit=_new_limit(rule, limit), principal=principal)
            state.reset(f"rule-{rule.name}")
            notices.flash(say("operations.rule_changed", name=rule.title(language)))
            st.rerun()


def _draw_limit(rule: Rule, key: str) -> float:
    scale, unit = _unit_of(rule)
    value = round(scale * limit_of(rule), 6)
    label = f"{say('operations.limit')} [{unit}]" if unit else say("operations.limit")
    typed = st.number_input(label, value=float(value), format="%g", key=f"{key}-limit", width=220)
    return limit_of(rule) if typed == value else float(typed) / scale


def _new_limit(rule: Rule, limit: float | None) -> float | None:
    """None while nobody asked for another than the one that comes with the rule."""
    return None if limit is None or (limit == limit_of(rule) and rule.limit == rule.default_limit) else limit
