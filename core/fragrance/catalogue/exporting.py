"""The catalogue as CSV files in the format that is imported; cells that a spreadsheet would run are guarded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from core.fragrance.catalogue import material_rows, perfume_rows
from core.fragrance.catalogue.cells import guarded, shown
from core.fragrance.catalogue.columns import ImportKind
from core.fragrance.catalogue.materials import Material
from core.fragrance.catalogue.stored import perfumes, stored_materials
from core.security.policy import Permission, Principal, require


def export_csv(kind: ImportKind, principal: Principal) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets show Hangul; what was removed is left out.

    Materials and their constituents are two files, to be imported in this order.
    """
    if kind == "perfumes":
        rows = (perfume_rows.row_of(perfume) for perfume in perfumes(principal))
        return _csv(perfume_rows.COLUMNS, rows)
    require(principal, Permission.FRAGRANCE_FORMULA)  # prices and stock
    materials = [one.material for one in stored_materials(principal)]
    if kind == "materials":
        return _csv(material_rows.COLUMNS, (material_rows.row_of(material) for material in materials))
    return _csv(material_rows.CONSTITUENT_COLUMNS, _constituents(materials))


def _constituents(materials: Sequence[Material]) -> Iterable[dict[str, str]]:
    for material in materials:
        for one in material.constituents or ():
            yield {
                "material": material.id,
                "cas": one.cas,
                "name": one.name,
                "share": shown(one.share),
                "source": one.source,
            }


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([guarded(row[column]) for column in columns] for row in rows)
    return b"\xef\xbb\xbf" + written.getvalue().encode()
