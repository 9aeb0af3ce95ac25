"""Which click model serves: a challenger takes its place with one press, and an earlier one comes back with another.

The reason that goes into the history is written already and can be changed before the press.
"""

from __future__ import annotations

import streamlit as st

from app.ui import findings_panel, formats, notices, state
from app.ui.ctr_report import resources
from app.ui.navigation import CTR_REPORT, CTR_TRAINING, link_to
from app.ui.texts import say
from core.ctr.reporting.fact_text import fact_text
from core.ctr.runs import ROOM, SLOT, Report
from core.jobs.held_back import held_back, publish_held_back
from core.security.policy import Permission, Principal, is_allowed
from core.storage import champions

SHOWN = 50


def draw_challenger(report: Report, principal: Principal) -> None:
    """The way to publish a run whose model was held back; nothing for any other run, or for whoever may not."""
    if not (is_allowed(principal, Permission.CHAMPIONS_PUBLISH) and held_back([report.run.job])):
        return
    serving = champions.current(ROOM, SLOT)
    scored = fact_text(resources.facts(report)["score.average_precision"], state.language(), interval=False)
    name = report.run.experiment or formats.short(report.run.id)
    usual = say("ctr.promote_reason", name=name, score=scored)
    with st.container(border=True, key="challenger"):
        told = say("ctr.challenger_first") if serving is None else say("ctr.challenger", version=serving.version)
        st.markdown(f"**:material/swords: {told}**")
        findings_panel.draw_plain(report.document["findings"])
        with st.container(horizontal=True, vertical_alignment="bottom"):
            why = st.text_input(say("candidates.reason"), usual, max_chars=2000, key=f"promote-why-{report.run.id}")
            if st.button(say("ctr.promote"), type="primary", icon=":material/publish:", key="promote"):
                with notices.errors_shown():
                    publish_held_back(report.run.id, room=ROOM, why=why or "", principal=principal)
                    notices.flash(say("candidates.published"))
                    st.rerun()


def draw_history(report: Report, principal: Principal) -> None:
    """Every publication, newest first; an earlier one serves again with one press."""
    rows = champions.history(ROOM, SLOT)
    if not rows:
        with notices.empty("ctr.never_published", "ctr.never_published_hint", icon=":material/publish:"):
            link_to(CTR_TRAINING, say("ctr.to_training"))
        return
    for row in rows[:SHOWN]:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"ctr-published-{row.id}"):
            if row is rows[0]:
                st.badge(say("history.current"), color="green", icon=":material/verified:")
            told = f"**{say('champion.version', version=row.version)}** · {formats.moment(row.created_at)}"
            st.markdown(f"{told} · {formats.plain(row.owner)}")
            st.caption(formats.plain(row.why), width="stretch")
            link_to(CTR_REPORT, say("ctr.its_report"), icon=":material/open_in_new:", run=row.run_id)
            if row is not rows[0] and is_allowed(principal, Permission.CHAMPIONS_PUBLISH):
                _draw_back_to(row, rows[0], principal)


def _draw_back_to(row: champions.Champion, serving: champions.Champion, principal: Principal) -> None:
    if st.button(say("ctr.serve_again"), icon=":material/undo:", key=f"ctr-serve-again-{row.id}"):
        why = say("ctr.serve_again_reason", version=row.version, serving=serving.version)
        with notices.errors_shown():
            champions.rollback(ROOM, row.id, why=why, principal=principal, slot=SLOT)
            notices.flash(say("history.rolled_back", version=row.version))
            st.rerun()
