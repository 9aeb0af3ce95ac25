"""What an answer says, decided in a worker: the question understood, looked up, judged, then quoted or written.

Called by `answer_threads`; `writing` is its last step, where a model is set up. What it returns is stored as it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from core.chat.follow_ups import Understood, understand
from core.chat.own_data import answer_for
from core.chat.preferences import ChatPreferences, load_preferences
from core.chat.stored_answers import StoredAnswer, StoredSource
from core.chat.writing import Progress, Written, write_answer
from core.knowledge.answers.citations import Answer, AnswerSentence, quoted_answer, written_answer
from core.knowledge.answers.evidence import scored
from core.knowledge.answers.instructions import blocked, gives_orders
from core.knowledge.answers.own_figures import FactAnswer
from core.knowledge.answers.questions import Question, Rarity, read_question
from core.knowledge.answers.quoting import quotes
from core.knowledge.answers.refusal import RefusalModel, judge, shipped_model
from core.knowledge.answers.serving import serving_model
from core.knowledge.notices import Notice
from core.knowledge.retrieval.find import Found, Leg, find
from core.security.policy import Principal

FOUND = 50  # passages; what scores are measured against, see core.knowledge.answers.evidence
SOURCES = 8  # shown beside the answer
QUOTES = {"short": 1, "normal": 3, "long": 5}  # sentences, by the length that is preferred


@dataclass(frozen=True)
class Asking:
    """A stored question. collections: to look in, empty for all. language: of the page it was asked on."""

    question: str
    conversation_id: str
    question_id: str
    collections: tuple[str, ...]
    language: str
    principal: Principal


@dataclass(frozen=True)
class Composed:
    """answer: None where the work was stopped before there was anything."""

    answer: StoredAnswer | None
    is_stopped: bool = False


class _Clock:
    """Seconds by part of the work."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - began


def compose(asking: Asking, progress: Progress) -> Composed:
    """The answer to a question. Raises Unavailable where neither leg of retrieval can be asked."""
    clock, model = _Clock(), serving_model()
    if progress.is_stopped:
        return Composed(None, is_stopped=True)
    if gives_orders(asking.question):
        return Composed(_stored(quoted_answer(blocked(model), ()), model, clock))
    preferences = load_preferences(principal=asking.principal)
    with clock.of("understanding"):
        understood = understand(
            asking.question, asking.conversation_id, asking.question_id, lambda: _rarity(asking),
            principal=asking.principal,
        )  # fmt: skip
    question = read_question(understood.text)
    with clock.of("own_data"):
        figures = answer_for(understood.text, question.language, asking.principal)
    if figures is not None:
        return Composed(_own_data(figures, understood, clock))
    with clock.of("finding"):
        found = find(understood.text, principal=asking.principal, k=FOUND, collections=asking.collections)
    return _answered(question, understood, found, model, preferences, progress, clock)


def _rarity(asking: Asking) -> Rarity:
    """Of terms among the passages that will be looked in."""
    legs: tuple[Leg, ...] = ("words",)
    return find(asking.question, principal=asking.principal, k=1, collections=asking.collections, legs=legs).rarity


def _answered(
    question: Question, understood: Understood, found: Found, model: RefusalModel, preferences: ChatPreferences,
    progress: Progress, clock: _Clock,
) -> Composed:  # fmt: skip
    with clock.of("judging"):
        candidates = scored(found)
        verdict = judge(question, candidates, found.rarity, model)
    if progress.is_stopped:
        return Composed(None, is_stopped=True)
    with clock.of("quoting"):
        best = quotes(question, candidates, found.rarity, most=QUOTES[preferences.answer_length])
    answer, written = quoted_answer(verdict, best), None
    if answer.kind == "quotes" and preferences.uses_model:
        language = question.language if preferences.language == "question" else preferences.language
        written = write_answer(understood.text, found, language, preferences.answer_length, progress, clock.of)
        if written.checked:
            answer = written_answer(verdict, written.checked, best)
    stored = _stored(answer, model, clock, understood=understood, found=found, written=written)
    return Composed(stored, is_stopped=written is not None and written.is_stopped)


def _stored(
    answer: Answer, model: RefusalModel, clock: _Clock, *, understood: Understood | None = None,
    found: Found | None = None, written: Written | None = None,
) -> StoredAnswer:  # fmt: skip
    warnings: tuple[Notice, ...] = found.warnings if found is not None else ()
    note = answer.note
    if found is not None and found.searched == 0:
        note = "chat.no_documents"
    if written is not None:
        warnings += written.warnings
        if answer.kind != "written" and written.checked:
            warnings += (Notice("chat.nothing_borne_out", {"model": written.model or ""}),)
        if written.is_stopped:
            note = "chat.stopped"
    stored = StoredAnswer(
        answer.state,
        answer.kind,
        answer.sentences,
        confidence=answer.confidence.value,
        bar=answer.confidence.bar,
        evaluation_set=answer.confidence.evaluation_set,
        is_own_set=model is not shipped_model(),
        note=note,
        sources=_sources(found, answer.passage_ids) if found is not None else (),
        warnings=warnings,
        model=written.model if written is not None and answer.kind == "written" else None,
        used=written.used if written is not None else (),
        dropped=len(answer.dropped),
        seconds=clock.seconds,
    )
    if understood is None:
        return stored
    return replace(stored, understood_as=understood.shown, understood_from=understood.passage_ids)


def _sources(found: Found, cited: Sequence[int]) -> tuple[StoredSource, ...]:
    """The best ones, and whatever is cited."""
    return tuple(
        StoredSource(one.passage.id, float(one.score), one.lexical, one.dense)
        for place, one in enumerate(found.passages)
        if place < SOURCES or one.passage.id in cited
    )


def _own_data(figures: FactAnswer, understood: Understood, clock: _Clock) -> StoredAnswer:
    """Figures are read, not found: there is nothing to be unsure of but the question."""
    return StoredAnswer(
        "own_data",
        "figures",
        (AnswerSentence(figures.text, "quoted", ()),),
        confidence=1.0,
        note="chat.own_data" if figures.run_ids else "",
        understood_as=understood.shown,
        understood_from=understood.passage_ids,
        run_ids=figures.run_ids,
        seconds=clock.seconds,
    )
