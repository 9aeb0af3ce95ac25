"""What is shown of items that were found, read from the database by their ids, as far as it may be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select

from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.documents import perfume_of
from core.fragrance.catalogue.materials import Catalogue, Material
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.formulas.formula import ACCORD
from core.fragrance.search.items import MATERIALS, PERFUMES, RECIPES, Collection
from core.security.policy import Permission, Principal, is_allowed
from core.storage.database import reading
from core.storage.ownership import visible
from core.storage.perfumery_tables import fragrance_formula_versions as versions
from core.storage.perfumery_tables import fragrance_formulas as formulas
from core.storage.perfumery_tables import fragrance_items

ITEMS = select(fragrance_items.c.id, fragrance_items.c.kind, fragrance_items.c.document).where(
    fragrance_items.c.id.in_(bindparam("ids", expanding=True)), fragrance_items.c.removed_at.is_(None)
)


@dataclass(frozen=True)
class FoundFormula:
    """What a search shows of a formula: no amounts. materials: names of what it is made of, as weighed."""

    id: str
    name: str
    owner: str
    version: int
    state: str
    is_accord: bool
    is_sample: bool
    materials: tuple[str, ...]


Row = Perfume | Material | FoundFormula
Key = tuple[Collection, str]


def rows_of(keys: Sequence[Key], principal: Principal) -> dict[Key, Row]:
    """Those that are still there and may be read."""
    found: dict[Key, Row] = {}
    perfumes = [one for kind, one in keys if kind == PERFUMES]
    if perfumes:
        # By ids alone: asked for the kind too, SQLite goes through every perfume there is.
        with reading() as connection:
            rows = connection.execute(ITEMS, {"ids": perfumes}).all()
        found |= {(PERFUMES, row.id): perfume_of(row.document) for row in rows if row.kind == "perfume"}
    catalogue = current_catalogue() if any(kind != PERFUMES for kind, _ in keys) else Catalogue(0, {})
    for kind, one in keys:
        if kind == MATERIALS and one in catalogue.materials:
            found[MATERIALS, one] = catalogue.materials[one]
    recipes = [one for kind, one in keys if kind == RECIPES]
    if recipes and is_allowed(principal, Permission.FRAGRANCE_FORMULA):
        found |= _formulas(recipes, catalogue, principal)
    return found


def _formulas(ids: Sequence[str], catalogue: Catalogue, principal: Principal) -> dict[Key, Row]:
    wanted = (
        select(formulas, versions.c.lines)
        .join(versions, (versions.c.formula_id == formulas.c.id) & (versions.c.number == formulas.c.version))
        .where(formulas.c.id.in_(ids), formulas.c.removed_at.is_(None))
        .where(or_(visible(formulas, principal), formulas.c.is_public))
    )
    with reading() as connection:
        rows = connection.execute(wanted).all()
    found: dict[Key, Row] = {}
    for row in rows:
        held = (catalogue.materials.get(str(one)) for one, _ in row.lines if not str(one).startswith(ACCORD))
        names = tuple(one.name_en for one in held if one is not None)
        found[RECIPES, row.id] = FoundFormula(
            row.id, row.name, row.owner, row.version, row.state, row.is_accord, row.is_sample, names
        )
    return found
