"""Which sentences of the passages found answer a question: the answer without a language model, and what to mark."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.knowledge.answers.evidence import Scored
from core.knowledge.answers.questions import Kind, Question, Rarity, folded, searched, word_weights
from core.knowledge.answers.sentences import Sentence, split_sentences
from core.knowledge.parsing.suspicions import suspicious_places
from core.knowledge.retrieval.terms import terms

Nearness = Callable[[Sequence[str]], Sequence[float]]  # sentences -> cosine to the question; only their order counts

PASSAGES = 3  # quoted from
WORDS, PAIRS, CUE, NEAR = 0.45, 0.35, 0.1, 0.3
WITHIN, ELSEWHERE = 0.3, 0.7  # of the best score, for another sentence of the same passage, or of another one
LOWER_PASSAGE = 0.9  # each passage counts this much of the one before it
BEFORE = 0.3  # of the words that the sentence before brings: it names what "he" stands for
# What an answer of a kind looks like.
_CUES: dict[Kind, re.Pattern[str]] = {
    "number": re.compile(
        r"\d|[일이삼사오육칠팔구십백천만억]\s?[개명번배]|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b"
    ),
    "date": re.compile(r"\d+\s?[년월일세]|\b\d{4}s?\b|century|세기"),
    "person": re.compile(r"\b[A-Z][a-z]+ (?:[A-Z][\w.]* )*[A-Z][a-z]+|[가-힣]{2,4}(?:이|가|은|는|의|에게|와|과)\b"),
    "place": re.compile(r"\b(?:in|at|from|to|near) (?:the )?[A-Z]|[가-힣](?:시|도|군|구|국|동|역|항|에서|으로)\b"),
    "reason": re.compile(r"because|since|due to|therefore|때문|이유|위해|따라|탓|인해"),
}


@dataclass(frozen=True)
class Quote:
    """A sentence of a passage, from start to end of its text. score: only good for order within one question.

    marks: stretches within the passage's text where words of the question stand.
    """

    passage_id: int
    start: int
    end: int
    score: float
    text: str
    marks: tuple[tuple[int, int], ...] = ()


def quotes(
    question: Question, found: Sequence[Scored], rarity: Rarity, *, most: int = 3, nearness: Nearness | None = None
) -> tuple[Quote, ...]:
    """The sentences that answer best, best first; at most `most`, from the first passages.

    found: best first. Sentences that give instructions to a language model are never among them.
    """
    candidates = [
        (one, sentence, rank, before)
        for rank, one in enumerate(found[:PASSAGES])
        for sentence, before in _with_before(one)
    ]
    if not candidates or not question.words:
        return ()
    near = (
        _ranks(nearness([sentence.text for _, sentence, _, _ in candidates])) if nearness else [0.0] * len(candidates)
    )
    scored = [
        Quote(one.passage_id, sentence.start, sentence.end, score, sentence.text)
        for (one, sentence, rank, before), nearer in zip(candidates, near, strict=True)
        if (score := (_score(question, sentence, before, rarity) + NEAR * nearer) * LOWER_PASSAGE**rank) > 0
    ]
    ranked = sorted(scored, key=lambda quote: -quote.score)
    best = [one for one in ranked if _adds(one, ranked[0])][:most]
    texts = {one.passage_id: one.text for one in found}
    return tuple(
        Quote(one.passage_id, one.start, one.end, one.score, one.text, marks(texts[one.passage_id], question, one))
        for one in best
    )


def _adds(one: Quote, best: Quote) -> bool:
    """Another sentence is quoted beside the best one where it says enough, of another passage nearly as much."""
    return one.score >= best.score * (WITHIN if one.passage_id == best.passage_id else ELSEWHERE)


def marks(text: str, question: Question, within: Quote) -> tuple[tuple[int, int], ...]:
    """Where the question's words stand in the quoted sentence, in places of the whole text, none overlapping."""
    part = text[within.start : within.end]
    plain = part.casefold()
    if len(plain) != len(part):  # a few letters grow when folded; then places would be wrong
        return ()
    found = sorted(
        (match.start(), match.end())
        for word in question.words
        if len(word) > 1 or not word.isascii()
        for match in re.finditer(rf"(?<![a-z0-9]){re.escape(word)}" if word.isascii() else re.escape(word), plain)
    )
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple((within.start + start, within.start + end) for start, end in merged)


def _with_before(one: Scored) -> list[tuple[Sentence, str]]:
    """Every sentence that talks to a reader and can answer, with the one before it, which may be a heading."""
    bad = [(start, end) for _, start, end in suspicious_places(one.text)]
    sentences = split_sentences(one.text)
    return [
        (sentence, sentences[at - 1].text if at else "")
        for at, sentence in enumerate(sentences)
        if not any(start < sentence.end and sentence.start < end for start, end in bad)
        and not (at + 1 < len(sentences) and _only_announces(sentence, one))
    ]


def _only_announces(sentence: Sentence, passage: Scored) -> bool:
    """A question, or a heading of the passage: what answers stands below it."""
    return sentence.text.endswith(("?", "？")) or sentence.text in passage.headings


def _score(question: Question, sentence: Sentence, before: str, rarity: Rarity) -> float:
    here, earlier = searched(sentence.text), searched(before)
    told = word_weights(question.words, rarity)
    by_words = sum(
        weight * max(here.holds(word), BEFORE * earlier.holds(word))
        for word, weight in zip(question.words, told, strict=True)
    )
    asked = {term: rarity(term) for term in terms(question.text)}
    total = sum(asked.values()) or 1.0
    by_pairs = sum(weight for term, weight in asked.items() if term in here.terms) / total
    if not by_words and not by_pairs:
        return 0.0
    return WORDS * by_words + PAIRS * by_pairs + CUE * _has_cue(question, sentence.text)


def _has_cue(question: Question, sentence: str) -> float:
    """Whether something of the wanted kind stands there that the question does not bring along itself."""
    cue = _CUES.get(question.kind)
    if cue is None:
        return 0.0
    asked = folded(question.text)
    return float(any(folded(match.group()) not in asked for match in cue.finditer(sentence)))


def _ranks(values: Sequence[float]) -> list[float]:
    """1 for the nearest down to 0 for the farthest: cosines bunch up, so only their order counts."""
    order = sorted(range(len(values)), key=lambda at: values[at])
    places = [0.0] * len(values)
    for place, at in enumerate(order):
        places[at] = place / max(len(values) - 1, 1)
    return places
