"""Makes cases for the refusal model: every question once with its passage left out, once with another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.knowledge.answers.calibrating import Case
from core.knowledge.answers.evidence import FEW, LEADERS, READ, Legs, Scored, evidence
from core.knowledge.answers.questions import Rarity, read_question
from core.knowledge.answers.refusal import Among
from core.knowledge.retrieval.dense import build_dense
from core.knowledge.retrieval.fusion import Hit, search
from core.knowledge.retrieval.lexical import build_lexical
from core.knowledge.retrieval.terms import terms

FOLDS = 10  # of the passages of each article: few enough leave at a time that its others stay


@dataclass(frozen=True)
class AskedPassage:
    """A passage of the evaluation set. words: what is indexed; vectors: of its windows, None for the words alone."""

    article: str
    text: str
    words: str
    vectors: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class AskedQuestion:
    """passage: number of the passage that answers it. answers: as it words them. vector: unit length, or None."""

    text: str
    passage: int
    answers: tuple[str, ...] = ()
    vector: NDArray[np.float32] | None = None


def left_out_cases(passages: Sequence[AskedPassage], questions: Sequence[AskedQuestion], legs: Legs) -> Iterator[Case]:
    """Figures come from an index that never held the passage, rarity of words included.

    Vectors are needed for all legs but "words". Where a passage that is left still says an answer word for word, the
    case is marked: refusing that question would be no virtue.
    """
    place: Counter[str] = Counter()
    folds = []
    for passage in passages:
        folds.append(place[passage.article] % FOLDS)
        place[passage.article] += 1
    number_of_folds = max(2, 1 + max(folds, default=0))
    for left_out in range(number_of_folds):
        kept = [number for number, fold in enumerate(folds) if fold != left_out]
        # With an answer, a neighbour is left out instead: the size of the collection must not tell the two apart.
        asked = [
            (one, folds[one.passage] != left_out)
            for one in questions
            if left_out in (folds[one.passage], (folds[one.passage] + 1) % number_of_folds)
        ]
        if not asked or not kept:
            continue
        finding, rarity = _searcher([passages[number] for number in kept], legs)
        for question, is_answerable in asked:
            read = read_question(question.text)
            found = finding(question)
            if not found:  # refused without a model
                continue
            figures = evidence(read, found, rarity)
            is_said = not is_answerable and _says(found[:READ], question.answers)
            yield Case(passages[question.passage].article, read.language, figures, is_answerable, is_said)


def small_cases(
    passages: Sequence[AskedPassage], questions: Sequence[AskedQuestion], legs: Legs, *, among: Among = "few"
) -> Iterator[Case]:
    """The same with each article as a collection of its own ("few"), or with each two or three passages of it ("tiny").

    Scores have little to be measured against there, or nothing.
    """
    by_article: dict[str, list[int]] = {}
    for number, one in enumerate(passages):
        by_article.setdefault(one.article, []).append(number)
    for _, own in sorted(by_article.items()):
        for group in _groups(own, among):
            place = {number: at for at, number in enumerate(group)}
            asked = [replace(one, passage=place[one.passage]) for one in questions if one.passage in place]
            if asked:
                yield from left_out_cases([passages[number] for number in group], asked, legs)


def _groups(numbers: list[int], among: Among) -> Iterator[list[int]]:
    """Tiny ones overlap: with one passage left out, one or two stay."""
    if among == "tiny":
        yield from (numbers[at : at + size] for size in (2, 3) for at in range(len(numbers) - size + 1))
    elif 2 < len(numbers) < FEW:
        yield numbers


def _says(found: Sequence[Scored], answers: Sequence[str]) -> bool:
    return any(answer.strip() in one.text for one in found for answer in answers if answer.strip())


def rarity_among(texts: Sequence[str]) -> Rarity:
    """How BM25 weighs a term among these passages; one that none of them has is the rarest."""
    holders: Counter[str] = Counter()
    for text in texts:
        holders.update(set(terms(text)))
    return lambda term: float(np.log1p((len(texts) - holders[term] + 0.5) / (holders[term] + 0.5)))


def _searcher(kept: Sequence[AskedPassage], legs: Legs) -> tuple[Callable[[AskedQuestion], list[Scored]], Rarity]:
    lexical = build_lexical(one.words for one in kept) if legs != "vectors" else None
    dense = None
    if legs != "words":
        vectors = [one.vectors for one in kept if one.vectors is not None]
        dense = build_dense(np.concatenate(vectors), np.array([len(one) for one in vectors]))

    def scored(hit: Hit) -> Scored:
        return Scored(hit.number, kept[hit.number].text, hit.score, hit.lexical, hit.dense)

    def finding(question: AskedQuestion) -> list[Scored]:
        vector = question.vector if legs != "words" else None
        return [scored(hit) for hit in search(question.text, vector, lexical=lexical, dense=dense, k=LEADERS)]

    return finding, rarity_among([one.words for one in kept])
