"""What people say about answers, with a reason and a correction that becomes an evaluation case in one step."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import uuid4

from sqlalchemy import func, insert, select, update

from core.chat.messages import MESSAGES, Message, get_message, list_messages
from core.errors import BadInput, NotFound
from core.knowledge.answers.questions import read_question
from core.knowledge.evaluation.cases import EvaluationCase, Expected, add_case
from core.knowledge.limits import LONGEST_REMARK
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.database import reading, utc_now, writing
from core.storage.ownership import visible

FEEDBACK = knowledge_tables.chat_feedback
LONGEST_ID = 200  # characters
RATINGS = (1, 5)
Kind = Literal["helpful", "not_helpful", "rating"]
# not_found: the documents hold the answer and it was not found; not_in_documents: they do not, yet there was one.
Reason = Literal[
    "", "wrong", "incomplete", "wrong_source", "outdated", "not_found", "not_in_documents", "style", "other"
]
WRONG_DOCUMENTS = ("wrong_source", "outdated", "not_found")


@dataclass(frozen=True)
class Feedback:
    """message_id: as the client named it, which may be no message of ours. case_id: the evaluation case made of it."""

    id: str
    conversation_id: str
    message_id: str
    kind: Kind
    rating: int | None
    reason: Reason
    comment: str
    correction: str
    case_id: str | None
    created_at: datetime


@dataclass(frozen=True)
class FeedbackFigures:
    """mean_rating: 1 to 5, None without ratings. answers: all that were finished, judged or not."""

    helpful: int
    not_helpful: int
    ratings: int
    mean_rating: float | None
    by_reason: dict[str, int]
    answers: int


def give_feedback(
    *, conversation_id: str, message_id: str, kind: Kind, rating: int | None = None, reason: Reason = "",
    comment: str = "", correction: str = "", principal: Principal,
) -> Feedback:  # fmt: skip
    """Keep it; what was said of the same message in the same way before is replaced, so a retry changes nothing.

    Raises BadInput for another kind, reason or rating, NotFound for a conversation that is not one's own.
    """
    require(principal, Permission.CHAT_USE)
    list_messages(conversation_id, principal=principal)
    if kind not in get_args(Kind):
        raise BadInput("chat.no_such_feedback", kind=kind, known=", ".join(get_args(Kind)))
    if reason not in get_args(Reason):
        raise BadInput("chat.no_such_reason", reason=reason, known=", ".join(filter(None, get_args(Reason))))
    if (kind == "rating") != (rating is not None) or (rating is not None and not RATINGS[0] <= rating <= RATINGS[1]):
        raise BadInput("chat.bad_rating", least=RATINGS[0], most=RATINGS[1])
    if not message_id or len(message_id) > LONGEST_ID:
        raise BadInput("chat.bad_message_id", limit=LONGEST_ID)
    values = {
        "rating": rating, "reason": reason, "comment": _text(comment), "correction": _text(correction),
        "created_at": utc_now(),
    }  # fmt: skip
    same = (
        FEEDBACK.c.owner == principal.id, FEEDBACK.c.conversation_id == conversation_id,
        FEEDBACK.c.message_id == message_id, FEEDBACK.c.kind == kind,
    )  # fmt: skip
    with writing() as connection:
        found = connection.execute(select(FEEDBACK.c.id).where(*same)).scalar()
        feedback_id = found or str(uuid4())
        if found:
            connection.execute(update(FEEDBACK).where(*same).values(**values))
        else:
            connection.execute(insert(FEEDBACK).values(
                id=feedback_id, owner=principal.id, conversation_id=conversation_id, message_id=message_id, kind=kind,
                **values,
            ))  # fmt: skip
    return get_feedback(feedback_id, principal=principal)


def get_feedback(feedback_id: str, *, principal: Principal) -> Feedback:
    """One's own. Raises NotFound."""
    require(principal, Permission.CHAT_USE)
    wanted = select(FEEDBACK).where(FEEDBACK.c.id == feedback_id, FEEDBACK.c.owner == principal.id)
    with reading() as connection:
        row = connection.execute(wanted).mappings().first()
    if row is None:
        raise NotFound("chat.no_such_feedback_id", id=feedback_id[:80])
    return _feedback(row)


