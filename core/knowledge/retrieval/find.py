"""Finds the passages that answer a question, among those that may be read: rights first, then words and vectors.

A leg that is away is told and the other serves; nothing that may not be read shows in results, scores or counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from core.embeddings.remembered_queries import embed_query
from core.embeddings.text_models import TextModel, text_model
from core.errors import Unavailable
from core.knowledge.notices import Notice, notice_of
from core.knowledge.passages.stored import StoredPassage, read_passages
from core.knowledge.passages.windows import windows
from core.knowledge.retrieval import vector_server
from core.knowledge.retrieval.dense import DenseIndex
from core.knowledge.retrieval.fusion import Hit, VectorLeg, search
from core.knowledge.retrieval.index import Index, current_index, newest_encoder
from core.knowledge.retrieval.lexical import LexicalIndex
from core.knowledge.retrieval.remembered_hits import remembered_hits
from core.knowledge.retrieval.reranking import RERANKED, reranker
from core.knowledge.rights import visible_collections, visible_to
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage import knowledge_tables
from core.storage.database import reading
from core.telemetry.metrics import count_search
from core.telemetry.traces import traced

Leg = Literal["words", "vectors"]
LEGS: tuple[Leg, ...] = ("words", "vectors")
WITHOUT_VECTORS = "knowledge.without_vectors"  # the notice that `ingestion.jobs.encode_again` is the way out of
SPARE = 5  # hits more than are wanted: of some the document may have been removed since the index was built
DOCUMENTS = knowledge_tables.documents


@dataclass(frozen=True)
class FoundPassage:
    """A passage that was found. rank: from 1. score: only good for order within one question.

    lexical: BM25; dense: cosine of the nearest window; rerank: of the cross-encoder; None where it took no part.
    window_number: which window of the passage is nearest.
    """

    passage: StoredPassage
    rank: int
    score: float
    lexical: float | None = None
    dense: float | None = None
    rerank: float | None = None
    window_number: int | None = None

    @cached_property
    def window(self) -> tuple[int, int] | None:
        """The nearest window, from start to end of the passage's text; None without the leg of vectors."""
        found = () if self.window_number is None else windows(self.passage.text)
        if self.window_number is None or self.window_number >= len(found):
            return None
        return found[self.window_number].start, found[self.window_number].end


@dataclass(frozen=True)
class Found:
    """The passages, best first. searched: how many passages might have been found, after rights and filters.

    generation: of the index; encoder_id: of its vectors. legs: those that answered. rarity: of a term, as BM25 weighs
    it among the passages searched. seconds: by part, and "all".
    """

    query: str
    passages: tuple[FoundPassage, ...]
    warnings: tuple[Notice, ...]
    generation: int
    encoder_id: str | None
    searched: int
    legs: tuple[Leg, ...]
    rarity: Callable[[str], float]
    seconds: Mapping[str, float]


@dataclass
class _Search:
    """One search while it goes on."""

    principal: Principal
    warnings: list[Notice] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - began


@traced("knowledge.search")
def find(
    query: str, *, principal: Principal, k: int = 50, collections: Sequence[str] = (), documents: Sequence[str] = (),
    doc_types: Sequence[str] = (), language: str | None = None, legs: Sequence[Leg] = LEGS,
) -> Found:  # fmt: skip
    """The k best passages among those the principal may read; filters narrow them down, empty ones do not.

    A leg that is away is a warning. Raises NotAllowed, and Unavailable when neither leg can be asked.
    """
    require(principal, Permission.KNOWLEDGE_READ)
    count_search("knowledge")
    made = _Search(principal)
    with made.timed("all"):
        with made.timed("encoder"):
            model, vector = _asked(query, made) if "vectors" in legs else (None, None)
        with made.timed("index"):
            index = current_index(model.id if model else newest_encoder())
        if index is None:
            return Found(query, (), tuple(made.warnings), 0, None, 0, (), _no_rarity, made.seconds)
        with made.timed("rights"):
            visible = visible_collections(principal)
            wanted = visible & frozenset(collections) if collections else visible
            languages = (language,) if language else ()
            allowed = index.columns.allowed(wanted, document=documents, doc_type=doc_types, language=languages)
            searched = int(np.count_nonzero(allowed))
            _tell_if_behind(index, made)
        lexical = index.lexical if "words" in legs else None
        if "words" in legs and lexical is None:
            made.warnings.append(Notice("knowledge.words_away"))
        named = {"collection": tuple(wanted), "document": documents, "doc_type": doc_types, "language": languages}
        dense = _vectors(index, vector, allowed, searched, named, made) if vector is not None and searched else None
        passages: tuple[FoundPassage, ...] = ()
        if searched and query.strip():
            if lexical is None and dense is None:
                raise Unavailable("knowledge.no_leg")
            is_read_again = bool(get_settings().rerank_model)
            first = max(k, RERANKED) if is_read_again else k
            passages = _passages(index, query, vector, lexical, dense, allowed, first, made)
            if is_read_again:
                passages = _read_again(query, passages, made)[:k]
    has_answered = {"words": lexical is not None, "vectors": dense is not None}
    return Found(
        query, passages, tuple(made.warnings), index.generation, index.encoder_id or None, searched,
        tuple(leg for leg in LEGS if has_answered[leg]), _rarity(index, allowed), made.seconds,
    )  # fmt: skip


def _asked(query: str, made: _Search) -> tuple[TextModel | None, NDArray[np.float32] | None]:
    """The model and the query's vector; each None where it is away."""
    model = None
    try:
        model = text_model()
        return model, embed_query(model, query)
    except Unavailable as error:
        made.warnings.append(Notice("knowledge.encoder_away", {"reason": notice_of(error).plain()}))
        return model, None


