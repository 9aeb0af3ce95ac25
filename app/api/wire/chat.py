"""The words of the chat frontend: the names that its screens read, and beside them those of its former backend.

Sources are listed by document, as that client shows them; the passages behind them are in `passages` and `sentences`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.wire.documents import UNTYPED, shown_type
from core.messages import say
from core.security.policy import Principal

if TYPE_CHECKING:
    from core.chat.messages import Message
    from core.chat.shown_answers import ShownAnswer, ShownSource

_DOCUMENT_ID = "3d0c1a52-8b8e-4f7e-9d0e-0f4b1f9f2f11"
_CITATION: dict[str, Any] = {
    "number": 1, "passage_id": 17, "document_id": _DOCUMENT_ID, "start": 0, "end": 24, "marks": [[7, 11]],
}  # fmt: skip
_SENTENCE: dict[str, Any] = {
    "text": "구매 후 30일 안에 환불할 수 있습니다.", "state": "quoted", "citations": [_CITATION],
}  # fmt: skip
REFERENCE: dict[str, Any] = {
    "id": _DOCUMENT_ID, "type": UNTYPED, "title": "환불 규정", "preview": "구매 후 30일 안에 환불할 수 있습니다.",
    "relevance_score": 0.91, "doc_id": _DOCUMENT_ID, "doc_type": UNTYPED, "similarity_score": 0.87,
    "content_summary": "구매 후 30일 안에 환불할 수 있습니다.", "collection_id": "b0c1a520-8b8e-4f7e-9d0e-0f4b1f9f2f11",
    "page": 2, "sheet": None, "heading_path": ["환불 규정"], "passage_id": 17, "passages": [17], "is_cited": True,
    "is_current": True,
}  # fmt: skip
SAID: dict[str, Any] = {
    "state": "answered", "message_state": "done", "kind": "quotes", "sentences": [_SENTENCE], "warnings": [],
    "understood_as": None, "note": "언어 모델 없이 문서의 문장을 그대로 인용한 것입니다.", "model": None,
    "confidence_bar": 0.59, "evaluation_set": "qa_korean, qa_english", "is_own_evaluation_set": False, "dropped": 0,
    "withheld": 0, "run_ids": [],
}  # fmt: skip
ANSWER: dict[str, Any] = {
    "conversation_id": "7a0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11", "message_id": "8b1c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11",
    "user_id": "local", "response": "구매 후 30일 안에 환불할 수 있습니다.", "confidence_score": 0.93,
    "processing_time": 0.214, "retrieved_documents": [REFERENCE], **SAID, "timestamp": "2026-01-05T09:00:02Z",
    "created_at": "2026-01-05T09:00:02Z",
}  # fmt: skip
NOTHING_SAID: dict[str, Any] = {
    "kind": "none", "sentences": [], "warnings": [], "note": "", "evaluation_set": "", "is_own_evaluation_set": False,
    "dropped": 0, "withheld": 0, "run_ids": [],
}  # fmt: skip


class CitationAnswer(BaseModel):
    """The stretch of a passage that a sentence rests on; places count in the text of the passage."""

    model_config = ConfigDict(json_schema_extra={"example": _CITATION})
    number: int = Field(description="as it stands in the text, from 1")
    passage_id: int
    document_id: str | None
    start: int
    end: int
    marks: list[tuple[int, int]] = Field(description="what to mark within it")


class SentenceAnswer(BaseModel):
    """One sentence of an answer: quoted word for word, supported by its passages, or partly so."""

    model_config = ConfigDict(json_schema_extra={"example": _SENTENCE})
    text: str
    state: str
    citations: list[CitationAnswer]


class ReferenceAnswer(BaseModel):
    """One document behind an answer, with its best passage."""

    model_config = ConfigDict(json_schema_extra={"example": REFERENCE})
    id: str
    type: str = Field(description="as the list of documents names it")
    title: str
    preview: str
    relevance_score: float = Field(ge=0, le=1)
    doc_id: str
    doc_type: str = Field(description=f"one of the seven aptitude types in capitals, or {UNTYPED}")
    similarity_score: float | None = Field(description="cosine similarity; null where only words were searched")
    content_summary: str
    collection_id: str
    page: int | None
    sheet: str | None
    heading_path: list[str]
    passage_id: int = Field(description="the best passage")
    passages: list[int] = Field(description="every passage of it that was found, best first")
    is_cited: bool
    is_current: bool = Field(description="false when the document has changed since")


class SaidAnswer(BaseModel):
    """What an answer says about itself, beside the fields of the frontend."""

    model_config = ConfigDict(json_schema_extra={"example": SAID})
    state: str = Field(description="answered, partly, not_in_documents, blocked or own_data; unanswered without any")
    message_state: str = Field(description="done, generating, stopped, failed or interrupted")
    kind: str = Field(description="quotes, written, figures or none")
    sentences: list[SentenceAnswer]
    warnings: list[str]
    understood_as: str | None = Field(description="the question with what it refers to filled in")
    note: str = Field(description="what kind of answer this is, in a sentence")
    model: str | None = Field(description="the language model that wrote it")
    confidence_bar: float | None = Field(description="a lower confidence is refused")
    evaluation_set: str = Field(description="what the confidence was calibrated on")
    is_own_evaluation_set: bool
    dropped: int = Field(description="sentences of the model that no passage bears out")
    withheld: int = Field(description="parts that rest on what may no longer be read")
    run_ids: list[str] = Field(description="runs of the workbench whose figures are told")


class WholeAnswer(SaidAnswer):
    """An answer; confidence_score is the calibrated probability that the documents hold it."""

    model_config = ConfigDict(json_schema_extra={"example": ANSWER})
    conversation_id: str
    message_id: str
    user_id: str
    response: str
    confidence_score: float = Field(ge=0, le=1)
    processing_time: float = Field(description="[s]")
    retrieved_documents: list[ReferenceAnswer]
    timestamp: datetime
    created_at: datetime


def answer_fields(message: Message, language: str) -> dict[str, Any]:
    """The text, score, time and sources of an answer, and what it says about itself."""
    from core.chat.message_lines import state_line

    shown = message.answer
    if shown is not None:
        said = _told(said_text(shown, language), shown.confidence, processing_seconds(shown.seconds))
        stated = {**_said(shown, language), "message_state": message.state}
        return {**stated, **said, "retrieved_documents": references(shown.sources)}
    instead = "api.stopped_early" if message.state == "stopped" else "api.no_answer"
    problem = state_line(message, language) or say(instead, language)
    nothing = {**dict.fromkeys(SaidAnswer.model_fields), **NOTHING_SAID, "state": "unanswered"}
    nothing["message_state"] = message.state
    return {**nothing, **_told(message.text or problem, 0.0, 0.0), "retrieved_documents": []}


def said_text(shown: ShownAnswer, language: str) -> str:
    """The whole reply, never empty. That it quotes, or holds only a part, is said in it: the frontend shows no more."""
    text = shown.said(language)
    if shown.text and shown.note:
        text = f"{text}\n\n{say(shown.note, language)}"
    return text or say("api.no_answer", language)


def whole_answer(message: Message, principal: Principal, language: str) -> dict[str, Any]:
    """An answer as HTTP, sockets and event streams tell it."""
    about = {"conversation_id": message.conversation_id, "message_id": message.id, "user_id": principal.id}
    return {**about, **answer_fields(message, language), "timestamp": message.at, "created_at": message.at}


def references(sources: Iterable[ShownSource]) -> list[dict[str, Any]]:
    """Passages gathered under their documents, the document with the best passage first."""
    ranked = sorted(sources, key=lambda one: (-one.relevance, one.rank))
    documents: dict[str, list[ShownSource]] = {}
    for one in ranked:
        documents.setdefault(one.document_id, []).append(one)
    return [_reference(passages) for passages in documents.values()]


def processing_seconds(seconds: Mapping[str, float]) -> float:
    """How long an answer took: its total where that is told, else its steps together [s]."""
    return round(float(seconds["total"] if "total" in seconds else sum(seconds.values())), 3)


def _reference(passages: list[ShownSource]) -> dict[str, Any]:
    best = passages[0]
    relevance = min(1.0, max(0.0, best.relevance))
    return {
        "id": best.document_id, "type": shown_type(best.doc_type), "title": best.title,
        "preview": best.preview, "relevance_score": relevance, "doc_id": best.document_id,
        "doc_type": best.doc_type or UNTYPED,
        "similarity_score": best.dense, "content_summary": best.preview, "collection_id": best.collection_id,
        "page": best.page, "sheet": best.sheet, "heading_path": list(best.heading_path),
        "passage_id": best.passage_id, "passages": [one.passage_id for one in passages],
        "is_cited": any(one.is_cited for one in passages), "is_current": best.is_current,
    }  # fmt: skip


def _told(text: str, confidence: float, seconds: float) -> dict[str, Any]:
    return {"response": text, "confidence_score": confidence, "processing_time": seconds}


def _said(shown: ShownAnswer, language: str) -> dict[str, Any]:
    document_of = {one.passage_id: one.document_id for one in shown.sources}
    sentences = [
        {
            "text": sentence.text,
            "state": sentence.state,
            "citations": [
                {
                    "number": one.number, "passage_id": one.passage_id,
                    "document_id": document_of.get(one.passage_id), "start": one.start, "end": one.end,
                    "marks": one.marks,
                }
                for one in sentence.citations
            ],
        }
        for sentence in shown.sentences
    ]  # fmt: skip
    return {
        "state": shown.state, "kind": shown.kind, "sentences": sentences,
        "warnings": [one.text(language) for one in shown.warnings], "understood_as": shown.understood_as,
        "note": say(shown.note, language) if shown.note else "", "model": shown.model, "confidence_bar": shown.bar,
        "evaluation_set": shown.evaluation_set, "is_own_evaluation_set": shown.is_own_set,
        "dropped": shown.dropped, "withheld": shown.withheld, "run_ids": list(shown.run_ids),
    }  # fmt: skip
