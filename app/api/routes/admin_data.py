"""Data and models as administrators of the former fragrance service changed them: notes, collections, loaded models.

Notes go through the catalogue's import, as a file of materials would: checked, with a revision that can be undone.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.wire.administration import NotesAnswer, NotesOrder, ReleasedAnswer
from app.api.wire.auth_accounts import SaidAnswer
from core.errors import BadInput, Conflict, NotFound
from core.messages import say
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.knowledge.collections import Collection

router = APIRouter(prefix="/api/v1/admin", tags=["administration"], route_class=PerfumeryRoute)

MOST_NOTES = 500
FILE = "notes.csv"
# Of the former service: the collections of perfumes and materials, under the names that it gave them.
SHIPPED = {"fragrance_notes", "fragrance_recipes", "recipes", "formulas", "perfumes", "materials", "knowledge_base"}


@router.post("/data/add-notes", response_model=NotesAnswer)
@needs(Permission.FRAGRANCE_WRITE, by_admin_cookie=True)
def add_notes(order: NotesOrder, request: Request, principal: Principal = CALLER) -> Any:
    """Bring notes into the catalogue as materials; those that cannot be used are left out and told in `refused`."""
    from core.fragrance.catalogue.importing import carry_out, plan_import

    count = len(order.notes)
    if not 1 <= count <= MOST_NOTES:
        raise BadInput("administration.notes_missing", limit=MOST_NOTES, count=count)
    language = language_of(request)
    plan = plan_import(_file_of(order.notes), FILE, "materials", principal)
    carry_out(plan, order.reason or "POST /api/v1/admin/data/add-notes", principal, leave_out_refused=True)
    counts = {"new": len(plan.new), "changed": len(plan.changed), "unchanged": len(plan.unchanged)}
    return {
        "success": not plan.refused, "message": say("administration.notes_added", language, **counts),
        "added": [one.value.id for one in plan.new], "changed": [one.value.id for one in plan.changed],
        "unchanged": len(plan.unchanged),
        # Row 1 of a file is its header, so the first note is row 2 there and place 0 here.
        "refused": [{"index": one.row - 2, "reason": one.problem.text(language)} for one in plan.refused],
    }  # fmt: skip


@router.delete("/data/collections/{name}", response_model=SaidAnswer)
@needs(Permission.KNOWLEDGE_WRITE, by_admin_cookie=True)
def delete_collection(name: str, request: Request, principal: Principal = CALLER) -> Any:
    """Remove a collection of documents by its name or id; it can be brought back. 409 for what the workbench ships."""
    from core.knowledge.collections import remove_collection

    found = _collection(name, principal)
    remove_collection(found.id, principal=principal)
    return {"message": say("administration.collection_removed", language_of(request), name=found.name)}


@router.post("/models/reload", response_model=ReleasedAnswer)
@needs(Permission.SYSTEM_CONFIGURE, by_admin_cookie=True)
def reload_models(request: Request) -> Any:
    """Let go of every model that this process has loaded, so that the next call loads it anew.

    A new champion needs none of this: each process notices it within a second or two.
    """
    from core.resilience.resident_models import release, report

    released = [one.key for one in report() if release(one.key)]
    message = say("administration.models_released", language_of(request), count=len(released))
    return {"message": message, "models": released}


def _file_of(notes: list[dict[str, Any]]) -> bytes:
    """The notes as the file that the catalogue's import reads."""
    columns = list(dict.fromkeys(column for one in notes for column in one))
    text = io.StringIO()
    rows = csv.DictWriter(text, columns, restval="")
    rows.writeheader()
    rows.writerows({column: _cell(value) for column, value in one.items()} for one in notes)
    return text.getvalue().encode("utf-8")


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _collection(name: str, principal: Principal) -> Collection:
    from core.fragrance.guide_collection import GUIDE_COLLECTION
    from core.fragrance.search.collections import EVERY
    from core.knowledge.collections import list_collections
    from core.knowledge.sample_collection import SAMPLE_COLLECTION

    if name in SHIPPED or name in EVERY:
        raise Conflict("administration.shipped_collection", name=name)
    found = [one for one in list_collections(principal=principal) if name in (one.id, one.name)]
    if not found:
        raise NotFound("administration.no_such_collection", name=name[:80])
    if len(found) > 1:
        ids = ", ".join(one.id for one in found[:5])
        raise Conflict("administration.several_collections", name=name, count=len(found), ids=ids)
    if found[0].id in (GUIDE_COLLECTION, SAMPLE_COLLECTION):
        raise Conflict("administration.shipped_collection", name=found[0].name)
    return found[0]
