"""An answer as one reader may see it: decided each time it is read, by the rights of that moment.

What rests on a passage that may not be read any more is left out and counted; so is every figure it took part in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp

from core.chat.stored_answers import AnswerKind, AnswerState, StoredAnswer, StoredSource
from core.knowledge.answers.citations import AnswerSentence, SentenceState, joined
from core.knowledge.notices import Notice
from core.knowledge.passages.stored import StoredPassage, read_passages
from core.messages import say
from core.security.policy import Principal

PREVIEW = 200  # characters


@dataclass(frozen=True)
class ShownCitation:
    """number: of the source, from 1. start, end, marks: places in the text of the passage."""

    number: int
    passage_id: int
    start: int
    end: int
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class ShownSentence:
    """quoted: word for word; supported, partly: written by a model and borne out, wholly or in part."""

    text: str
    state: SentenceState
    citations: tuple[ShownCitation, ...]


@dataclass(frozen=True)
class ShownSource:
    """A passage beside the answer. number, rank: from 1.

    relevance: 0 to 1, 1 for the best passage found for this question and exp(-d) for one that is d standard
    deviations of the fused scores below it: an order within one question, not a probability.
    lexical: BM25, dense: cosine; None for a leg that did not answer. is_current: whether its version still answers.
    """

    number: int
    passage_id: int
    document_id: str
    collection_id: str
    title: str
    doc_type: str | None
    page: int | None
    sheet: str | None
    heading_path: tuple[str, ...]
    preview: str
    text: str
    relevance: float
    lexical: float | None
    dense: float | None
    rank: int
    is_cited: bool
    is_current: bool


@dataclass(frozen=True)
class ShownAnswer:
    """confidence: calibrated probability, 0 to 1, that the documents hold the answer; 0 where something is withheld,
    as it was measured on more than the reader may see, and 1 for figures read from a run. bar: a lower one is refused.

    note: message key of the sentence that says what kind of answer this is, "" where nothing needs saying.
    dropped: sentences of the model that no passage bore out. withheld: sentences and sources left out for this reader.
    """

    state: AnswerState
    kind: AnswerKind
    text: str
    sentences: tuple[ShownSentence, ...]
    sources: tuple[ShownSource, ...]
    confidence: float
    bar: float | None
    evaluation_set: str
    is_own_set: bool
    note: str
    warnings: tuple[Notice, ...]
    understood_as: str | None
    model: str | None
    dropped: int
    withheld: int
    run_ids: tuple[str, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)

    def said(self, language: str) -> str:
        """The reply as one text, never empty: the answer, else what is to be said instead, and what was left out."""
        parts = [self.text or (say(self.note, language) if self.note else "")]
        if self.withheld:
            parts.append(say("chat.withheld", language, count=self.withheld))
        return "\n\n".join(part for part in parts if part)


def show(
    answers: Sequence[StoredAnswer | None], *, principal: Principal
) -> tuple[ShownAnswer | None, ...]:  # fmt: skip
    """The answers for this reader, with one look at the rights for all of them."""
    wanted = {passage_id for one in answers if one is not None for passage_id in one.passage_ids}
    readable = read_passages(sorted(wanted), current_only=False, principal=principal) if wanted else {}
    return tuple(None if one is None else _shown(one, readable) for one in answers)


def _shown(answer: StoredAnswer, readable: Mapping[int, StoredPassage]) -> ShownAnswer:
    is_whole = all(passage_id in readable for passage_id in answer.passage_ids)
    kept = tuple(one for one in answer.sentences if _may_be_shown(one, answer.kind, readable, is_whole=is_whole))
    cited = {one.passage_id for sentence in kept for one in sentence.citations}
    sources = _sources(answer.sources, cited, readable)
    numbers = {one.passage_id: one.number for one in sources}
    sentences = tuple(_sentence(one, numbers) for one in kept)
    understood = all(passage_id in readable for passage_id in answer.understood_from)
    withheld = len(answer.sentences) - len(kept) + len(answer.sources) - len(sources)
    is_gone = bool(answer.sentences) and not kept
    return ShownAnswer(
        state="not_in_documents" if is_gone else answer.state if is_whole or not kept else "partly",
        kind="none" if is_gone else answer.kind,
        text=joined(answer.kind, (one.text for one in sentences)),
        sentences=sentences,
        sources=sources,
        confidence=answer.confidence if is_whole else 0.0,
        bar=answer.bar if is_whole else None,
        evaluation_set=answer.evaluation_set,
        is_own_set=answer.is_own_set,
        note=answer.note if is_whole or not answer.sentences else "",
        warnings=answer.warnings,
        understood_as=answer.understood_as if understood else None,
        model=answer.model,
        dropped=answer.dropped if is_whole else 0,
        withheld=max(withheld, 0 if is_whole else 1),
        run_ids=answer.run_ids,
        seconds=answer.seconds,
    )


def _may_be_shown(
    sentence: AnswerSentence, kind: AnswerKind, readable: Mapping[int, StoredPassage], *, is_whole: bool
) -> bool:
    """What a model wrote only where a passage bears it out whole: the rest may be words of a passage out of reach."""
    if any(one.passage_id not in readable for one in sentence.citations):
        return False
    return is_whole or kind != "written" or (sentence.state == "supported" and bool(sentence.citations))


def _sources(
    stored: Sequence[StoredSource], cited: set[int], readable: Mapping[int, StoredPassage]
) -> tuple[ShownSource, ...]:  # fmt: skip
    seen = [one for one in stored if one.passage_id in readable]
    best = max((one.score for one in seen), default=0.0)
    return tuple(
        _source(
            number, one, readable[one.passage_id], relevance=exp(one.score - best), is_cited=one.passage_id in cited
        )
        for number, one in enumerate(seen, start=1)
    )


def _source(
    number: int, found: StoredSource, passage: StoredPassage, *, relevance: float, is_cited: bool
) -> ShownSource:  # fmt: skip
    preview = " ".join(passage.text.split())
    return ShownSource(
        number=number,
        passage_id=passage.id,
        document_id=passage.document_id,
        collection_id=passage.collection_id,
        title=passage.title,
        doc_type=passage.doc_type,
        page=passage.page,
        sheet=passage.sheet,
        heading_path=passage.heading_path,
        preview=preview if len(preview) <= PREVIEW else preview[: PREVIEW - 1] + "…",
        text=passage.text,
        relevance=round(relevance, 4),
        lexical=found.lexical,
        dense=found.dense,
        rank=number,
        is_cited=is_cited,
        is_current=passage.is_current,
    )


def _sentence(sentence: AnswerSentence, numbers: Mapping[int, int]) -> ShownSentence:
    citations = tuple(
        ShownCitation(numbers[one.passage_id], one.passage_id, one.start, one.end, one.marks)
        for one in sentence.citations
    )
    return ShownSentence(sentence.text, sentence.state, citations)
