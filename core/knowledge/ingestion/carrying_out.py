"""Carries out a plan, file by file: read, cut, embed, publish. It can be killed, resumed, cancelled and retried.

What is done is never done again: a published file is marked in the same transaction, and vectors are kept batch by
batch. A file that fails is told and passed over; an encoder or a disk that fails ends the run, and a later one goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection, func, select, update

from core.errors import BadInput, Conflict, NotFound, WorkbenchError
from core.knowledge.ingestion.plans import Ingestion, IngestionItem, get_ingestion, list_items, plain
from core.knowledge.ingestion.preparing import prepare
from core.knowledge.ingestion.versions import publish, remove, require_claim
from core.knowledge.originals import read_original
from core.knowledge.parsing.parse import parse
from core.knowledge.passages.vectors import PassageEncoder, ToEmbed, complete_vectors
from core.knowledge.rights import require_editor
from core.security.policy import Principal
from core.storage import knowledge_tables
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing

Stage = Literal[
    "initialization", "query_execution", "data_validation", "document_transformation", "embedding_generation",
    "document_storage", "completion",
]  # fmt: skip
# Share of a file's work that lies behind each stage when it begins; nearly all of it is embedding.
BEHIND: dict[Stage, float] = {
    "query_execution": 0.0, "data_validation": 0.01, "document_transformation": 0.08, "embedding_generation": 0.1,
    "document_storage": 0.97,
}  # fmt: skip
MOST_ATTEMPTS = 3  # of a file that ends the whole process each time
INGESTIONS, ITEMS, DOCUMENTS = knowledge_tables.ingestions, knowledge_tables.ingestion_items, knowledge_tables.documents


@dataclass(frozen=True)
class Progress:
    """Where a run is. fraction: 0..1, never less than before. name: of the file; done: files of `total`."""

    stage: Stage
    fraction: float
    name: str
    done: int
    total: int


@dataclass
class _Run:
    """One carrying out: who holds it, and how far it is."""

    ingestion: Ingestion
    claim: str
    principal: Principal
    load_encoder: Callable[[], PassageEncoder]
    progress: Callable[[Progress], None]
    done: int
    total: int
    fraction: float = 0.0
    encoder: PassageEncoder | None = None


class _Cancelled(Exception):
    """Somebody asked to stop; carries nothing out of this module."""


def run_ingestion(
    ingestion_id: str, *, load_encoder: Callable[[], PassageEncoder], principal: Principal, job_id: str | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Ingestion:  # fmt: skip
    """Do what is left of a plan; how it ended.

    It ends as completed, partial (some files failed), failed (all did) or cancelled. A run that is going on elsewhere
    is taken over. load_encoder is called when the first file needs it.
    Raises NotFound, NotAllowed; Unavailable or StorageFull, which leave the remaining files waiting; Conflict when
    another run took over.
    """
    run = _begin(ingestion_id, load_encoder, principal, job_id, progress)
    if run is None:
        return get_ingestion(ingestion_id, principal=principal)
    try:
        for item in list_items(ingestion_id, states=("waiting",), principal=principal):
            _take(run, item)
            run.done += 1
        _finish(run)
    except _Cancelled:
        _stop(run, "cancelled")
    except WorkbenchError as error:
        _stop(run, "failed", error)
        raise
    return get_ingestion(ingestion_id, principal=principal)


def _begin(
    ingestion_id: str, load_encoder: Callable[[], PassageEncoder], principal: Principal, job_id: str | None,
    progress: Callable[[Progress], None],
) -> _Run | None:  # fmt: skip
    """Take hold of the ingestion; None when it has ended. A file that ended the process too often is given up."""
    found = get_ingestion(ingestion_id, principal=principal)
    mine = INGESTIONS.c.id == ingestion_id, INGESTIONS.c.state.in_(("planned", "running", "failed"))
    claim, now = str(uuid4()), utc_now()
    with writing() as connection:
        require_editor(connection, found.collection_id, principal=principal)
        values: dict[str, Any] = {"state": "running", "stage": "initialization", "claim": claim, "error": None}
        values |= {"started_at": found.started_at or now, "finished_at": None}
        if job_id is not None and job_id != found.job_id:  # an earlier job was asked to stop, and has ended
            values |= {"job_id": job_id, "cancel_requested": 0}
        if connection.execute(update(INGESTIONS).where(*mine).values(**values)).rowcount != 1:
            return None
        halfway = ITEMS.c.ingestion_id == ingestion_id, ITEMS.c.state == "running"
        given_up = {"key": "knowledge.gave_up", "details": {"count": MOST_ATTEMPTS}}
        connection.execute(
            update(ITEMS).where(*halfway, ITEMS.c.attempts >= MOST_ATTEMPTS).values(state="failed", error=given_up)
        )
        connection.execute(update(ITEMS).where(*halfway).values(state="waiting"))
        states = select(ITEMS.c.state, func.count()).where(ITEMS.c.ingestion_id == ingestion_id)
        counts = {str(state): int(count) for state, count in connection.execute(states.group_by(ITEMS.c.state))}
    total = sum(counts.values())
    run = _Run(found, claim, principal, load_encoder, progress, total - counts.get("waiting", 0), total)
    run.fraction = run.done / total if total else 0.0
    progress(Progress("initialization", run.fraction, "", run.done, total))
    return run


def _take(run: _Run, item: IngestionItem) -> None:
    """One file. What is the file's fault is noted at it; everything else is raised."""
    _check(run)
    with writing() as connection:
        require_claim(connection, run.ingestion.id, run.claim)
        begun = {"state": "running", "attempts": item.attempts + 1, "updated_at": utc_now()}
        connection.execute(update(ITEMS).where(ITEMS.c.id == item.id).values(**begun))
    held = {"collection_id": run.ingestion.collection_id, "ingestion_id": run.ingestion.id, "claim": run.claim}
    try:
        if item.action == "remove":
            _report(run, item, "document_storage")
            remove(item, **held, principal=run.principal)
        else:
            _publish(run, item, held)
    except (BadInput, NotFound, Conflict) as error:
        _check(run)  # a run that was taken over, or whose rights are gone, blames no file
        _fail(run, item, error)


