"""Questions whose right outcome is known: kept by those who know it, or made of a remark on an answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, insert, select, true, update

from core.errors import BadInput, NotFound
from core.knowledge.answers.questions import read_question
from core.knowledge.limits import LONGEST_QUESTION, LONGEST_REMARK
from core.messages import Language
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.database import reading, utc_now, writing
from core.storage.ownership import visible

FEEDBACK, WRITTEN, SAMPLE = "feedback", "written", "sample"
CASES = knowledge_tables.evaluation_cases


@dataclass(frozen=True)
class Expected:
    """A place that answers: a document, and words that stand there; "" means anywhere in it."""

    document_id: str
    words: str = ""


@dataclass(frozen=True)
class EvaluationCase:
    """expected: any one of these places answers. correction: what the answer should have said, "" where unknown."""

    id: str
    owner: str
    set_name: str
    question: str
    language: Language
    is_answerable: bool
    expected: tuple[Expected, ...]
    correction: str
    feedback_id: str | None
    created_at: datetime

    @property
    def is_findable(self) -> bool:
        """Whether it says where the answer stands, so that retrieval can be measured with it."""
        return self.is_answerable and bool(self.expected or self.correction)


def add_case(
    question: str, *, is_answerable: bool, expected: Sequence[Expected] = (), correction: str = "",
    language: Language | None = None, set_name: str = WRITTEN, feedback_id: str | None = None, principal: Principal,
) -> EvaluationCase:  # fmt: skip
    """A new case; for a remark that has one already, that one with what is said now. Raises BadInput.

    language: of the question, read from it where it is not given.
    """
    require(principal, Permission.CHAT_USE)
    text = unicodedata.normalize("NFC", question).strip()
    if not text or len(text) > LONGEST_QUESTION or len(correction) > LONGEST_REMARK:
        raise BadInput("knowledge.bad_case", question=LONGEST_QUESTION, correction=LONGEST_REMARK)
    values: dict[str, Any] = {
        "question": text, "language": language or read_question(text).language, "is_answerable": is_answerable,
        "expected": [asdict(one) for one in expected] if is_answerable else [],
        "correction": unicodedata.normalize("NFC", correction).strip(), "removed_at": None,
    }  # fmt: skip
    with writing() as connection:
        earlier = None
        if feedback_id is not None:
            of_remark = and_(CASES.c.feedback_id == feedback_id, CASES.c.owner == principal.id)
            earlier = connection.execute(select(CASES.c.id).where(of_remark)).scalar()
        case_id = earlier or str(uuid4())
        if earlier:
            connection.execute(update(CASES).where(CASES.c.id == earlier).values(**values))
        else:
            values |= {"id": case_id, "owner": principal.id, "set_name": set_name, "feedback_id": feedback_id}
            connection.execute(insert(CASES).values(**values, created_at=utc_now()))
    return get_case(case_id, principal=principal)


def list_cases(*, principal: Principal, set_name: str | None = None) -> tuple[EvaluationCase, ...]:
    """One's own cases, newest first; an admin's are everybody's."""
    named = true() if set_name is None else CASES.c.set_name == set_name
    return _found(named, principal)


def get_case(case_id: str, *, principal: Principal) -> EvaluationCase:
    """Raises NotFound."""
    found = _found(CASES.c.id == case_id, principal)
    if not found:
        raise NotFound("knowledge.no_such_case", id=case_id)
    return found[0]


def remove_case(case_id: str, *, principal: Principal) -> None:
    """It takes part in no evaluation any more; `restore_case` takes that back. Raises NotFound."""
    _set_removed(case_id, utc_now(), principal)


def restore_case(case_id: str, *, principal: Principal) -> EvaluationCase:
    """Undo a removal. Raises NotFound."""
    _set_removed(case_id, None, principal)
    return get_case(case_id, principal=principal)


def _set_removed(case_id: str, at: datetime | None, principal: Principal) -> None:
    require(principal, Permission.CHAT_USE)
    wanted = and_(CASES.c.id == case_id, _own(principal))
    with writing() as connection:
        if connection.execute(update(CASES).where(wanted).values(removed_at=at)).rowcount != 1:
            raise NotFound("knowledge.no_such_case", id=case_id)


def _found(condition: ColumnElement[bool], principal: Principal) -> tuple[EvaluationCase, ...]:
    require(principal, Permission.CHAT_USE)
    shown = [column for column in CASES.c if column.name != "removed_at"]
    query = select(*shown).where(condition, _own(principal), CASES.c.removed_at.is_(None))
    with reading() as connection:
        rows = connection.execute(query.order_by(CASES.c.created_at.desc(), CASES.c.id)).mappings()
        return tuple(
            EvaluationCase(**{**row, "expected": tuple(Expected(**one) for one in row["expected"])}) for row in rows
        )


def _own(principal: Principal) -> ColumnElement[bool]:
    return visible(CASES, principal)
