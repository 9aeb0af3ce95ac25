"""What only the owner of a collection does: its name, with whom it is shared, and removing it."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices, state
from app.ui.knowledge import undo
from app.ui.texts import say, say_value
from core.knowledge.collections import LONGEST_NAME, Collection, rename_collection
from core.knowledge.sharing import list_members, share, share_with_everybody, share_with_organisation, unshare
from core.security.policy import Principal

ROLES = ("reader", "editor")


def draw(one: Collection, principal: Principal) -> None:
    """All of the tab."""
    with st.container(border=True, key="collection-name"):
        _draw_name(one, principal)
    with st.container(border=True, key="collection-people"):
        _draw_people(one, principal)
    with st.container(border=True, key="collection-everybody"):
        _draw_groups(one, principal)
    with st.popover(say("collections.remove"), icon=":material/delete:"):
        st.write(say("collections.remove_question", name=formats.plain(one.name)))
        if st.button(say("collections.remove_now"), type="primary", key="collection-remove"):
            with notices.errors_shown():
                undo.take_collection(one, principal)


def _draw_name(one: Collection, principal: Principal) -> None:
    name = st.text_input(say("collections.name"), one.name, max_chars=LONGEST_NAME, key=f"rename:{one.id}")
    told = st.text_area(say("collections.description"), one.description, height=90, key=f"describe:{one.id}")
    if st.button(say("collections.rename"), icon=":material/edit:", key="collection-rename"):
        with notices.errors_shown():
            rename_collection(one.id, name or "", description=told or "", principal=principal)
            notices.flash(say("collections.renamed"))
            st.rerun()


def _draw_people(one: Collection, principal: Principal) -> None:
    st.markdown(f"**{say('sharing.people')}**")
    members = list_members(one.id, principal=principal)
    for place, member in enumerate(members):
        with st.container(horizontal=True, vertical_alignment="center", key=f"member-{place}"):
            st.markdown(formats.plain(member.name), width="stretch")
            st.caption(say_value("sharing_role", member.role))
            if st.button(say("sharing.take_back"), icon=":material/person_remove:", key=f"unshare-{place}"):
                with notices.errors_shown():
                    unshare(one.id, member.member, principal=principal)
                    st.rerun()
    if not members:
        st.caption(say("sharing.nobody"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        login = st.text_input(say("sharing.login"), key=state.generation("share-login"), width=260)
        role = st.segmented_control(
            say("sharing.role"), ROLES, format_func=lambda name: say_value("sharing_role", name), default="reader",
            required=True, key="share-role",
        )  # fmt: skip
        pressed = st.button(say("sharing.share"), icon=":material/person_add:", key="share")
    if pressed:
        with notices.errors_shown():
            share(one.id, login or "", role, principal=principal)  # type: ignore[arg-type]
            state.reset("share-login")
            st.rerun()


def _draw_groups(one: Collection, principal: Principal) -> None:
    """Switches that change at once; where the core refuses, the switch goes back."""
    everybody = st.toggle(say("sharing.everybody"), one.is_open, key=f"everybody:{one.id}:{one.is_open}")
    st.caption(say("sharing.everybody_help"))
    if everybody != one.is_open:
        with notices.errors_shown():
            share_with_everybody(one.id, is_shared=everybody, principal=principal)
            st.rerun()
    has_organisation = one.organisation_id is not None
    shared = st.toggle(say("sharing.organisation"), has_organisation, key=f"organisation:{one.id}:{has_organisation}")
    if shared != has_organisation:
        with notices.errors_shown():
            share_with_organisation(one.id, is_shared=shared, principal=principal)
            st.rerun()
