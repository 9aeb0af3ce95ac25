"""What an ingestion would do, file by file, told before anything is done: add, change, remove, leave, refuse.

Making a plan reads the whole source and keeps every content under its checksum, so that the work itself needs the
source no more and can go on in another process, now or after it was killed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select

from core.errors import BadInput, Conflict, NotFound, WorkbenchError
from core.knowledge.ingestion.sources import Source, SourceItem, too_large
from core.knowledge.originals import keep_original
from core.knowledge.rights import editable_by, require_editor, visible_to
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables, tables
from core.storage.database import reading, utc_now, writing

Action = Literal["add", "change", "remove", "unchanged", "refuse"]
INGESTIONS, ITEMS, DOCUMENTS, JOBS = (
    knowledge_tables.ingestions,
    knowledge_tables.ingestion_items,
    knowledge_tables.documents,
    tables.jobs,
)
TO_DO: tuple[Action, ...] = ("add", "change", "remove")


@dataclass(frozen=True)
class IngestionItem:
    """One file of an ingestion. state: waiting, running, done, failed or cancelled; error: key and details.

    version: the document's when the plan was made. passages, embedded: of the version that came of it.
    """

    id: int
    position: int
    action: Action
    origin: str
    source_key: str
    name: str
    title: str
    doc_type: str | None
    metadata: dict[str, Any]
    sha256: str | None
    bytes: int | None
    document_id: str | None
    version: int | None
    state: str
    stage: str
    error: dict[str, Any] | None
    attempts: int
    passages: int
    embedded: int


@dataclass(frozen=True)
class Ingestion:
    """One plan and its carrying out. state: planned, running, completed, partial, failed or cancelled.

    stage: one of the stages of `ingestion`. fraction: 0..1. actions, states: how many files of each.
    job_state: of the job that carries it out, None without one.
    """

    id: str
    owner: str
    collection_id: str
    source: str
    state: str
    stage: str
    fraction: float
    job_id: str | None
    job_state: str | None
    cancel_requested: int
    error: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    actions: Mapping[str, int]
    states: Mapping[str, int]

    @property
    def was_left(self) -> bool:
        """Whether the job that carried it out was killed or cancelled; running it again goes on where that one was."""
        return self.state == "running" and self.job_state in ("succeeded", "failed", "cancelled", "lost")

    @property
    def changes_something(self) -> bool:
        return any(self.actions.get(action) for action in TO_DO)


def plan(
    collection_id: str, source: Source, *, force: bool = False, principal: Principal,
    progress: Callable[[int], None] | None = None,
) -> Ingestion:  # fmt: skip
    """Compare a source with a collection and keep the plan; nothing that answers changes.

    force: files with the same content are read anew. progress is told how many files were read.
    Raises NotFound, NotAllowed, StorageFull, or whatever the source raises as a whole.
    """
    with reading() as connection:
        require_editor(connection, collection_id, principal=principal)
        held = _held(connection, collection_id, principal)
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for item in source.items():
        rows.append(_row(item, held.get(item.key), is_second=item.key in seen, force=force))
        seen.add(item.key)
        if progress is not None:
            progress(len(rows))
    if source.is_whole:
        gone = (one for key, one in held.items() if key not in seen and not one["removed_at"])
        rows.extend(_removal(one) for one in gone if source.covers(one["origin"], one["source_key"]))
    own: dict[str, Any] = {"owner": principal.id, "collection_id": collection_id}
    ingestion = {
        "id": str(uuid4()), **own, "source": source.name, "state": "planned", "stage": "", "fraction": 0.0,
        "cancel_requested": 0, "created_at": utc_now(),
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(INGESTIONS).values(**ingestion))
        own |= {"ingestion_id": ingestion["id"], "attempts": 0, "passages": 0, "embedded": 0, "updated_at": utc_now()}
        if rows:
            connection.execute(insert(ITEMS), [{**row, **own, "position": at} for at, row in enumerate(rows)])
    return get_ingestion(str(ingestion["id"]), principal=principal)


def get_ingestion(ingestion_id: str, *, principal: Principal) -> Ingestion:
    """Raises NotFound, also for one in a collection that may not be read."""
    found = _ingestions(principal, INGESTIONS.c.id == ingestion_id)
    if not found:
        raise NotFound("knowledge.no_such_ingestion", id=ingestion_id)
    return found[0]


def list_ingestions(
    *, collection_id: str | None = None, owner: str | None = None, principal: Principal, limit: int = 100,
    offset: int = 0,
) -> tuple[Ingestion, ...]:  # fmt: skip
    """Newest first, of all visible collections or of one; owner: only those that somebody began."""
    asked = {"collection_id": collection_id, "owner": owner}
    conditions = [INGESTIONS.c[name] == value for name, value in asked.items() if value is not None]
    return _ingestions(principal, *conditions, limit=limit, offset=offset)


def list_items(ingestion_id: str, *, states: tuple[str, ...] = (), principal: Principal) -> tuple[IngestionItem, ...]:
    """The files of an ingestion in the order of its source; empty for one that may not be read."""
    require(principal, Permission.KNOWLEDGE_READ)
    shown = [ITEMS.c[name] for name in IngestionItem.__dataclass_fields__]
    query = select(*shown).where(ITEMS.c.ingestion_id == ingestion_id, visible_to(principal, ITEMS.c.collection_id))
    if states:
        query = query.where(ITEMS.c.state.in_(states))
    with reading() as connection:
        return tuple(IngestionItem(**row) for row in connection.execute(query.order_by(ITEMS.c.position)).mappings())


def discard_plan(ingestion_id: str, *, principal: Principal) -> None:
    """Forget a plan that was not begun. Raises NotFound, NotAllowed, or Conflict once it was begun."""
    found = get_ingestion(ingestion_id, principal=principal)
    mine = INGESTIONS.c.id == ingestion_id, INGESTIONS.c.state == "planned", INGESTIONS.c.started_at.is_(None)
    with writing() as connection:
        require_editor(connection, found.collection_id, principal=principal)
        if connection.execute(delete(INGESTIONS).where(*mine)).rowcount != 1:
            raise Conflict("knowledge.already_begun", id=ingestion_id)
        connection.execute(delete(ITEMS).where(ITEMS.c.ingestion_id == ingestion_id))


def _held(connection: Connection, collection_id: str, principal: Principal) -> dict[str, dict[str, Any]]:
    """The documents of the collection by key, removed ones too."""
    names = ("id", "source_key", "origin", "title", "sha256", "version", "doc_type", "removed_at")
    query = select(*(DOCUMENTS.c[name] for name in names)).where(
        DOCUMENTS.c.collection_id == collection_id, editable_by(principal, DOCUMENTS.c.collection_id)
    )
    return {row["source_key"]: dict(row) for row in connection.execute(query).mappings()}


def _row(item: SourceItem, held: Mapping[str, Any] | None, *, is_second: bool, force: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "origin": item.origin, "source_key": item.key, "name": item.name, "title": item.title or item.name,
        "doc_type": item.doc_type, "metadata": dict(item.metadata), "sha256": None, "bytes": None,
        "document_id": held["id"] if held else None, "version": held["version"] if held else None,
        "stage": "", "error": None, "state": "waiting",
    }  # fmt: skip
    try:
        if is_second:
            raise BadInput("knowledge.key_twice", name=item.name)  # noqa: TRY301 - told like any other refusal
        content = item.read()
        if (problem := too_large(item.name, len(content))) is not None:
            raise problem
    except BadInput as error:
        # A source that could not be read says nothing of the document it became earlier: that goes on answering.
        return {**row, "action": "refuse", "state": "failed", "stage": "query_execution", "error": plain(error)}
    row |= {"sha256": keep_original(content), "bytes": len(content)}
    is_there = held is not None and not held["removed_at"]
    is_same = is_there and held is not None and held["sha256"] == row["sha256"] and held["doc_type"] == item.doc_type
    if is_same and not force:
        return {**row, "action": "unchanged", "state": "done"}
    return {**row, "action": "change" if is_there else "add"}


def _removal(held: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "action": "remove", "origin": held["origin"], "source_key": held["source_key"], "name": held["title"],
        "title": held["title"], "doc_type": held["doc_type"], "metadata": {}, "sha256": None, "bytes": None,
        "document_id": held["id"], "version": held["version"], "state": "waiting", "stage": "", "error": None,
    }  # fmt: skip


def plain(error: WorkbenchError) -> dict[str, Any]:
    """Key and details of an error as plain values."""
    kept = {name: one if isinstance(one, int | float | str) else str(one) for name, one in error.details.items()}
    return {"key": error.key, "details": kept}


def _ingestions(principal: Principal, *conditions: Any, limit: int = 1, offset: int = 0) -> tuple[Ingestion, ...]:
    require(principal, Permission.KNOWLEDGE_READ)
    names = [name for name in Ingestion.__dataclass_fields__ if name in INGESTIONS.c]
    query = select(*(INGESTIONS.c[name] for name in names), JOBS.c.state.label("job_state"))
    query = query.outerjoin_from(INGESTIONS, JOBS, JOBS.c.id == INGESTIONS.c.job_id)
    query = query.where(visible_to(principal, INGESTIONS.c.collection_id), *conditions)
    newest = query.order_by(INGESTIONS.c.created_at.desc(), INGESTIONS.c.id).limit(limit).offset(offset)
    with reading() as connection:
        rows = connection.execute(newest).mappings().all()
        counted = select(ITEMS.c.ingestion_id, ITEMS.c.action, ITEMS.c.state).where(
            ITEMS.c.ingestion_id.in_([row["id"] for row in rows])
        )
        actions: dict[str, Counter[str]] = {row["id"]: Counter() for row in rows}
        states: dict[str, Counter[str]] = {row["id"]: Counter() for row in rows}
        for one, action, state in connection.execute(counted):
            actions[one][action] += 1
            states[one][state] += 1
    return tuple(Ingestion(**row, actions=dict(actions[row["id"]]), states=dict(states[row["id"]])) for row in rows)
