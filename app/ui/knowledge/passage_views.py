"""One passage as a citation opens it: its text with the words marked, where it stands, and which questions hit it."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices, state
from app.ui.knowledge import links, marked_text, words
from app.ui.texts import say
from core.chat.hits import questions_that_hit
from core.errors import NotFound
from core.knowledge.documents import get_document
from core.knowledge.passages.stored import StoredPassage, get_passage, passages_of
from core.security.policy import Permission, Principal, is_allowed


def draw(passage_id: str, principal: Principal) -> None:
    """All of the passage. Raises NotFound."""
    if not passage_id.isdecimal():
        raise NotFound("knowledge.no_such_passage", id=passage_id[:20])
    one = get_passage(int(passage_id), principal=principal)
    document = get_document(one.document_id, principal=principal)
    links.link_to_document(say("passages.to_document", title=formats.plain(document.title)), document.id)
    if not one.is_current:
        st.warning(say("passages.not_current", number=one.version, current=document.version), icon=":material/history:")
    with st.container(border=True, key="hero-passage"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {formats.plain(one.title)}", width="stretch")
            st.badge(words.kind(one.doc_type, document.format), color="gray")
            st.badge(words.language(one.language), color="gray")
        st.caption(words.place(one) or say("passages.no_heading"))
        marked_text.draw(one.text, links.marks_of(state.open_marks(), length=len(one.text)))
        for flag in one.flags:
            st.warning(say("passages.flagged", flag=words.flags((flag,))), icon=":material/policy_alert:")
        st.caption(
            say(
                "passages.offsets",
                number=one.number + 1,
                start=f"{one.start:,}",
                end=f"{one.end:,}",
                version=one.version,
            )
        )
    _draw_neighbours(one, principal)
    if is_allowed(principal, Permission.CHAT_USE):
        with notices.errors_shown():
            _draw_hits(one, principal)


def _draw_neighbours(one: StoredPassage, principal: Principal) -> None:
    """The passages before and after it, of the same version."""
    others = {found.number: found for found in passages_of(one.document_id, version=one.version, principal=principal)}
    before, after = others.get(one.number - 1), others.get(one.number + 1)
    with st.container(horizontal=True, key="passage-neighbours"):
        if before is not None:
            links.link_to_passage(say("passages.before"), before.id, icon=":material/arrow_back:")
        if after is not None:
            links.link_to_passage(say("passages.after"), after.id, icon=":material/arrow_forward:")


def _draw_hits(one: StoredPassage, principal: Principal) -> None:
    hits = questions_that_hit(one.id, principal=principal)
    st.markdown(f"#### {say('passages.hits')}")
    if not hits.own and not hits.others:
        st.caption(say("passages.no_hits"))
    for place, hit in enumerate(hits.own):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"hit-{place}"):
            st.markdown(formats.plain(hit.question), width="stretch")
            if hit.is_cited:
                st.badge(say("passages.cited"), color="green", icon=":material/format_quote:")
            st.caption(formats.ago(hit.at), width="content")
    if hits.others:
        st.caption(say("passages.other_hits", count=f"{hits.others:,}"))