def _publish(run: _Run, item: IngestionItem, held: dict[str, str]) -> None:
    _report(run, item, "query_execution")
    content = read_original(str(item.sha256), name=item.name)
    _report(run, item, "data_validation")
    document = parse(content, name=item.name)
    _report(run, item, "document_transformation")
    prepared = prepare(document, title=item.title if item.title != item.name else "")
    _report(run, item, "embedding_generation")
    if run.encoder is None:
        run.encoder = run.load_encoder()

    def embedded_so_far(done: int, missing: int) -> None:
        _check(run)
        _report(run, item, "embedding_generation", done / missing if missing else 1.0)

    wanted = [ToEmbed(one.words_sha256, one.passage.text, one.passage.words) for one in prepared.passages]
    embedded = complete_vectors(
        wanted, collection_id=run.ingestion.collection_id, encoder=run.encoder, name=item.name,
        principal=run.principal, progress=embedded_so_far,
    )  # fmt: skip
    _report(run, item, "document_storage")
    publish(prepared, item, **held, encoder_id=run.encoder.id, embedded=embedded, principal=run.principal)


def _check(run: _Run) -> None:
    """Raises _Cancelled when somebody asked for it; Conflict, NotFound or NotAllowed when it may not go on."""
    mine = INGESTIONS.c.id == run.ingestion.id
    with reading() as connection:
        require_claim(connection, run.ingestion.id, run.claim)
        require_editor(connection, run.ingestion.collection_id, principal=run.principal)
        if connection.execute(select(INGESTIONS.c.cancel_requested).where(mine)).scalar():
            raise _Cancelled


def _report(run: _Run, item: IngestionItem, stage: Stage, share: float = 0.0) -> None:
    behind = BEHIND[stage]
    if stage == "embedding_generation":
        behind += share * (BEHIND["document_storage"] - behind)
    run.fraction = max(run.fraction, (run.done + behind) / run.total)
    with writing() as connection:
        mine = INGESTIONS.c.id == run.ingestion.id, INGESTIONS.c.claim == run.claim
        connection.execute(update(INGESTIONS).where(*mine).values(stage=stage, fraction=run.fraction))
        connection.execute(update(ITEMS).where(ITEMS.c.id == item.id).values(stage=stage, updated_at=utc_now()))
    run.progress(Progress(stage, run.fraction, item.name, run.done, run.total))


def _fail(run: _Run, item: IngestionItem, error: WorkbenchError) -> None:
    """Note at a file why it failed; a document of which an older version answers says so."""
    with writing() as connection:
        require_claim(connection, run.ingestion.id, run.claim)
        values = {"state": "failed", "error": plain(error), "updated_at": utc_now()}
        connection.execute(update(ITEMS).where(ITEMS.c.id == item.id).values(**values))
        if item.action == "change":
            old = DOCUMENTS.c.id == item.document_id, DOCUMENTS.c.state == "serving"
            connection.execute(update(DOCUMENTS).where(*old).values(state="outdated"))


def _finish(run: _Run) -> None:
    with writing() as connection:
        require_claim(connection, run.ingestion.id, run.claim)
        mine = ITEMS.c.ingestion_id == run.ingestion.id
        states = connection.execute(select(ITEMS.c.state).where(mine)).scalars().all()
        failed = states.count("failed")
        state = "completed" if not failed else "partial" if failed < len(states) else "failed"
        ended = {"state": state, "stage": "completion", "fraction": 1.0, "finished_at": utc_now()}
        connection.execute(update(INGESTIONS).where(INGESTIONS.c.id == run.ingestion.id).values(**ended))
        _note_end(connection, run, state)
    run.progress(Progress("completion", 1.0, "", run.total, run.total))


def _stop(run: _Run, state: str, error: WorkbenchError | None = None) -> None:
    """End before the plan is through, unless another run holds it: then nothing of it is ours to change."""
    with writing() as connection:
        mine = INGESTIONS.c.id == run.ingestion.id, INGESTIONS.c.claim == run.claim
        stage = connection.execute(select(INGESTIONS.c.stage).where(*mine)).scalar()
        if stage is None:
            return
        told = {**plain(error), "stage": stage} if error is not None else None
        ended = {"state": state, "error": told, "claim": None, "finished_at": utc_now()}
        connection.execute(update(INGESTIONS).where(*mine).values(**ended))
        left = ITEMS.c.ingestion_id == run.ingestion.id, ITEMS.c.state.in_(("running", "waiting"))
        # The process lives, so no file ended it.
        values = {"state": "cancelled" if error is None else "waiting", "attempts": 0, "updated_at": utc_now()}
        connection.execute(update(ITEMS).where(*left).values(**values))
        _note_end(connection, run, state)


def _note_end(connection: Connection, run: _Run, state: str) -> None:
    """One entry for a whole run: its documents can be ten thousand."""
    told = {"state": state, "files": run.total, "ingestion": run.ingestion.id}
    note(connection, run.principal, "collection.filled", run.ingestion.collection_id, **told)
