"""Which perfume each row of a file is about, and what it would become; brand and name make a perfume."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.errors import BadInput
from core.fragrance.catalogue import cells
from core.fragrance.catalogue.cells import Row
from core.fragrance.catalogue.import_plans import Sorting, check_free
from core.fragrance.catalogue.items import ids_of
from core.fragrance.catalogue.perfume_ids import names_key, perfume_id
from core.fragrance.catalogue.perfume_rows import perfume_from
from core.fragrance.catalogue.stored import StoredPerfume, stored_perfumes
from core.security.policy import Principal

Rows = Sequence[tuple[int, Row]]


def plan_perfumes(rows: Rows, found: Sorting, *, currency: str, file: str, principal: Principal) -> None:
    """file: named as the source of what is new; a perfume that is there keeps its own."""
    there = {one.perfume.id: one for one in stored_perfumes(principal, removed=True)}
    by_names = {names_key(one.perfume.brand, one.perfume.name): one for one in there.values()}
    taken = ids_of("material")
    given: dict[str, tuple[str, str]] = {}  # names of the perfume that has an id, of those made from this file
    for number, row in rows:
        try:
            before = there.get(cells.text(row, "id")) or by_names.get(_names(row))
            item_id = before.perfume.id if before else _new_id(row, given, there, taken)
            value = perfume_from(
                row,
                perfume_id=item_id,
                currency=currency,
                before=before.perfume if before else None,
                source=before.perfume.source if before else file,
            )
            given.setdefault(item_id, _names(row))
            found.put(
                number,
                value,
                before=before.perfume if before else None,
                revision=before.revision if before else 0,
                is_removed=before is not None and before.removed_at is not None,
            )
        except BadInput as error:
            found.refuse(number, error)


def _names(row: Row) -> tuple[str, str]:
    return names_key(cells.text(row, "brand"), cells.text(row, "name"))


def _new_id(
    row: Row, given: dict[str, tuple[str, str]], there: dict[str, StoredPerfume], taken: Collection[str]
) -> str:  # fmt: skip
    """The id in the row, else one made of brand and name that no other perfume or material has."""
    asked, brand, name = (cells.text(row, column) for column in ("id", "brand", "name"))
    if asked:
        check_free(asked, taken)
        return asked
    made = perfume_id(brand, name)
    is_free = made not in taken and made not in there and given.get(made, _names(row)) == _names(row)
    return made if is_free else perfume_id(brand, name, apart=True)
