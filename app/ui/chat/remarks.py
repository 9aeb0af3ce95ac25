"""What a reader thinks of an answer: a thumb, a reason and a correction, and one click that makes a test case of it."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from app.ui import notices
from app.ui.chat import plain_text
from app.ui.texts import say, say_value
from core.chat.feedback import Feedback, Reason, give_feedback, make_case
from core.chat.messages import Message
from core.knowledge.limits import LONGEST_REMARK
from core.security.policy import Principal

DOWN, UP = 0, 1  # of the thumbs
KINDS = {DOWN: "not_helpful", UP: "helpful"}
REASONS = tuple(one for one in get_args(Reason) if one)


def draw(message: Message, remarks: dict[str, Feedback], principal: Principal) -> None:
    """The thumbs as they were given, and below a thumb that points down what is wrong.

    remarks: what was said in this conversation, by message; a thumb that is given now goes in there too, since an
    answer is drawn again without the page.
    """
    given = remarks.get(message.id)
    thumb = {"helpful": UP, "not_helpful": DOWN}.get(given.kind) if given else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"chat-remark-{message.id}"):
        chosen = st.feedback("thumbs", default=thumb, key=f"chat-thumb-{message.id}")
        if chosen is not None and chosen != thumb:
            given = remarks[message.id] = _give(message, chosen, principal)
        st.caption(_said(given), width="stretch")
    if given is not None and given.kind == "not_helpful":
        _draw_reason(message, given, principal)


def _said(given: Feedback | None) -> str:
    if given is None:
        return say("chat.rate")
    if given.kind == "helpful":
        return say("chat.said_helpful")
    words = [say("chat.said_not_helpful")]
    if given.reason:
        words.append(say_value("chat_reason", given.reason))
    if given.case_id:
        words.append(say("chat.is_case"))
    return " · ".join(words)


def _give(message: Message, thumb: int, principal: Principal) -> Feedback:
    return give_feedback(
        conversation_id=message.conversation_id,
        message_id=message.id,
        kind=KINDS[thumb],  # type: ignore[arg-type]
        principal=principal,
    )


def _draw_reason(message: Message, given: Feedback, principal: Principal) -> None:
    """What is wrong and what would be right; sent again it replaces what was said before."""
    is_said = bool(given.reason or given.comment or given.correction)
    label = say("chat.change_reason") if is_said else say("chat.say_reason")
    with st.expander(label, expanded=not is_said, icon=":material/rate_review:", key=f"chat-why-{message.id}"):
        with st.form(f"chat-reason-{message.id}", border=False):
            reason = st.pills(
                say("chat.reason"),
                REASONS,
                format_func=lambda one: say_value("chat_reason", one),
                default=given.reason or None,
                key=f"chat-reason-of-{message.id}",
            )
            correction = st.text_area(
                say("chat.correction"),
                given.correction,
                max_chars=LONGEST_REMARK,
                placeholder=say("chat.correction_hint"),
                height=90,
                key=f"chat-correction-{message.id}",
            )
            comment = st.text_input(
                say("chat.comment"), given.comment, max_chars=LONGEST_REMARK, key=f"chat-comment-{message.id}"
            )
            with st.container(horizontal=True):
                sent = st.form_submit_button(say("chat.send"), type="primary", key=f"chat-send-{message.id}")
                case = st.form_submit_button(
                    say("chat.make_case"),
                    icon=":material/fact_check:",
                    help=say("chat.make_case_help"),
                    key=f"chat-case-{message.id}",
                )
        if not sent and not case:
            return
        with notices.errors_shown():
            kept = give_feedback(
                conversation_id=message.conversation_id,
                message_id=message.id,
                kind="not_helpful",
                reason=reason or "",
                comment=comment,
                correction=correction,
                principal=principal,
            )
            if case:
                made = make_case(kept.id, principal=principal)
                notices.flash(say("chat.case_made", question=plain_text.in_label(made.question)))
            else:
                notices.flash(say("chat.thanks"))
            st.rerun()