def feedback_on(conversation_id: str, *, principal: Principal) -> dict[str, Feedback]:
    """What one said of the messages of a conversation, by message: a thumb or a rating, whichever was given last."""
    require(principal, Permission.CHAT_USE)
    wanted = select(FEEDBACK).where(FEEDBACK.c.conversation_id == conversation_id, FEEDBACK.c.owner == principal.id)
    with reading() as connection:
        rows = connection.execute(wanted.order_by(FEEDBACK.c.created_at)).mappings().all()
    return {row["message_id"]: _feedback(row) for row in rows}


def make_case(feedback_id: str, *, principal: Principal) -> EvaluationCase:
    """An evaluation case of the question and its correction; made once, asked again it is found again.

    What must be found are the documents the answer cites, unless the reason is that they were the wrong ones; where
    it is that the documents do not hold the answer, a refusal is right. Raises NotFound where the feedback names no
    message of ours, BadInput where nothing says what would be right.
    """
    given = get_feedback(feedback_id, principal=principal)
    answer = get_message(given.message_id, principal=principal)
    if answer.conversation_id != given.conversation_id or answer.role != "assistant":
        raise NotFound("chat.no_such_message", id=given.message_id)
    earlier = [one for one in list_messages(answer.conversation_id, principal=principal) if one.number < answer.number]
    question = earlier[-1].text
    if answer.answer is not None and answer.answer.understood_as:
        question = answer.answer.understood_as
    is_answerable = given.reason != "not_in_documents"
    expected = _expected(answer, given.reason) if is_answerable else ()
    if is_answerable and not expected and not given.correction:
        raise BadInput("chat.nothing_expected")
    case = add_case(
        question=question, language=read_question(question).language, is_answerable=is_answerable, expected=expected,
        correction=given.correction, set_name="feedback", feedback_id=feedback_id, principal=principal,
    )  # fmt: skip
    with writing() as connection:
        connection.execute(update(FEEDBACK).where(FEEDBACK.c.id == feedback_id).values(case_id=case.id))
    return case


def feedback_figures(*, principal: Principal) -> FeedbackFigures:
    """Counts over one's own answers; over everybody's for somebody who manages accounts. No text of anybody."""
    require(principal, Permission.CHAT_USE)
    wanted = select(FEEDBACK.c.kind, FEEDBACK.c.reason, FEEDBACK.c.rating)
    answers = select(func.count()).select_from(MESSAGES).where(
        MESSAGES.c.role == "assistant", MESSAGES.c.state == "done"
    )  # fmt: skip
    wanted = wanted.where(visible(FEEDBACK, principal))
    answers = answers.where(visible(MESSAGES, principal))
    with reading() as connection:
        rows = connection.execute(wanted).all()
        count = connection.execute(answers).scalar() or 0
    ratings = [row.rating for row in rows if row.rating is not None]
    reasons = [row.reason for row in rows if row.reason]
    return FeedbackFigures(
        helpful=sum(row.kind == "helpful" for row in rows),
        not_helpful=sum(row.kind == "not_helpful" for row in rows),
        ratings=len(ratings),
        mean_rating=sum(ratings) / len(ratings) if ratings else None,
        by_reason={reason: reasons.count(reason) for reason in sorted(set(reasons))},
        answers=count,
    )


def _expected(answer: Message, reason: Reason) -> tuple[Expected, ...]:
    """The documents that are cited, each once; none where the reason says that they were not the right ones."""
    if answer.answer is None or reason in WRONG_DOCUMENTS:
        return ()
    cited = dict.fromkeys(one.document_id for one in answer.answer.sources if one.is_cited)
    return tuple(Expected(document_id) for document_id in cited)


def _text(text: str) -> str:
    kept = unicodedata.normalize("NFC", text).strip()
    if len(kept) > LONGEST_REMARK:
        raise BadInput("chat.long_text", limit=LONGEST_REMARK)
    return kept


def _feedback(row: Any) -> Feedback:
    return Feedback(**{name: row[name] for name in Feedback.__dataclass_fields__})
