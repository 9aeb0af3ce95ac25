"""The in-app inbox: what the notifier told this visitor and was not read yet."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, theme
from app.ui.navigation import RUNS, SCHEDULES, link_to
from app.ui.texts import say
from core.jobs.schedules.schedules import is_schedule
from core.notifications.inbox import list_notices, mark_read
from core.security.policy import Principal

SHOWN = 5


def draw(principal: Principal) -> None:
    """Unread notices, newest first, each with the way to its run; nothing where there are none."""
    unread = list_notices(principal, unread_only=True, channel="push", limit=SHOWN)
    if not unread:
        return
    theme.draw_section("overview.notices")
    for notice in unread:
        with st.container(border=True, key=f"notice-{notice.id}"):
            # As plain text: names that people chose stand in it.
            st.text(notice.text)
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(formats.ago(notice.created_at), width="stretch")
                if is_schedule(notice.about):
                    link_to(SCHEDULES, say("overview.notice_schedule"), schedule=notice.about)
                else:
                    link_to(RUNS, say("overview.notice_run"), run=notice.about)
                if st.button(say("overview.notice_read"), key=f"read-{notice.id}", icon=":material/done:"):
                    mark_read(notice.id, principal=principal)
                    st.rerun()
