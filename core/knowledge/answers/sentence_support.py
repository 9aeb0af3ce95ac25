"""Holds a generated text to its passages, sentence by sentence: numbers, names and denials must agree, words be there.

It compares words, not meaning: who did what to whom, and claims worded quite differently, are beyond it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.knowledge.answers.claims import ENGLISH_STEM, STEM, Claim, numbers, read_claim
from core.knowledge.answers.questions import Searched, searched
from core.knowledge.answers.sentences import Sentence, split_sentences

SupportState = Literal["supported", "partly", "unsupported"]
Reason = Literal["number", "name", "denial", "words", "says_nothing"]
ENOUGH, SOME = 0.85, 0.5  # share of the words found in one stretch; chosen on half of the articles
NAMED = 0.5  # a name may have another ending, but not another beginning; it may stand anywhere in the passage
TOGETHER = 2  # sentences of a passage that may carry a claim between them


@dataclass(frozen=True)
class Source:
    """A cited passage. above: its headings, which may name what the text calls "he"."""

    passage_id: int
    text: str
    above: str = ""


@dataclass(frozen=True)
class Support:
    """start, end: the stretch of the passage that carries the sentence best; None where nothing does.

    coverage: share of the sentence's words found in it. reasons: why it is not "supported".
    """

    sentence: Sentence
    state: SupportState
    passage_id: int | None
    start: int | None
    end: int | None
    coverage: float
    reasons: tuple[Reason, ...] = ()


def check_text(text: str, sources: Sequence[Source]) -> tuple[Support, ...]:
    """Every sentence of the text against the passages it cites (all of them, where it cites none in particular)."""
    prepared = [(source, _stretches(source)) for source in sources]
    return tuple(_check(sentence, prepared) for sentence in split_sentences(text))


@dataclass(frozen=True)
class _Stretch:
    start: int
    end: int
    found: Searched
    claim: Claim


def _stretches(source: Source) -> list[_Stretch]:
    sentences = split_sentences(source.text)
    found = []
    for length in range(1, TOGETHER + 1):
        for first, last in zip(sentences, sentences[length - 1 :], strict=False):
            text = source.text[first.start : last.end]
            found.append(_Stretch(first.start, last.end, searched(f"{source.above}\n{text}"), read_claim(text)))
    return found


def _check(sentence: Sentence, prepared: Sequence[tuple[Source, list[_Stretch]]]) -> Support:
    claim = read_claim(sentence.text)
    if not claim.words and not claim.numbers:
        return Support(sentence, "supported", None, None, None, 1.0, ("says_nothing",))
    best: Support | None = None
    for source, stretches in prepared:
        whole = searched(f"{source.above}\n{source.text}")
        for stretch in stretches:
            one = _held(sentence, claim, source, stretch, whole)
            if best is None or _order(one) > _order(best):
                best = one
    return best or Support(sentence, "unsupported", None, None, None, 0.0, ("words",))


def _held(sentence: Sentence, claim: Claim, source: Source, stretch: _Stretch, whole: Searched) -> Support:
    share = sum(stretch.found.holds(word) > 0 for word in claim.words) / len(claim.words) if claim.words else 1.0
    reasons: list[Reason] = []
    state: SupportState = "supported" if share >= ENOUGH else "partly" if share >= SOME else "unsupported"
    if not claim.numbers <= stretch.claim.numbers:
        reasons.append("number")  # of another sentence of the passage it may be, of another passage not
        is_near = claim.numbers <= numbers(whole.plain)
        state = "partly" if is_near and state != "unsupported" else "unsupported"
    missing = sum(whole.holds(thing) < NAMED for thing in claim.things)
    if missing or any(whole.holds(name) < NAMED for name in claim.names):
        reasons.append("name")
        is_one_thing = missing == 1 and all(whole.holds(name) >= NAMED for name in claim.names)
        state = "partly" if is_one_thing and state != "unsupported" else "unsupported"
    if _is_denied_differently(claim, stretch):
        reasons.append("denial")
        state = "unsupported"
    if share < ENOUGH:
        reasons.append("words")
    return Support(sentence, state, source.passage_id, stretch.start, stretch.end, share, tuple(reasons))


def _is_denied_differently(claim: Claim, stretch: _Stretch) -> bool:
    """What denies needs a passage that denies something too, and not something else."""
    there = stretch.claim
    if claim.denied and not there.near_denial:
        return True
    if any(stem in stretch.found.plain for stem in claim.denied - there.near_denial):
        return True
    said = {word[:length] for word in claim.words for length in (STEM, ENGLISH_STEM)}
    return bool((there.denied & said) - claim.near_denial)


def _order(one: Support) -> tuple[int, float]:
    return {"supported": 2, "partly": 1, "unsupported": 0}[one.state], one.coverage
