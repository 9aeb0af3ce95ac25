"""An answer as a value: its sentences with the stretches of passages they rest on, its state and its confidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.knowledge.answers.quoting import Quote
from core.knowledge.answers.refusal import State, Verdict
from core.knowledge.answers.sentence_support import Support

Kind = Literal["quotes", "written", "none"]
SentenceState = Literal["quoted", "supported", "partly"]


@dataclass(frozen=True)
class Citation:
    """A stretch of a passage's text, from start to end; marks: what to mark within it, in places of the same text."""

    passage_id: int
    start: int
    end: int
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class AnswerSentence:
    """quoted: word for word from the passage; partly: written by a model and borne out in part."""

    text: str
    state: SentenceState
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Confidence:
    """value: probability, 0 to 1, that the documents hold the answer, calibrated on `evaluation_set`.

    bar: under it the question is refused.
    """

    value: float
    bar: float
    evaluation_set: str


@dataclass(frozen=True)
class Answer:
    """note: key of the sentence that says what kind of answer this is, "" where nothing needs to be said.

    dropped: sentences of the model that no passage bears out; they are no part of the answer.
    """

    state: State
    kind: Kind
    sentences: tuple[AnswerSentence, ...]
    confidence: Confidence
    note: str = ""
    dropped: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return joined(self.kind, (one.text for one in self.sentences))

    @property
    def passage_ids(self) -> tuple[int, ...]:
        """Every passage cited, once, in the order of the sentences."""
        return tuple(dict.fromkeys(one.passage_id for sentence in self.sentences for one in sentence.citations))


def joined(kind: str, texts: Iterable[str]) -> str:
    """Sentences as one text: quotes stand on lines of their own, whatever else there is goes on in its line."""
    return ("\n" if kind == "quotes" else " ").join(texts)


def quoted_answer(verdict: Verdict, quotes: Sequence[Quote]) -> Answer:
    """The answer without a language model: the best sentences, labelled as quotes; a refusal without any."""
    if verdict.state == "blocked":
        return Answer("blocked", "none", (), _confidence(verdict), "knowledge.question_blocked")
    if verdict.state == "not_in_documents" or not quotes:
        return Answer("not_in_documents", "none", (), _confidence(verdict), "knowledge.not_in_documents")
    sentences = tuple(
        AnswerSentence(one.text, "quoted", (Citation(one.passage_id, one.start, one.end, one.marks),)) for one in quotes
    )
    note = "knowledge.answer_partly" if verdict.state == "partly" else "knowledge.answer_quoted"
    return Answer(verdict.state, "quotes", sentences, _confidence(verdict), note)


def written_answer(verdict: Verdict, checked: Sequence[Support], quotes: Sequence[Quote]) -> Answer:
    """What a model wrote, without the sentences that no passage bears out; quotes where nothing of it is left.

    A refusal stays one, whatever the model wrote. Sentences that claim nothing stay, but do not make an answer alone.
    """
    if verdict.state in ("blocked", "not_in_documents"):
        return quoted_answer(verdict, quotes)
    dropped = tuple(one.sentence.text for one in checked if one.state == "unsupported")
    kept = tuple(_sentence(one) for one in checked if one.state != "unsupported")
    if not any(one.citations for one in kept):
        quoted = quoted_answer(verdict, quotes)
        return Answer(quoted.state, quoted.kind, quoted.sentences, quoted.confidence, quoted.note, dropped)
    is_whole = verdict.state == "answered" and not dropped and all(one.state == "supported" for one in kept)
    state: State = "answered" if is_whole else "partly"
    return Answer(state, "written", kept, _confidence(verdict), "" if is_whole else "knowledge.answer_partly", dropped)


def _sentence(one: Support) -> AnswerSentence:
    citations: tuple[Citation, ...] = ()
    if one.passage_id is not None and one.start is not None and one.end is not None:
        citations = (Citation(one.passage_id, one.start, one.end),)
    return AnswerSentence(one.sentence.text, "partly" if one.state == "partly" else "supported", citations)


def _confidence(verdict: Verdict) -> Confidence:
    return Confidence(verdict.confidence, verdict.bar, verdict.evaluation_set)
