"""A look into the files of a plan before it is applied: what cannot be read, and what hides or gives orders.

Nothing is stored and no encoder is asked; applying the plan reads the files again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import BadInput, NotFound, WorkbenchError
from core.knowledge.document_facts import flags_among
from core.knowledge.ingestion.plans import IngestionItem, get_ingestion, list_items
from core.knowledge.ingestion.preparing import prepare
from core.knowledge.originals import read_original
from core.knowledge.parsing.parse import parse
from core.security.policy import Principal

PATIENCE_S = 10.0


@dataclass(frozen=True)
class LookedInto:
    """What one file will become. problem: why it cannot; the other figures are then 0 and None."""

    title: str = ""
    format: str = ""
    language: str | None = None
    pages: int | None = None
    passages: int = 0
    flags: tuple[str, ...] = ()
    problem: WorkbenchError | None = None


def look_into(
    ingestion_id: str, *, principal: Principal, patience_s: float = PATIENCE_S,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[int, LookedInto]:  # fmt: skip
    """By id of the file, those that are to be added or changed, in order, until the time is up.

    A file that is begun is read to its end. Raises NotFound.
    """
    get_ingestion(ingestion_id, principal=principal)
    items = list_items(ingestion_id, states=("waiting",), principal=principal)
    wanted = [one for one in items if one.action in ("add", "change")]
    found: dict[int, LookedInto] = {}
    ends_at = time.monotonic() + patience_s
    for one in wanted:
        if time.monotonic() >= ends_at:
            break
        found[one.id] = _look(one)
        progress(len(found), len(wanted))
    return found


def _look(item: IngestionItem) -> LookedInto:
    try:
        document = parse(read_original(str(item.sha256), name=item.name), name=item.name)
        prepared = prepare(document)
        if not prepared.passages:
            raise BadInput("knowledge.empty", name=item.name)  # noqa: TRY301 - told like any other problem
    except (BadInput, NotFound) as error:
        return LookedInto(problem=error)
    return LookedInto(
        prepared.title, prepared.format, prepared.language, prepared.pages, len(prepared.passages),
        flags_among(note["key"] for note in prepared.notes),
    )  # fmt: skip
