"""Which questions found a passage: one's own by name, those of other people only as a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.chat.messages import CONVERSATIONS, MESSAGES
from core.knowledge.passages.stored import get_passage
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.database import reading

HITS = knowledge_tables.chat_hits
MOST_SHOWN = 50


@dataclass(frozen=True)
class Hit:
    """A question of one's own that found the passage. is_cited: whether the answer rests on it."""

    question: str
    conversation_id: str
    at: datetime
    is_cited: bool


@dataclass(frozen=True)
class Hits:
    """own: the newest first. others: how many answers to other people found it."""

    own: tuple[Hit, ...]
    others: int


def questions_that_hit(passage_id: int, *, principal: Principal) -> Hits:
    """Raises NotFound for a passage that may not be read."""
    require(principal, Permission.CHAT_USE)
    get_passage(passage_id, principal=principal)
    answers, questions = MESSAGES.alias(), MESSAGES.alias()
    is_question = (questions.c.conversation_id == answers.c.conversation_id) & (
        questions.c.number == answers.c.number - 1
    )
    mine = (
        select(questions.c.text, answers.c.conversation_id, HITS.c.created_at, HITS.c.is_cited)
        .select_from(HITS)
        .join(answers, answers.c.id == HITS.c.message_id)
        .join(questions, is_question)
        .join(CONVERSATIONS, CONVERSATIONS.c.id == answers.c.conversation_id)
        .where(
            HITS.c.passage_id == passage_id, HITS.c.owner == principal.id, CONVERSATIONS.c.removed_at.is_(None)
        )
        .order_by(HITS.c.created_at.desc())
        .limit(MOST_SHOWN)
    )  # fmt: skip
    theirs = select(func.count()).where(HITS.c.passage_id == passage_id, HITS.c.owner != principal.id)
    with reading() as connection:
        own = tuple(Hit(*row) for row in connection.execute(mine))
        return Hits(own, connection.execute(theirs).scalar() or 0)
