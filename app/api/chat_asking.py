"""Asking the chat for a route or a socket: how often one person may ask, and how long a request waits.

Nothing of it is remembered here: the rate is counted in the database, so that all processes share it, and an answer
goes on whether or not anybody waits for it.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from app.api.live.answers import AnswerFollowing
from core.errors import NotAllowed, TooManyRequests, Unavailable
from core.security.policy import Principal

if TYPE_CHECKING:
    from core.chat.answering import Update
    from core.chat.messages import Message
    from core.chat.stored_questions import Asked

# Questions of one person (contract chat 1.3, D23). Only here: a program sends as fast as it can, whoever types on the
# page reads each answer before the next question.
PER_MINUTE = 30
WAIT_S = 60.0  # for an answer over plain HTTP; the client then asks again and finds the same answer
FAILED = ("failed", "interrupted")
_turns = tuple(threading.Lock() for _ in range(64))  # a person's questions are counted and stored one by one


@dataclass(frozen=True)
class Question:
    """What a person asks. conversation_id: None begins a new conversation; collections: empty asks all of them."""

    text: str
    conversation_id: str | None = None
    collections: tuple[str, ...] = ()
    language: str = "ko"


def require_self(user_id: str | None, principal: Principal) -> None:
    """Raises NotAllowed for the id of somebody else: what is asked and said is private, to admins as well."""
    if user_id is not None and user_id != principal.id:
        raise NotAllowed("api.only_yourself")


async def ask(question: Question, *, principal: Principal) -> Asked:
    """Begin an answer, or find the one to the same question sent just before. Raises TooManyRequests."""
    return await run_in_threadpool(_asked, question, principal)


async def whole(
    asked: Asked, following: AnswerFollowing, *, language: str, principal: Principal, wait_s: float | None,
    told: Callable[[Update], Awaitable[None]] | None = None,
) -> Message:  # fmt: skip
    """The answer once it is there; one that failed is tried once more for whoever asks the same again.

    wait_s: None waits for its end. told: hears of each step on the way.
    Raises Unavailable when it failed, or takes longer than that: it goes on all the same.
    """
    from core.chat.answering import ask_again

    message = await following.until_done(asked.answer_id, principal=principal, wait_s=wait_s, told=told)
    if message is not None and asked.is_repeated and message.state in FAILED:
        again = partial(ask_again, asked.question_id, language=language, principal=principal)
        asked = await run_in_threadpool(again)
        message = await following.until_done(asked.answer_id, principal=principal, wait_s=wait_s, told=told)
    if message is None:
        about = {"answer_id": asked.answer_id, "conversation_id": asked.conversation_id}
        raise Unavailable("api.answer_takes_long", waited_s=round(wait_s or 0), **about)
    if message.state in FAILED:
        raise _failure_of(message)
    return message


def request_key(question: Question) -> str:
    """The same for the same question, which a client sends again after an error or a lost connection."""
    return json.dumps(asdict(question), sort_keys=True)


def _failure_of(message: Message) -> Unavailable:
    if message.error is None:
        return Unavailable("chat.state_interrupted")
    return Unavailable(message.error.key, **message.error.details)


def _asked(question: Question, principal: Principal) -> Asked:
    from core.chat.answering import ask

    with _turns[hash(principal.id) % len(_turns)]:  # or two at the same time would both be the thirtieth
        return ask(
            question.text, conversation_id=question.conversation_id, collections=question.collections,
            language=question.language, request_key=request_key(question), may_ask=_require_rate, principal=principal,
        )  # fmt: skip


def _require_rate(asked: Sequence[datetime]) -> None:
    """asked: when this person asked within the last minute, oldest first."""
    from core.storage.database import utc_now

    if len(asked) >= PER_MINUTE:
        free_in = 60 - (utc_now() - asked[-PER_MINUTE]).total_seconds()
        raise TooManyRequests("api.too_many_questions", limit=PER_MINUTE, retry_after=max(1, math.ceil(free_in)))
