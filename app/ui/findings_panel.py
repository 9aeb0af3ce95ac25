"""Findings as a person must see them: severity, sentence, rows; with a reason they can be accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.ui import customer_words, notices, state
from app.ui.texts import say, say_value
from core.datasets.findings import GRAVITY, Finding, gravest_first
from core.datasets.records import accept_finding
from core.datasets.rows import Dataset
from core.security.policy import Principal

LOOKS = {
    "blocking": ("red", ":material/block:"),
    "warning": ("orange", ":material/warning:"),
    "info": ("blue", ":material/info:"),
}
NOTES_SHOWN = 6  # more are folded away, so that what matters is not buried


def draw_plain(findings: Sequence[dict[str, Any]]) -> None:
    """Findings kept with a run or a publication, and why an accepted one was accepted."""
    told = sorted(findings, key=lambda one: GRAVITY.index(one["severity"]))
    notes = [customer_words.finding(plain) for plain in told if plain["severity"] == "info"]
    folded = len(notes) > NOTES_SHOWN
    for plain in told[: len(told) - len(notes)] if folded else told:
        with st.container(horizontal=True, wrap=False):
            _draw_severity(plain["severity"])
            st.markdown(customer_words.finding(plain), width="stretch")
        if plain.get("accepted_because"):
            st.caption(f":material/check: {say('findings.accepted', reason=plain['accepted_because'])}")
    if folded:
        _draw_notes(notes)


def draw_dataset_findings(dataset: Dataset, principal: Principal) -> None:
    """Findings of a dataset, the gravest first; each open blocking one can be accepted with a reason."""
    accepted = {(one.code, one.column): one.reason for one in dataset.accepted}
    if not dataset.findings:
        st.success(say("findings.none"), icon=":material/verified:")
    told = gravest_first(dataset.findings)
    notes = [finding.text(state.language()) for finding in told if finding.severity == "info"]
    folded = len(notes) > NOTES_SHOWN
    for place, finding in enumerate(told[: len(told) - len(notes)] if folded else told):
        reason = accepted.get((finding.code, finding.column))
        with st.container(border=True, key=f"finding-{place}"):
            with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                _draw_severity(finding.severity)
                st.markdown(finding.text(state.language()), width="stretch")
                if reason is None and finding.severity == "blocking":
                    _draw_acceptance(dataset, finding, place, principal)
            if finding.rows:
                st.caption(say("findings.rows", rows=", ".join(str(row + 1) for row in finding.rows)))
            if reason is not None:
                st.caption(f":material/check: {say('findings.accepted', reason=reason)}")
    if folded:
        _draw_notes(notes)


def _draw_notes(notes: Sequence[str]) -> None:
    """Many notes in one fold: a wide table has one for nearly every column."""
    with st.expander(say("findings.notes", count=len(notes)), icon=":material/info:"):
        st.markdown("\n".join(f"- {note}" for note in notes))


def _draw_severity(severity: str) -> None:
    color, icon = LOOKS[severity]
    st.badge(say_value("severity", severity), color=color, icon=icon)


def _draw_acceptance(dataset: Dataset, finding: Finding, place: int, principal: Principal) -> None:
    with st.popover(say("findings.accept"), icon=":material/check:"), st.form(f"accept-{place}", border=False):
        reason = st.text_area(say("findings.reason"), help=say("findings.reason_help"), key=f"reason-{place}")
        if st.form_submit_button(say("findings.accept_with_reason"), type="primary"):
            with notices.errors_shown():
                accept_finding(dataset.id, finding.code, finding.column, reason or "", principal=principal)
                notices.flash(say("findings.accepted_now"))
                st.rerun()
