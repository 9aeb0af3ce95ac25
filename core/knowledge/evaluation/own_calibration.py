"""Fits the refusal model on one's own cases: every question once with its passage left out, once with another.

Half of the documents fit, the other half compares the fitted model with the one that serves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.embeddings.text_models import TextModel
from core.knowledge.answers.calibrating import Case, fit_weighing, measure
from core.knowledge.answers.evidence import Legs
from core.knowledge.answers.left_out import AskedPassage, AskedQuestion, left_out_cases, small_cases
from core.knowledge.answers.refusal import Among, Measured, RefusalModel, Weighing, weighing_key
from core.knowledge.answers.serving import MODEL, ROOM, SLOT
from core.knowledge.evaluation.asking import answers
from core.knowledge.evaluation.cases import EvaluationCase
from core.knowledge.passages.stored import StoredPassage, passages_of, vectors_of
from core.knowledge.passages.vectors import window_words
from core.messages import LANGUAGES
from core.security.policy import Permission, Principal, require
from core.storage.artifacts import SavedArtifact, save_artifact
from core.storage.publishing import publish_unless_blocked

FEWEST_QUESTIONS, FEWEST_DOCUMENTS = 40, 8  # of one language; with fewer the bars would rest on a handful
MOST_DOCUMENTS = 500
LEGS: tuple[Legs, ...] = ("both", "words", "vectors")
SMALL: tuple[Among, ...] = ("few", "tiny")


@dataclass(frozen=True)
class Gathered:
    """Passages of the documents that cases name, and the questions whose passage is known."""

    passages: tuple[AskedPassage, ...]
    questions: tuple[tuple[EvaluationCase, AskedQuestion], ...]

    def of(self, language: str) -> list[AskedQuestion]:
        return [asked for case, asked in self.questions if case.language == language]

    def is_enough(self, language: str) -> bool:
        asked = self.of(language)
        articles = {self.passages[one.passage].article for one in asked}
        return len(asked) >= FEWEST_QUESTIONS and len(articles) >= FEWEST_DOCUMENTS


@dataclass(frozen=True)
class Comparison:
    """One weighing on documents that neither helped to fit: before is the one that serves now."""

    before: Measured
    after: Measured

    @property
    def is_better(self) -> bool:
        return self.after.brier < self.before.brier


@dataclass(frozen=True)
class Calibrated:
    """model: what may be published; comparisons: by `weighing_key`; empty where there were too few cases."""

    model: RefusalModel
    comparisons: Mapping[str, Comparison]


def gather(cases: Sequence[EvaluationCase], encoder: TextModel, *, principal: Principal) -> Gathered:
    """What can be calibrated on: cases that name a document that may be read, and all passages of these documents."""
    named = [case for case in cases if case.is_findable and case.expected]
    wanted = list(dict.fromkeys(one.document_id for case in named for one in case.expected))[:MOST_DOCUMENTS]
    found = [passage for one in wanted for passage in passages_of(one, principal=principal)]
    stored = vectors_of([one.id for one in found], encoder.id)
    passages = tuple(_asked_passage(one, stored.get(one.id), encoder) for one in found)
    questions = []
    for case in named:
        place = next((number for number, one in enumerate(found) if answers(case, one)), None)
        if place is not None:
            words = tuple(one.words for one in case.expected if one.words)
            questions.append((case, AskedQuestion(case.question, place, words, encoder.embed_query(case.question))))
    return Gathered(passages, tuple(questions))


def calibrate(gathered: Gathered, serving: RefusalModel, *, name: str) -> Calibrated:
    """Own weighings for each language with enough cases. name: of the set, as answers will tell it."""
    weighings, comparisons = dict(serving.weighings), {}
    measured = dict(serving.measured)
    for language in LANGUAGES:
        if not gathered.is_enough(language):
            continue
        for legs, among, cases in _cases(gathered, language):
            fitting, held_out = _halves(cases)
            key = weighing_key(language, legs, among=among)
            if not _has_both_kinds(fitting) or not _has_both_kinds(held_out):
                continue
            fitted: Weighing = fit_weighing(fitting, legs)
            comparisons[key] = Comparison(measure(held_out, serving.weighings[key]), measure(held_out, fitted))
            if comparisons[key].is_better:
                weighings[key], measured[key] = fitted, comparisons[key].after
    return Calibrated(RefusalModel(name, weighings, measured), comparisons)


def save_and_publish(
    calibrated: Calibrated, *, run_id: str, cases: int, publish: bool, principal: Principal
) -> tuple[SavedArtifact, bool]:
    """Keep the model as models/knowledge/RUN/refusal; it serves when asked for and better somewhere.

    Raises NotAllowed when publishing is asked of a role that may not: it changes everybody's answers.
    """
    metadata = {
        "parameters": {"evaluation_set": calibrated.model.evaluation_set},
        "seed": 0,
        "data": {"source": calibrated.model.evaluation_set, "cases": cases, "synthetic": False},
        "comparisons": {key: asdict(one) for key, one in calibrated.comparisons.items()},
        "metrics": {f"{key}.brier": one.after.brier for key, one in calibrated.comparisons.items()},
    }
    content: dict[str, Any] = asdict(calibrated.model)
    files = {MODEL: json.dumps(content, ensure_ascii=False, allow_nan=False).encode()}
    artifact = save_artifact(ROOM, run_id, files, metadata, slot=SLOT)
    if not publish or not any(one.is_better for one in calibrated.comparisons.values()):
        return artifact, False
    require(principal, Permission.CHAMPIONS_PUBLISH)
    champion = publish_unless_blocked(
        ROOM, slot=SLOT, run_id=run_id, artifact=artifact, findings=[], publish=True, reason="", principal=principal
    )
    return artifact, champion is not None


def _asked_passage(passage: StoredPassage, stored: NDArray[np.float32] | None, encoder: TextModel) -> AskedPassage:
    """With the vectors that it is searched by; computed only where they are of another text model."""
    vectors = stored if stored is not None else encoder.embed_passages(window_words(passage.text, passage.words))
    return AskedPassage(passage.document_id, passage.text, passage.words, vectors)


def _cases(gathered: Gathered, language: str) -> Iterator[tuple[Legs, Among, list[Case]]]:
    asked = gathered.of(language)
    for legs in LEGS:
        plain = asked if legs != "words" else [replace(one, vector=None) for one in asked]
        yield legs, "many", list(left_out_cases(gathered.passages, plain, legs))
        for among in SMALL:
            yield legs, among, list(small_cases(gathered.passages, plain, legs, among=among))


def _halves(cases: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    first = set(sorted({case.article for case in cases})[::2])
    return [one for one in cases if one.article in first], [one for one in cases if one.article not in first]


def _has_both_kinds(cases: Sequence[Case]) -> bool:
    return len({one.is_answerable for one in cases}) == 2
