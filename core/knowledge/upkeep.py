"""One round over the documents, which the jobs process makes again and again: nobody asks for it, nobody waits for it.

What was removed long ago is deleted (`final_deletion`), files that nothing names go, and the search index keeps up.
"""

from __future__ import annotations

import shutil
import time
from datetime import timedelta

from sqlalchemy import select

from core.knowledge.final_deletion import forget_removed
from core.knowledge.index_generations import index_generation
from core.knowledge.originals import drop_originals, originals_older_than
from core.knowledge.retrieval.index import bring_up_to_date, index_folder, newest_encoder
from core.knowledge.retrieval.snapshots import written_generations
from core.security.policy import Principal, Role
from core.settings.current import get_settings
from core.storage import knowledge_tables
from core.storage.database import reading, utc_now

CARETAKER = Principal("workbench", Role.ADMIN, "workbench")
UNUSED_S = 24 * 3600.0  # a plan that is being made keeps its files first and names them last
VERSIONS, ITEMS = knowledge_tables.document_versions, knowledge_tables.ingestion_items


def keep_up() -> None:
    """One round. Raises Unavailable or StorageFull; the next round tries again."""
    forget_removed(utc_now() - timedelta(days=get_settings().knowledge_keep_days), principal=CARETAKER)
    drop_unused_originals()
    bring_up_to_date(encoder_id=newest_encoder())
    drop_old_indexes()


def drop_unused_originals() -> int:
    """Delete stored files that no version and no plan names, and halves of files; how many these were."""
    kept = originals_older_than(UNUSED_S)
    if not kept:
        return 0
    with reading() as connection:
        named = {one for table in (VERSIONS, ITEMS) for one in connection.execute(select(table.c.sha256)).scalars()}
    unused = kept - named
    drop_originals(unused)
    return len(unused)


def drop_old_indexes() -> None:
    """Delete the indexes of encoders that nobody has brought up to date for long."""
    generation = index_generation()
    for folder in index_folder().glob("*"):
        is_behind = written_generations(folder)[-1:] != [generation]
        if is_behind and time.time() - folder.stat().st_mtime > UNUSED_S:
            shutil.rmtree(folder, ignore_errors=True)
