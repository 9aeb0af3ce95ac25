"""Asks every case as a person would, without a language model, and says what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import NotFound
from core.knowledge.answers.citations import quoted_answer
from core.knowledge.answers.evidence import scored
from core.knowledge.answers.questions import folded, read_question
from core.knowledge.answers.quoting import quotes
from core.knowledge.answers.refusal import RefusalModel, judge
from core.knowledge.answers.sentence_support import Source, check_text
from core.knowledge.documents import get_document
from core.knowledge.evaluation.cases import EvaluationCase
from core.knowledge.evaluation.measures import Outcome
from core.knowledge.passages.stored import StoredPassage
from core.knowledge.retrieval.find import Found, find
from core.security.policy import Principal

FOUND = 50  # passages looked at, as the chat does
BORNE_OUT = 10  # of these, how many are held against a correction: comparing sentences takes time


@dataclass(frozen=True)
class Asked:
    """outcomes: of the cases that could be asked. unaskable: ids of those whose documents are gone or not readable."""

    outcomes: tuple[Outcome, ...]
    unaskable: tuple[str, ...]


def ask_all(
    cases: Sequence[EvaluationCase], *, collections: Sequence[str] = (), model: RefusalModel,
    progress: Callable[[int, int], None] = lambda done, total: None, principal: Principal,
) -> Asked:  # fmt: skip
    """Every case over what the principal may read, or over some of its collections."""
    outcomes, unaskable = [], []
    for number, case in enumerate(cases, start=1):
        if case.expected and not _is_any_readable(case, principal):
            unaskable.append(case.id)
        else:
            found = find(case.question, principal=principal, k=FOUND, collections=collections)
            outcomes.append(outcome_of(case, found, model))
        progress(number, len(cases))
    return Asked(tuple(outcomes), tuple(unaskable))


def outcome_of(case: EvaluationCase, found: Found, model: RefusalModel) -> Outcome:
    """What the passages found, and the quotes from them, are worth for a case."""
    question, candidates = read_question(case.question), scored(found)
    verdict = judge(question, candidates, found.rarity, model)
    answer = quoted_answer(verdict, quotes(question, candidates, found.rarity))
    cited = set(answer.passage_ids)
    ranks = cited_rightly = None
    if case.is_findable:
        answering = {one.passage.id: one.rank for one in found.passages if answers(case, one.passage, one.rank)}
        ranks, cited_rightly = tuple(sorted(answering.values())), len(cited & answering.keys())
    return Outcome(
        case.id, case.set_name, case.question, case.language, case.is_answerable, verdict.state, verdict.confidence,
        ranks, len(cited), cited_rightly,
    )  # fmt: skip


def answers(case: EvaluationCase, passage: StoredPassage, rank: int = 1) -> bool:
    """Whether a passage holds what the case expects: the words in the document, else all that the correction says."""
    if case.expected:
        return any(
            one.document_id == passage.document_id and _plain(one.words) in _plain(passage.words)
            for one in case.expected
        )
    if rank > BORNE_OUT:
        return False
    checked = check_text(case.correction, [Source(passage.id, passage.text, passage.above)])
    return bool(checked) and all(one.state == "supported" for one in checked)


def _is_any_readable(case: EvaluationCase, principal: Principal) -> bool:
    for one in case.expected:
        try:
            get_document(one.document_id, principal=principal)
        except NotFound:
            continue
        return True
    return False


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", folded(text)).strip()
