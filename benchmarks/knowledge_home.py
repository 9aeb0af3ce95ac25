"""A home of its own with the question sets brought in as documents, one for each paragraph, by the way of the product.

Call `own_home` before anything reads the settings.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.knowledge_questions import QuestionSet
from core.knowledge.ingestion.sources import SourceItem
from core.security.policy import Principal, Role

READER = Principal("reader", Role.ANALYST, "reader")


@contextmanager
def own_home() -> Iterator[Path]:
    """A migrated, empty database in a folder of temporary files; compiled encoders are kept beside the project."""
    from core.settings.current import get_settings
    from core.settings.paths import PROJECT

    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as folder:
        cache = Path(folder) / "data" / "cache"
        cache.mkdir(parents=True)
        (PROJECT / "data" / "cache" / "encoders").mkdir(parents=True, exist_ok=True)
        (cache / "encoders").symlink_to(PROJECT / "data" / "cache" / "encoders")
        os.environ["WORKBENCH_HOME"] = folder
        get_settings.cache_clear()
        from core.storage.migrations import migrate

        migrate()
        yield Path(folder)


@dataclass(frozen=True)
class Paragraphs:
    """The paragraphs of a question set as a source: keys are their numbers."""

    asked: QuestionSet
    is_whole: bool = True

    @property
    def name(self) -> str:
        return self.asked.language

    def items(self) -> Iterator[SourceItem]:
        for number, (title, text) in enumerate(zip(self.asked.titles, self.asked.texts, strict=True)):
            content = text.encode()
            yield SourceItem(str(number), f"{number}.txt", "files", lambda content=content: content, title=title)  # type: ignore[misc]

    def covers(self, origin: str, key: str) -> bool:
        return True


def brought_in(asked: QuestionSet) -> tuple[str, dict[str, int]]:
    """The id of a new collection that holds the paragraphs, and the number of each of its documents by id."""
    from sqlalchemy import select

    from core.embeddings.text_models import text_model
    from core.knowledge.collections import create_collection
    from core.knowledge.ingestion.carrying_out import run_ingestion
    from core.knowledge.ingestion.plans import plan
    from core.knowledge.retrieval.index import bring_up_to_date
    from core.storage.database import reading
    from core.storage.knowledge_tables import documents

    collection = create_collection(asked.language, principal=READER)
    planned = plan(collection.id, Paragraphs(asked), principal=READER)
    done = run_ingestion(planned.id, load_encoder=text_model, principal=READER)
    assert done.state == "completed", done
    bring_up_to_date(encoder_id=text_model().id)
    mine = select(documents.c.id, documents.c.source_key).where(documents.c.collection_id == collection.id)
    with reading() as connection:
        return collection.id, {row.id: int(row.source_key) for row in connection.execute(mine)}
