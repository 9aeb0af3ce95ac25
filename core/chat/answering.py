"""The way in: a question is stored together with the answer it will get, a worker begins to make it, anybody follows.

What the answer says is decided in `composing`, which `answer_threads` calls in the background.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from core.chat import answer_threads
from core.chat.answer_threads import Stage
from core.chat.composing import Asking, compose
from core.chat.messages import MESSAGES, Message, answer_state, get_message
from core.chat.stored_questions import (
    Asked,
    asked_in_last_minute,
    looked_in,
    message_row,
    owned_key,
    repeated,
    store,
)
from core.errors import BadInput, NotFound
from core.knowledge.limits import LONGEST_QUESTION
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.database import reading, writing

POLL_S = 0.2


@dataclass(frozen=True)
class Update:
    """How an answer comes along. text: all that is written so far. message: with the stage "done" alone."""

    stage: Stage
    text: str = ""
    message: Message | None = None


def ask(
    question: str, *, conversation_id: str | None = None, collections: Sequence[str] = (), language: str = "ko",
    request_key: str | None = None, may_ask: Callable[[Sequence[datetime]], None] | None = None, principal: Principal,
) -> Asked:  # fmt: skip
    """Store the question, in a new conversation where none is named, and begin to answer it.

    collections: to look in; by default those of the conversation, else of the preferences, else all that may be read.
    request_key: of the caller's making; the same one within five minutes finds the first question again.
    may_ask: told when this person asked within the last minute, unless this is a repetition; it may raise.
    Raises BadInput for an empty or long question, NotFound for a conversation or collection that is not open to one.
    """
    require(principal, Permission.CHAT_USE)
    text = unicodedata.normalize("NFC", question).strip()
    if not text:
        raise BadInput("chat.empty_question")
    if len(text) > LONGEST_QUESTION:
        raise BadInput("chat.long_question", limit=LONGEST_QUESTION, length=len(text))
    chosen = looked_in(conversation_id, collections, principal)
    key = owned_key(request_key, principal) if request_key else None

    def stored() -> Asked:
        with writing() as connection:
            found = repeated(connection, key)
            if found is not None:
                return found
            if may_ask is not None:
                may_ask(asked_in_last_minute(connection, principal))
            return store(connection, text, conversation_id, chosen, key, principal)

    try:
        asked = stored()
    except IntegrityError:  # another process stored the same request, or the same place, a moment ago
        asked = stored()
    if not asked.is_repeated:
        _begin(asked, text, chosen, language, principal)
    return asked


def ask_again(question_id: str, *, language: str = "ko", principal: Principal) -> Asked:
    """Another try at an answer that failed, was stopped or interrupted; one that stands is kept and asked anew below.

    An answer that is being made is not made twice.
    """
    question = get_message(question_id, principal=principal)
    if question.role != "user":
        raise NotFound("chat.no_such_message", id=question_id[:80])
    with reading() as connection:
        wanted = select(MESSAGES.c.id).where(
            MESSAGES.c.conversation_id == question.conversation_id, MESSAGES.c.number == question.number + 1
        )
        answer_id = connection.execute(wanted).scalar_one()
    answer = get_message(answer_id, principal=principal)
    if answer.state == "generating":
        return Asked(question.conversation_id, question_id, answer_id, is_repeated=True)
    if answer.state == "done":
        return ask(question.text, conversation_id=question.conversation_id, language=language, principal=principal)
    chosen = looked_in(question.conversation_id, (), principal)
    asked = Asked(question.conversation_id, question_id, str(uuid4()))
    with writing() as connection:
        if not connection.execute(delete(MESSAGES).where(MESSAGES.c.id == answer_id)).rowcount:
            raise NotFound("chat.no_such_message", id=answer_id)  # asked again a moment ago, in another window
        connection.execute(
            delete(knowledge_tables.chat_hits).where(knowledge_tables.chat_hits.c.message_id == answer_id)
        )
        row = message_row(
            asked.answer_id, question.conversation_id, answer.number, "assistant", "", "generating", principal
        )
        connection.execute(insert(MESSAGES).values(**row))
    _begin(asked, question.text, chosen, language, principal)
    return asked


def look(answer_id: str, *, principal: Principal) -> Update:
    """One's own answer as it is now: from memory where this process makes it, else as stored. Raises NotFound."""
    live = answer_threads.in_the_making(answer_id)
    if live is not None and live.owner == principal.id:
        with live.changed:
            if not live.is_over:
                return Update(live.stage, live.text)
    message = get_message(answer_id, principal=principal)
    if message.state == "generating":
        return Update("writing" if message.text else "searching", message.text)
    return Update("done", message.text, message)


def follow(answer_id: str, *, principal: Principal) -> Iterator[Update]:
    """The answer as it comes, from its beginning; the last update has the stage "done" and the message.

    At once where this process makes it, else by reading the database; it may be followed again at any time.
    Raises NotFound, also for what is no answer.
    """
    answer_state(answer_id, principal=principal)
    yield from _updates(answer_id, principal, float("inf"))


def wait_for(answer_id: str, *, principal: Principal, timeout_s: float) -> Message:
    """The answer once it is there, or as it is when the time is up."""
    answer_state(answer_id, principal=principal)
    for update in _updates(answer_id, principal, time.monotonic() + timeout_s):
        if update.message is not None:
            return update.message
    return get_message(answer_id, principal=principal)


def stop(answer_id: str, *, principal: Principal) -> None:
    """Write no further; what is there is kept and said to be stopped. Works from any process."""
    answer_state(answer_id, principal=principal)
    answer_threads.request_stop(answer_id)


def _begin(asked: Asked, text: str, chosen: tuple[str, ...], language: str, principal: Principal) -> None:
    asking = Asking(text, asked.conversation_id, asked.question_id, chosen, language, principal)
    answer_threads.begin(asked.answer_id, principal.id, lambda live: compose(asking, live))


def _updates(answer_id: str, principal: Principal, until: float) -> Iterator[Update]:
    """Each update that differs from the one before; it ends with the answer, or when the time is up."""
    seen: Update | None = None
    while (now := time.monotonic()) < until:
        update = look(answer_id, principal=principal)
        if update != seen:
            seen = update
            yield update
            if update.message is not None:
                return
            continue
        live = answer_threads.in_the_making(answer_id)
        if live is None:
            time.sleep(POLL_S)
            continue
        with live.changed:
            if (live.stage, live.text) == (update.stage, update.text) and not live.is_over:
                live.changed.wait(min(1.0, until - now))
