"""What is there of an aptitude record's preferences, found by looking at the record and at the documents made of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select

from core.knowledge.aptitude.documents import aptitude_mapping
from core.knowledge.aptitude.records import aptitude_source, is_of_record, record, record_numbers, results_collection_id
from core.knowledge.ingestion.typed_documents import missing_fields
from core.knowledge.notices import Notice
from core.knowledge.rights import visible_to
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.database import reading

Presence = Literal["present", "partial", "missing"]
NEVER_ANSWERED = ("aptitude.preferences_missing", "aptitude.preferences_partial")
ALL_ANSWERS = 120  # questions of the whole image preference test
DOCUMENTS = knowledge_tables.documents


@dataclass(frozen=True)
class FoundDocument:
    """A document made of the record. is_as_recorded: it says what the record says today."""

    id: str
    owner: str
    doc_type: str
    title: str
    state: str
    is_as_recorded: bool


@dataclass(frozen=True)
class Diagnosis:
    """One record. preferences: of the record itself; completeness: share of the preference questions answered, 0..1.

    documents: as many as may be read. expected: the types that the record has the fields for.
    """

    anp_seq: int
    name: str
    preferences: Presence
    answered: int
    completeness: float
    fields: tuple[str, ...]
    expected: tuple[str, ...]
    documents: tuple[FoundDocument, ...]
    findings: tuple[Notice, ...]

    @property
    def has_issues(self) -> bool:
        return bool(self.findings)

    @property
    def can_be_repaired(self) -> bool:
        """Whether processing the record again would mend something; answers that were never given it cannot."""
        return any(one.key not in NEVER_ANSWERED for one in self.findings)


@dataclass(frozen=True)
class QueryTest:
    """One look at the source. rows: what it found; seconds: how long it took; sample: the first of it."""

    name: str
    succeeded: bool
    rows: int
    seconds: float
    sample: Any


@dataclass(frozen=True)
class Overview:
    """How many records there are of each kind. documents: how many may be read, by type."""

    records: int
    presence: Mapping[str, int]
    processed: int
    with_issues: int
    mean_completeness: float
    documents: Mapping[str, int]


def completeness(anp_seq: int) -> float:
    """Share of the preference questions that were answered, 0..1. Raises NotFound."""
    return min(int(record(anp_seq)["preference_answered"]) / ALL_ANSWERS, 1.0)


def diagnose(anp_seq: int, *, principal: Principal) -> Diagnosis:
    """Raises NotFound for a number without a record, NotAllowed without the right to look at other people's."""
    require(principal, Permission.ACCOUNTS_MANAGE)
    one = record(anp_seq)
    share = completeness(anp_seq)
    presence: Presence = "missing" if not one["preferences"] else "present" if share == 1 else "partial"
    wanted = {item.doc_type: hashlib.sha256(item.read()).hexdigest() for item in aptitude_source(anp_seq).items()}
    documents = _documents(anp_seq, wanted, principal)
    number = {"number": anp_seq}
    findings: list[Notice] = []
    if presence == "missing":
        findings.append(Notice("aptitude.preferences_missing", number))
    elif presence == "partial":
        counts = {"count": one["preference_answered"], "limit": ALL_ANSWERS}
        findings.append(Notice("aptitude.preferences_partial", {**number, **counts}))
    if not documents:
        findings.append(Notice("aptitude.never_processed", number))
    for owner in dict.fromkeys(found.owner for found in documents):
        theirs = {found.doc_type: found for found in documents if found.owner == owner}
        for kind in wanted:
            if kind not in theirs:
                findings.append(Notice("aptitude.document_missing", {**number, "kind": kind}))
            elif not theirs[kind].is_as_recorded:
                findings.append(Notice("aptitude.document_outdated", {**number, "kind": kind}))
    return Diagnosis(
        anp_seq, str(one["name"]), presence, int(one["preference_answered"]), share,
        tuple(str(entry["name"]) for entry in one["preferences"]), tuple(map(str, wanted)), documents, tuple(findings),
    )  # fmt: skip


def diagnose_all(*, principal: Principal) -> tuple[Diagnosis, ...]:
    """Every record, by number."""
    return tuple(diagnose(number, principal=principal) for number in record_numbers())


def overview(*, principal: Principal) -> Overview:
    """Figures over all records."""
    found = diagnose_all(principal=principal)
    presence = {kind: sum(one.preferences == kind for one in found) for kind in ("present", "partial", "missing")}
    documents = [document.doc_type for one in found for document in one.documents]
    return Overview(
        records=len(found),
        presence=presence,
        processed=sum(bool(one.documents) for one in found),
        with_issues=sum(one.has_issues for one in found),
        mean_completeness=sum(one.completeness for one in found) / len(found),
        documents={kind: documents.count(kind) for kind in aptitude_mapping().types},
    )


def try_queries(anp_seq: int, *, principal: Principal) -> tuple[QueryTest, ...]:
    """Ask for the record, for the fields of each type of document, and for the documents; timed as they are.

    A type whose fields the record lacks does not succeed. Raises NotFound.
    """
    require(principal, Permission.ACCOUNTS_MANAGE)
    one = record(anp_seq)
    tests = [_timed("record", lambda: [dict(one)])]
    for kind in aptitude_mapping().kinds:

        def fields(kind: Any = kind) -> list[Any]:
            if missing_fields(one, kind):
                return []
            values = [one[name] for name in kind.needs]
            return [entry for value in values for entry in (value if isinstance(value, list) else [value])]

        tests.append(_timed(kind.type, fields))
    tests.append(_timed("documents", lambda: [found.title for found in _documents(anp_seq, {}, principal)]))
    return tuple(tests)


def _timed(name: str, look: Callable[[], list[Any]]) -> QueryTest:
    started = time.perf_counter()
    rows = look()
    return QueryTest(name, bool(rows), len(rows), time.perf_counter() - started, rows[0] if rows else None)


def _documents(anp_seq: int, wanted: Mapping[str | None, str], principal: Principal) -> tuple[FoundDocument, ...]:
    names = ("id", "owner", "collection_id", "doc_type", "title", "state", "sha256")
    query = select(*(DOCUMENTS.c[name] for name in names)).where(
        is_of_record(anp_seq), DOCUMENTS.c.removed_at.is_(None), visible_to(principal, DOCUMENTS.c.collection_id)
    )
    with reading() as connection:
        rows = connection.execute(query.order_by(DOCUMENTS.c.owner, DOCUMENTS.c.title)).all()
    return tuple(
        FoundDocument(row.id, row.owner, row.doc_type, row.title, row.state, row.sha256 == wanted.get(row.doc_type))
        for row in rows
        if row.collection_id == results_collection_id(row.owner)
    )
