"""Checking the seals: whether an entry was changed, taken out or put in since it was written."""

from __future__ import annotations

import streamlit as st

from app.ui.texts import say
from core.security.policy import Principal
from core.storage.audit import Verified, verify


def draw(principal: Principal) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="audit-seals"):
        is_asked = st.button(say("audit.verify"), icon=":material/verified_user:", key="audit-verify")
        with st.popover(say("audit.noted"), icon=":material/compare_arrows:", key="audit-noted", type="tertiary"):
            number = st.number_input(say("audit.noted_number"), min_value=0, value=0, step=1, key="audit-number")
            seal = st.text_input(say("audit.noted_seal"), key="audit-seal", autocomplete="off")
            is_compared = st.button(say("audit.verify"), key="audit-compare", type="primary")
    if is_asked or is_compared:
        with st.spinner(say("audit.verifying")):
            expected = (int(number), seal or "") if is_compared else (0, "")
            found = verify(principal=principal, expected_number=expected[0], expected_seal=expected[1])
        _draw_verdict(found, expected[0])


def _draw_verdict(found: Verified, number: int) -> None:
    if found.broken_at is not None:
        st.error(say("audit.broken", number=found.broken_at), icon=":material/gpp_bad:")
    elif not found.is_intact:
        st.error(say("audit.cut_off", number=number), icon=":material/gpp_bad:")
    elif not found.entries:
        st.success(say("audit.nothing_to_check"), icon=":material/verified_user:")
    else:
        st.success(say("audit.intact", count=f"{found.entries:,}"), icon=":material/verified_user:")
        st.code(f"{found.entries}  {found.last_seal}", language=None, wrap_lines=True)
