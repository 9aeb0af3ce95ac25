"""The number that every change of what answers raises: a search index knows by it whether it is up to date."""

from __future__ import annotations

from sqlalchemy import Connection

from core.storage import generations
from core.storage.generations import Mark
from core.storage.knowledge_tables import knowledge_index

ONLY = 1  # row


def index_mark() -> Mark:
    """What is in the database now; generation 0 before anything was published."""
    return generations.mark_of(knowledge_index)


def raised_here() -> int:
    """Goes up whenever this process raises the generation, so that it need not wait to look again."""
    return generations.raised_here(knowledge_index, id=ONLY)


def index_generation() -> int:
    """The generation that is in the database now; 0 before anything was published."""
    return index_mark().generation


def next_generation(connection: Connection) -> int:
    """Raise the number within the caller's transaction.

    Writers wait for each other here until the other's transaction ends, so generations become visible in order.
    """
    return generations.raise_generation(connection, knowledge_index, id=ONLY)
