"""Which stored formula stands in which: accords stay free of circles, readable, and there while others hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Text, and_, cast, select

from core.errors import BadInput, Conflict
from core.fragrance.formulas.formula import ACCORD, Formula
from core.fragrance.formulas.versions import VERSIONS, formula_from
from core.security.policy import Principal, may_see
from core.storage import perfumery_tables as tables

FORMULAS = tables.fragrance_formulas
HEADS = FORMULAS.join(
    VERSIONS, and_(VERSIONS.c.formula_id == FORMULAS.c.id, VERSIONS.c.number == FORMULAS.c.version)
)  # each formula with its newest version
MOST_NAMED = 5  # of formulas in one sentence


@dataclass(frozen=True)
class _Head:
    id: str
    owner: str
    name: str
    is_public: bool
    accords: tuple[str, ...]


def require_sound(
    connection: Connection, formula: Formula, *, formula_id: str | None, owner: str, is_public: bool
) -> None:  # fmt: skip
    """Raises BadInput for an accord that is not there, that the formula's readers may not read, or that holds it.

    Readers are the owner, and everybody where the formula is public. formula_id: None for one not stored yet.
    """
    wanted = [line.accord for line in formula.lines if line.accord is not None]
    if not wanted:
        return
    accords = _accords(connection)
    for accord in wanted:
        found = accords.get(accord)
        if accord == formula_id and found is not None:
            raise BadInput("fragrance.circular_accord", accord=found.name)
        if found is None or not (found.is_public or found.owner == owner):
            raise BadInput("fragrance.unknown_accord", accord=accord)
    private = [accords[accord].name for accord in wanted if not accords[accord].is_public]
    if is_public and private:
        raise BadInput("fragrance_formulas.accords_not_public", names=", ".join(private[:MOST_NAMED]))
    if formula_id is not None:
        _require_no_way_back(wanted, formula_id, accords)


def require_unused(
    connection: Connection, formula_id: str, name: str, *, principal: Principal, only_by_readers_of: str | None = None
) -> None:  # fmt: skip
    """Raises Conflict naming the formulas in which this one stands as an accord.

    only_by_readers_of: an owner; only formulas that others may read count, those that owner's privacy would break.
    """
    holding = (
        select(FORMULAS.c.id, FORMULAS.c.name, FORMULAS.c.owner, FORMULAS.c.is_public)
        .select_from(HEADS)
        .where(
            FORMULAS.c.removed_at.is_(None), FORMULAS.c.id != formula_id,
            cast(VERSIONS.c.lines, Text).contains(f"{ACCORD}{formula_id}", autoescape=True),
        )
        .order_by(FORMULAS.c.name, FORMULAS.c.id)
    )  # fmt: skip
    found = connection.execute(holding).all()
    if only_by_readers_of is not None:
        found = [one for one in found if one.is_public or one.owner != only_by_readers_of]
    if not found:
        return
    seen = [one.name for one in found if one.is_public or may_see(principal, one.owner)]
    if len(seen) < len(found):
        raise Conflict("fragrance_formulas.accord_in_use_by_others", name=name, count=len(found))
    more = " …" if len(seen) > MOST_NAMED else ""
    raise Conflict("fragrance_formulas.accord_in_use", name=name, names=", ".join(seen[:MOST_NAMED]) + more)


def _require_no_way_back(wanted: Sequence[str], formula_id: str, accords: dict[str, _Head]) -> None:
    looked_at: set[str] = set()
    waiting = list(wanted)
    while waiting:
        accord = waiting.pop()
        if accord == formula_id:
            raise BadInput("fragrance.circular_accord", accord=accords[wanted[0]].name)
        if accord not in looked_at and accord in accords:
            looked_at.add(accord)
            waiting.extend(accords[accord].accords)


def _accords(connection: Connection) -> dict[str, _Head]:
    """Everybody's accords with the accords in them; nothing else stands in a formula, so no way leads past them."""
    columns = (FORMULAS.c.id, FORMULAS.c.owner, FORMULAS.c.name, FORMULAS.c.is_public, VERSIONS.c.lines)
    query = select(*columns).select_from(HEADS).where(FORMULAS.c.is_accord, FORMULAS.c.removed_at.is_(None))
    return {
        row.id: _Head(
            row.id, row.owner, row.name, row.is_public,
            tuple(line.accord for line in formula_from(row.lines).lines if line.accord is not None),
        )
        for row in connection.execute(query)
    }  # fmt: skip
