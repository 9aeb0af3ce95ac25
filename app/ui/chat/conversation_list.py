"""Earlier conversations: searched, opened, renamed, removed and brought back."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices, state
from app.ui.chat import plain_text
from app.ui.texts import say
from core.chat.conversations import (
    LONGEST_TITLE,
    Conversation,
    ConversationSummary,
    list_conversations,
    remove_conversation,
    rename_conversation,
    restore_conversation,
)
from core.security.policy import Principal

AT_ONCE = 20
REMOVED, SHOWN = "chat-removed", "chat-history-shown"


def draw_history(opened: str | None, principal: Principal) -> None:
    """The conversations that match, the last changed first; pressing one opens it. Read only where it is looked at."""
    key = state.generation("chat-history")
    with st.popover(say("chat.history"), icon=":material/history:", key=key, on_change="rerun") as place:
        if not place.open:
            return
        query = st.text_input(
            say("chat.search"), placeholder=say("chat.search_hint"), icon=":material/search:", key="chat-search"
        )
        most = state.kept(SHOWN) or AT_ONCE
        page = list_conversations(query=query, limit=most, principal=principal)
        if not page.conversations:
            st.caption(say("chat.none_found") if query.strip() else say("chat.no_history"))
        for one in page.conversations:
            _draw_one(one, is_open=one.id == opened)
        if page.total > len(page.conversations) and len(page.conversations) == most:
            label = say("chat.more", count=page.total - len(page.conversations))
            st.button(label, type="tertiary", on_click=state.keep, args=(SHOWN, most + AT_ONCE), key="chat-more")


def _draw_one(one: ConversationSummary, *, is_open: bool) -> None:
    with st.container(gap="xxsmall", key=f"chat-entry-{one.id}"):
        st.button(
            plain_text.in_label(one.title),
            icon=":material/chat:" if is_open else ":material/chat_bubble_outline:",
            type="tertiary",
            on_click=_open,
            args=(one.id,),
            key=f"chat-go-{one.id}",
        )
        told = plain_text.shortened(one.last_message_preview, 80) or say("chat.messages", count=one.message_count)
        plain_text.draw(f"{formats.ago(one.updated_at)} · {told}", "chat-aside")


def _open(conversation_id: str | None) -> None:
    state.hold_open(state.CONVERSATION, conversation_id)
    state.reset("chat-history")


def draw_new() -> None:
    """Leave the open conversation; the next question begins another one."""
    st.button(
        say("chat.new"), icon=":material/add_comment:", on_click=_open, args=(None,), key="chat-new", shortcut=None
    )


def draw_title(one: Conversation, principal: Principal) -> None:
    """The title of the open conversation, and behind a button what can be done with it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="chat-title"):
        plain_text.draw(plain_text.shortened(one.title, 120), "chat-title", width="stretch")
        with st.popover(say("chat.manage"), icon=":material/more_horiz:", key=state.generation("chat-manage")):
            with st.form("chat-rename", border=False):
                title = st.text_input(
                    say("chat.title_of"), one.title, max_chars=LONGEST_TITLE, key=f"chat-rename-{one.id}"
                )
                renamed = st.form_submit_button(say("chat.rename"), icon=":material/edit:", key="chat-rename-now")
            if renamed:
                with notices.errors_shown():
                    rename_conversation(one.id, title, principal=principal)
                    state.reset("chat-manage")
                    notices.flash(say("chat.renamed"))
                    st.rerun()
            if st.button(say("chat.remove"), icon=":material/delete:", key="chat-remove"):
                with notices.errors_shown():
                    remove_conversation(one.id, principal=principal)
                    state.keep(REMOVED, (one.id, one.title))
                    state.reset("chat-manage")
                    state.hold_open(state.CONVERSATION, None)
                    st.rerun()


def draw_removed(principal: Principal) -> None:
    """What was removed last in this visit, and the way back."""
    removed = state.kept(REMOVED)
    if removed is None:
        return
    conversation_id, title = removed
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="chat-removed"):
        st.markdown(say("chat.removed", title=plain_text.in_label(title)), width="stretch")
        if st.button(say("chat.undo"), icon=":material/undo:", key="chat-undo"):
            with notices.errors_shown():
                restore_conversation(conversation_id, principal=principal)
                state.forget(REMOVED)
                state.hold_open(state.CONVERSATION, conversation_id)
                notices.flash(say("chat.restored"))
                st.rerun()
        st.button(
            say("chat.dismiss"),
            icon=":material/close:",
            type="tertiary",
            on_click=state.forget,
            args=(REMOVED,),
            key="chat-dismiss",
        )
