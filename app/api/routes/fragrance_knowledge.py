"""Questions about perfumery, answered with sentences of the guide that stands among the documents, or not at all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.wire.fragrance_bodies import SentBody
from core.errors import BadInput
from core.messages import say
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.knowledge.answers.citations import Answer
    from core.knowledge.retrieval.find import Found

router = APIRouter(prefix="/api/v2", tags=["fragrance"], route_class=PerfumeryRoute)

Category = Literal["perfumer-style", "accord", "history", "technique", "note"]
LONGEST_QUESTION = 500
FOUND, QUOTED = 20, 3
_ASKED_AS = ("query", "question", "message", "topic", "accord", "accord_name", "perfumer", "perfumer_name", "note")
_ANSWER: dict[str, Any] = {
    "success": True, "response": "어코드는 여러 원료가 하나의 향으로 느껴지는 조합입니다.",
    "answer": "어코드는 여러 원료가 하나의 향으로 느껴지는 조합입니다.", "confidence_score": 0.82, "confidence": 0.82,
    "source_documents": [{"title": "accord.md", "document_id": "9c2c5f3e", "quote": "어코드는 ..."}],
    "sources": ["accord.md"], "reasoning_steps": [], "retrieval_info": {"searched": 42, "legs": ["words"], "found": 12},
    "category": "accord", "state": "answered", "notices": [], "response_time": 0.03,
}  # fmt: skip


class QuestionBody(SentBody):
    """A question, under any of the names that clients give it."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": {"query": "어코드란 무엇인가요?"}})
    query: str = Field("", validation_alias=AliasChoices(*_ASKED_AS), max_length=LONGEST_QUESTION)


class KnowledgeAnswer(BaseModel):
    """Sentences quoted from the guide. confidence_score: probability that the guide holds the answer, as calibrated;
    where it does not, `state` is not_in_documents, nothing is quoted, and `response` says so."""

    model_config = ConfigDict(json_schema_extra={"example": _ANSWER})
    success: bool
    response: str
    answer: str
    confidence_score: float
    confidence: float
    source_documents: list[dict[str, Any]]
    sources: list[str]
    reasoning_steps: list[str] = Field(description="empty: sentences are found and quoted, nothing is reasoned")
    retrieval_info: dict[str, Any]
    category: str | None
    state: str = Field(description="answered, partly, not_in_documents or blocked")
    notices: list[str]
    response_time: float = Field(description="seconds")


Asked = Annotated[str | None, Query(max_length=LONGEST_QUESTION, description="in place of a body")]


@router.post("/rag-chat", response_model=KnowledgeAnswer)
@needs(Permission.KNOWLEDGE_READ)
def rag_chat(
    request: Request,
    body: QuestionBody | None = None,
    query: Asked = None,
    message: Asked = None,
    principal: Principal = CALLER,
) -> Any:
    """Answer a question from the guide to perfumery."""
    return _answered((body.query if body else "") or query or message or "", None, request, principal)


@router.post("/agentic/knowledge/{category}", response_model=KnowledgeAnswer)
@needs(Permission.KNOWLEDGE_READ)
def knowledge(
    category: Category,
    request: Request,
    body: QuestionBody | None = None,
    query: Asked = None,
    principal: Principal = CALLER,
) -> Any:
    """The same, for clients that say which part of perfumery the question is about; all of the guide is looked in."""
    named = next((request.query_params[name] for name in _ASKED_AS if request.query_params.get(name)), "")
    question = (body.query if body else "") or query or named
    return _answered(question[:LONGEST_QUESTION], category, request, principal)


def _answered(asked: str, category: str | None, request: Request, principal: Principal) -> dict[str, Any]:
    from core.fragrance.guide_collection import GUIDE_COLLECTION
    from core.knowledge.answers.citations import quoted_answer
    from core.knowledge.answers.evidence import scored
    from core.knowledge.answers.instructions import blocked, gives_orders
    from core.knowledge.answers.questions import read_question
    from core.knowledge.answers.quoting import quotes
    from core.knowledge.answers.refusal import judge
    from core.knowledge.answers.serving import serving_model
    from core.knowledge.retrieval.find import find

    began = time.perf_counter()
    if not asked.strip():
        raise BadInput("api.invalid_missing", field="query")
    language, model = language_of(request), serving_model()
    found = find(asked, principal=principal, k=FOUND, collections=(GUIDE_COLLECTION,))
    question = read_question(asked)
    if gives_orders(asked):
        answer = quoted_answer(blocked(model), ())
    else:
        candidates = scored(found)
        verdict = judge(question, candidates, found.rarity, model)
        answer = quoted_answer(verdict, quotes(question, candidates, found.rarity, most=QUOTED))
    text = answer.text or say(answer.note, language)
    return {
        "success": answer.kind == "quotes",
        "response": text,
        "answer": text,
        "confidence_score": answer.confidence.value,
        "confidence": answer.confidence.value,
        **_sources(answer, found),
        "reasoning_steps": [],
        "retrieval_info": {"searched": found.searched, "legs": list(found.legs), "found": len(found.passages)},
        "category": category,
        "state": answer.state,
        "notices": [
            *([say(answer.note, language)] if answer.note and answer.text else []),
            *(one.text(language) for one in found.warnings),
        ],
        "response_time": time.perf_counter() - began,
    }


def _sources(answer: Answer, found: Found) -> dict[str, Any]:
    """The passages that were quoted, each once, with the first sentence taken from it."""
    passages = {one.passage.id: one.passage for one in found.passages}
    quoted: dict[int, str] = {}
    for sentence in answer.sentences:
        for citation in sentence.citations:
            quoted.setdefault(citation.passage_id, sentence.text)
    documents = [
        {
            "title": passages[one].title,
            "document_id": passages[one].document_id,
            "passage_id": one,
            "heading": " › ".join(passages[one].heading_path),
            "text": passages[one].text,
            "quote": text,
        }
        for one, text in quoted.items()
    ]
    return {"source_documents": documents, "sources": list(dict.fromkeys(one["title"] for one in documents))}
