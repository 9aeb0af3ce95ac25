"""Materials, constituents and perfumes from a CSV or XLSX file: first a plan, then all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from core.errors import BadInput
from core.fragrance.catalogue.columns import ImportKind, match_columns
from core.fragrance.catalogue.import_plans import ImportPlan, PlannedChange, Sorting
from core.fragrance.catalogue.material_plans import plan_constituents, plan_materials
from core.fragrance.catalogue.materials import Material
from core.fragrance.catalogue.perfume_plans import plan_perfumes
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.stored import save_materials, save_perfumes
from core.fragrance.catalogue.table_rows import read_rows
from core.knowledge.notices import Notice
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings


def plan_import(
    content: bytes,
    name: str,
    kind: ImportKind,
    principal: Principal,
    *,
    mapping: Mapping[str, str] | None = None,
    sheet: str | None = None,
) -> ImportPlan:
    """What carrying it out would do; nothing of it is stored.

    name: of the file, whose ending tells its format. mapping: `{column: header}` where a person chose; left out, the
    headers in English or Korean are recognised (`dictionary.toml`). sheet: of a workbook with several.
    Columns that the file does not have keep what is stored; an empty cell says "not known".
    Raises UploadRejected or TooLarge for the file, BadInput for its columns; bad rows are in the plan.
    """
    require(principal, Permission.FRAGRANCE_WRITE)
    settings = get_settings()
    currency = settings.fragrance_currency
    table = read_rows(content, name, limit_bytes=settings.upload_limit_bytes, sheet=sheet)
    headers = match_columns(table.header, kind, name=name, currency=currency, chosen=mapping)
    places = {column: table.header.index(header) for column, header in headers.items()}
    rows = [(row.number, {column: row.cells[place] for column, place in places.items()}) for row in table.rows]
    found = Sorting(headers)
    for uneven in table.uneven:
        count, expected = len(uneven.cells), len(table.header)
        found.refuse(uneven.number, BadInput("fragrance_catalogue.row_length", count=count, expected=expected))
    if kind == "perfumes":
        plan_perfumes(rows, found, currency=currency, file=name, principal=principal)
    elif kind == "materials":
        plan_materials(rows, found, currency=currency, principal=principal)
    else:
        plan_constituents(rows, found, principal=principal)
    return ImportPlan(
        kind,
        name,
        headers,
        tuple(header for header in table.header if header not in headers.values()),
        tuple(found.new),
        tuple(found.changed),
        tuple(found.unchanged),
        tuple(sorted(found.refused, key=lambda refused: refused.row)),
        tuple(
            Notice("fragrance_catalogue.rows_joined", {"first": first, "second": second})
            for first, second in table.joined
        ),
    )


def carry_out(
    plan: ImportPlan, reason: str, principal: Principal, *, leave_out_refused: bool = False
) -> dict[str, int]:  # fmt: skip
    """Store what the plan told, all of it or nothing; the revisions by id.

    Raises BadInput while rows are refused, unless they are to be left out; Conflict where something the plan changes
    was changed after it was made.
    """
    require(principal, Permission.FRAGRANCE_WRITE)
    if plan.refused and not leave_out_refused:
        raise BadInput(
            "fragrance_catalogue.rows_refused",
            count=len(plan.refused),
            name=plan.name,
            first=plan.refused[0].row,
        )
    action = "catalogue.imported"
    planned: tuple[PlannedChange, ...] = (*plan.new, *plan.changed)
    expected = {one.value.id: one.expected_revision for one in planned}
    if plan.kind == "perfumes":
        perfumes = [cast(Perfume, one.value) for one in planned]
        return save_perfumes(perfumes, expected=expected, reason=reason, principal=principal, action=action)
    materials = [cast(Material, one.value) for one in planned]
    return save_materials(materials, expected=expected, reason=reason, principal=principal, action=action)