def _tell_if_behind(index: Index, made: _Search) -> None:
    """Only of documents that may be read: what others bring in is nobody's business."""
    if not index.is_behind:
        return
    newer = DOCUMENTS.c.generation > index.generation, visible_to(made.principal, DOCUMENTS.c.collection_id)
    with reading() as connection:
        count = connection.execute(select(func.count()).select_from(DOCUMENTS).where(*newer)).scalar_one()
    if count and index.failure is None:
        made.warnings.append(Notice("knowledge.index_behind", {"count": int(count)}))
    elif count and index.failure is not None:
        reason = notice_of(index.failure).plain()
        made.warnings.append(Notice("knowledge.index_stuck", {"count": int(count), "reason": reason}))


def _vectors(
    index: Index, vector: NDArray[np.float32], allowed: NDArray[np.bool_], searched: int,
    named: Mapping[str, Sequence[str]], made: _Search,
) -> VectorLeg | None:  # fmt: skip
    """The leg of vectors: on the server that the settings name, else in this process."""
    if not vector_server.is_used():
        return _dense_of(index, allowed, searched, made)
    try:
        with made.timed("server"):
            found = vector_server.propose(vector, encoder_id=index.encoder_id, ids=index.columns.ids, **named)
    except Unavailable as error:
        made.warnings.append(Notice("knowledge.vector_server_away", {"reason": notice_of(error).plain()}))
        return None
    if found.is_behind:
        made.warnings.append(Notice("knowledge.vector_server_behind"))
    return found


def _dense_of(index: Index, allowed: NDArray[np.bool_], searched: int, made: _Search) -> DenseIndex | None:
    """The vectors, where any of the allowed passages has some; told how many have none."""
    if index.dense is None and not index.is_whole:
        made.warnings.append(Notice("knowledge.vectors_away"))
        return None
    lacking = searched if index.dense is None else int(np.count_nonzero(allowed & ~index.dense.has_vectors))
    if lacking:
        details = {"count": lacking, "total": searched, "encoder": index.encoder_id}
        made.warnings.append(Notice(WITHOUT_VECTORS, details))
    return index.dense if lacking < searched else None


def _passages(
    index: Index, query: str, vector: NDArray[np.float32] | None, lexical: LexicalIndex | None,
    dense: VectorLeg | None, allowed: NDArray[np.bool_], k: int, made: _Search,
) -> tuple[FoundPassage, ...]:  # fmt: skip
    """Those of the best hits that still answer; more hits are taken where some do not."""
    wanted = k + SPARE
    while True:
        with made.timed("search"):
            hits = _hits(index, query, vector, lexical, dense, allowed, wanted)
        with made.timed("rows"):
            kept = _read(index, hits, k, made.principal)
        if len(kept) == k or len(hits) < wanted:
            return tuple(
                FoundPassage(passage, rank, hit.score, hit.lexical, hit.dense, None, hit.window)
                for rank, (hit, passage) in enumerate(kept, start=1)
            )
        wanted *= 2


def _hits(
    index: Index, query: str, vector: NDArray[np.float32] | None, lexical: LexicalIndex | None,
    dense: VectorLeg | None, allowed: NDArray[np.bool_], wanted: int,
) -> tuple[Hit, ...]:  # fmt: skip
    """The hits, remembered unless a server proposed some: what it holds has no version of ours."""

    def found() -> tuple[Hit, ...]:
        return search(query, vector, lexical=lexical, dense=dense, k=wanted, allowed=allowed)

    if dense is not None and not isinstance(dense, DenseIndex):
        return found()
    asked = query, wanted, lexical is None, dense is None, vector is None
    return remembered_hits("knowledge_searches", index, index.columns.ids, asked, allowed, found, model=tuple[Hit, ...])


def _read_again(query: str, passages: tuple[FoundPassage, ...], made: _Search) -> tuple[FoundPassage, ...]:
    """The best ones in the order of the cross-encoder, the others behind them; as they were where it is away."""
    best, others = passages[:RERANKED], passages[RERANKED:]
    try:
        with made.timed("rerank"):
            scores = reranker(get_settings().rerank_model)(query, [one.passage.words for one in best])
    except Unavailable as error:
        made.warnings.append(Notice("knowledge.rerank_away", {"reason": notice_of(error).plain()}))
        return passages
    again = [replace(one, rerank=float(score)) for one, score in zip(best, scores, strict=True)]
    ordered = sorted(again, key=lambda one: -(one.rerank or 0.0))
    return tuple(replace(one, rank=rank) for rank, one in enumerate((*ordered, *others), start=1))


def _read(index: Index, hits: Sequence[Hit], k: int, principal: Principal) -> list[tuple[Hit, StoredPassage]]:
    ids = [int(index.columns.ids[hit.number]) for hit in hits]
    read = read_passages(ids[:k], principal=principal)
    if len(read) < k and len(ids) > k:
        read |= read_passages(ids[k:], principal=principal)
    return [(hit, read[one]) for hit, one in zip(hits, ids, strict=True) if one in read][:k]


def _rarity(index: Index, allowed: NDArray[np.bool_]) -> Callable[[str], float]:
    lexical = index.lexical
    if lexical is None:
        return _no_rarity
    return cache(lambda term: lexical.rarity(term, allowed))


def _no_rarity(term: str) -> float:
    """Without an index of words all terms are alike."""
    return 1.0
