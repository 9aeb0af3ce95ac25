"""Invitations: making one, its link shown once, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st

from app.ui import choosing, formats, notices, state
from app.ui.accounts import told_once
from app.ui.accounts.choices import draw_standing, role_name
from app.ui.texts import say, say_value
from core.accounts.accounts import list_accounts
from core.accounts.invitations import Invitation, invite, list_invitations, revoke
from core.security.policy import Principal
from core.settings.current import get_settings

NEW = "invitation-new"
LOOKS: dict[str, Literal["blue", "green", "gray"]] = {
    "open": "blue",
    "used": "green",
    "revoked": "gray",
    "over": "gray",
}
PAGE = 20  # invitations


def draw(principal: Principal) -> None:
    if get_settings().sign_up == "off":
        st.warning(say("invitations.sign_up_off"), icon=":material/person_off:")
    with st.popover(say("invitations.new"), icon=":material/mail:", key="invitation-new-open", type="primary"):
        _draw_new(principal)
    told_once.draw("invitation")
    made = list_invitations(principal=principal)
    if not made:
        notices.empty("invitations.none", "invitations.none_hint", icon=":material/mail:")
        return
    names = {one.id: one.display_name for one in list_accounts(principal=principal)}
    for place, one in enumerate(choosing.one_page(made, PAGE, key="invitations-page")[1]):
        _draw_one(one, place, names, principal)


def state_of(one: Invitation) -> str:
    """One of the keys of LOOKS."""
    if one.used_at is not None:
        return "used"
    if one.revoked_at is not None:
        return "revoked"
    return "open" if one.is_open() else "over"


def _draw_new(principal: Principal) -> None:
    email = st.text_input(say("sign_up.email"), key=state.generation(f"{NEW}-email"), autocomplete="off")
    standing = draw_standing(principal, key=NEW)
    st.caption(say("invitations.new_hint", days=f"{get_settings().invitation_days:g}"))
    if st.button(say("invitations.make"), type="primary", key="invitation-make"):
        with notices.errors_shown():
            made = invite(
                role=standing.role, kind=standing.kind, email=email.strip(), organisation_id=standing.organisation_id,
                language=state.language(), principal=principal,
            )  # fmt: skip
            state.reset(f"{NEW}-email")
            hint = say("invitations.mailed", email=made.invitation.email) if made.is_mailed else ""
            told_once.keep("invitation", say("invitations.link"), made.link, hint=hint)
            st.rerun()


def _draw_one(one: Invitation, place: int, names: Mapping[str, str], principal: Principal) -> None:
    word = state_of(one)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"invitation-{place}"):
        with st.container(gap=None, width="stretch"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.text(one.email or say("invitations.anybody"), width="content")
                st.badge(say_value("invitation_state", word), color=LOOKS[word])
            st.caption(formats.plain(" · ".join(_facts(one, word, names))))
        if word == "open" and st.button(
            say("invitations.revoke"), key=f"invitation-revoke-{place}", icon=":material/link_off:"
        ):
            with notices.errors_shown():
                revoke(one.id, principal=principal)
                notices.flash(say("invitations.revoked"))
                st.rerun()


def _facts(one: Invitation, word: str, names: Mapping[str, str]) -> list[str]:
    told = [role_name(one.role)]
    if one.organisation is not None:
        told.append(one.organisation.name)
    told.append(say("invitations.made", when=formats.moment(one.created_at), name=names.get(one.owner, one.owner)))
    if word == "used":
        whom = names.get(one.used_by or "", one.used_by or "–")
        told.append(say("invitations.used", when=formats.moment(one.used_at), name=whom))
    elif word == "open":
        told.append(say("invitations.until", when=formats.moment(one.expires_at)))
    return told
