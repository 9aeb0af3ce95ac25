"""Alerts: what is open and who looks after it, what is over, by which rules, and where notices go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.ui import choosing, formats, incident_cards, notices, state, theme
from app.ui.audit import names_of_people
from app.ui.operations import rules_view
from app.ui.texts import say, say_if_known, say_value
from core.alerts.incidents import LONGEST_NOTE, Incident, acknowledge, open_incidents, recent_incidents
from core.notifications.channels import CHANNELS, is_configured
from core.security.policy import Permission, Principal, is_allowed
from core.settings.current import get_settings

REFRESH_S = 15.0
PAGE = 20


def draw(principal: Principal) -> None:
    names = names_of_people.names(principal)

    def watch() -> None:
        with notices.errors_shown():
            incident_cards.draw(open_incidents(principal=principal), lambda one: _draw_beneath(one, names, principal))

    st.fragment(watch, run_every=REFRESH_S)()
    over = [one for one in recent_incidents(principal=principal) if not one.is_open]
    if over:
        theme.draw_section("operations.over")
        _draw_over(over, names)
    theme.draw_section("operations.notices")
    _draw_channels()
    theme.draw_section("operations.rules")
    rules_view.draw(principal)


def _draw_beneath(one: Incident, names: Mapping[str, str], principal: Principal) -> None:
    st.caption(say("operations.advice", advice=one.advice(state.language())))
    if one.acknowledged_at is not None:
        st.markdown(f":material/task_alt: {formats.plain(_acknowledged(one, names))}")
    elif one.owner == principal.id or is_allowed(principal, Permission.SYSTEM_CONFIGURE):
        with st.popover(say("operations.acknowledge"), icon=":material/task_alt:", key=f"acknowledge-{one.id}"):
            _draw_form(one, principal)


def _draw_form(one: Incident, principal: Principal) -> None:
    note = st.text_area(
        say("operations.note"), key=f"note-{one.id}", max_chars=LONGEST_NOTE,
        placeholder=say("operations.note_example"),
    )  # fmt: skip
    st.caption(say("operations.acknowledge_hint"))
    if st.button(say("operations.take"), type="primary", key=f"take-{one.id}"):
        with notices.errors_shown():
            acknowledge(one.id, note or "", principal=principal)
            notices.flash(say("operations.taken"))
            st.rerun()


def _acknowledged(one: Incident, names: Mapping[str, str]) -> str:
    who = names.get(one.acknowledged_by or "", one.acknowledged_by or "–")
    told = say("operations.acknowledged", who=who, when=formats.ago(one.acknowledged_at))
    return f"{told} {one.note}" if one.note else told


def _draw_over(incidents: Sequence[Incident], names: Mapping[str, str]) -> None:
    column = st.column_config
    st.dataframe(
        [
            {
                "title": incident_cards.title_of(one),
                "severity": say_value("alert_severity", one.severity),
                "opened": formats.moment(one.opened_at),
                "closed": formats.moment(one.closed_at),
                "text": one.text(state.language()),
                "note": _acknowledged(one, names) if one.is_acknowledged else "–",
            }
            for one in choosing.one_page(incidents, PAGE, key="over-page")[1]
        ],
        column_config={
            "title": column.TextColumn(say("operations.alert"), width="medium", pinned=True),
            "severity": column.TextColumn(say("operations.severity"), width="small"),
            "opened": column.TextColumn(say("operations.opened")),
            "closed": column.TextColumn(say("operations.closed")),
            "text": column.TextColumn(say("operations.what"), width="large"),
            "note": column.TextColumn(say("operations.note"), width="medium"),
        },
        hide_index=True,
        height="content",
        alt=say("operations.over"),
    )


def _draw_channels() -> None:
    """Where an incident that opens or closes is told of, and what that still needs."""
    chosen = get_settings().alert_channels
    if not chosen:
        st.info(say("operations.no_channels"), icon=":material/notifications_off:")
        return
    with st.container(horizontal=True, key="alert-channels"):
        for name in chosen:
            is_ready = name not in CHANNELS or is_configured(name)
            label = say_if_known("channel", name, name)
            if is_ready:
                st.badge(label, color="green", icon=":material/notifications_active:")
            else:
                st.badge(
                    say("operations.channel_unset", name=label), color="red", icon=":material/notification_important:"
                )
    st.caption(say("operations.channels_hint"))
