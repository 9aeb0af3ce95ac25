"""What people ask of an ingestion that was planned or runs: to stop, and to try again what failed."""

from __future__ import annotations

from sqlalchemy import func, select, update

from core.errors import Conflict
from core.knowledge.ingestion.plans import Ingestion, get_ingestion
from core.knowledge.rights import require_editor
from core.security.policy import Principal
from core.storage import knowledge_tables
from core.storage.database import utc_now, writing

INGESTIONS, ITEMS = knowledge_tables.ingestions, knowledge_tables.ingestion_items


def cancel_ingestion(ingestion_id: str, *, principal: Principal) -> Ingestion:
    """Ask a run to stop after the batch it is at; one that was never begun is cancelled at once.

    What was published stays. Raises NotFound, NotAllowed, or Conflict for one that has ended.
    """
    found = get_ingestion(ingestion_id, principal=principal)
    mine = INGESTIONS.c.id == ingestion_id
    with writing() as connection:
        require_editor(connection, found.collection_id, principal=principal)
        asked = connection.execute(
            update(INGESTIONS).where(mine, INGESTIONS.c.state == "running").values(cancel_requested=1)
        )
        ended = update(INGESTIONS).where(mine, INGESTIONS.c.state == "planned")
        ended_now = connection.execute(ended.values(state="cancelled", finished_at=utc_now()))
        if not asked.rowcount and not ended_now.rowcount:
            raise Conflict("knowledge.already_ended", state=found.state)
        if ended_now.rowcount:
            waiting = ITEMS.c.ingestion_id == ingestion_id, ITEMS.c.state == "waiting"
            connection.execute(update(ITEMS).where(*waiting).values(state="cancelled"))
    return get_ingestion(ingestion_id, principal=principal)


def retry_ingestion(ingestion_id: str, *, principal: Principal) -> Ingestion:
    """Set failed and cancelled files back to waiting, for the next run. Raises Conflict when there are none."""
    found = get_ingestion(ingestion_id, principal=principal)
    again = ITEMS.c.ingestion_id == ingestion_id, ITEMS.c.action != "refuse"
    with writing() as connection:
        require_editor(connection, found.collection_id, principal=principal)
        failed = ITEMS.c.state.in_(("failed", "cancelled"))
        values = {"state": "waiting", "stage": "", "error": None, "attempts": 0, "updated_at": utc_now()}
        connection.execute(update(ITEMS).where(*again, failed).values(**values))
        left = connection.execute(
            select(func.count()).select_from(ITEMS).where(*again, ITEMS.c.state == "waiting")
        ).scalar()
        ended = INGESTIONS.c.id == ingestion_id, INGESTIONS.c.state.in_(("partial", "failed", "cancelled"))
        back = {"state": "planned", "error": None, "cancel_requested": 0, "finished_at": None}
        if not left or connection.execute(update(INGESTIONS).where(*ended).values(**back)).rowcount != 1:
            raise Conflict("knowledge.nothing_to_retry", state=found.state)
    return get_ingestion(ingestion_id, principal=principal)
