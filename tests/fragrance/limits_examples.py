"""Small materials, formulas and tables whose figures can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from core.fragrance.catalogue.materials import Catalogue, Constituent, Kind, Material
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.limits.rules import LimitTable, Rule
from core.fragrance.products import CATEGORIES

LINALOOL, LIMONENE, CITRAL, COUMARIN, MOSS = "78-70-6", "5989-27-5", "5392-40-5", "91-64-5", "90028-68-5"
MUSK = "105-95-3"  # ethylene brassylate: nothing is to be labelled of it


def material(
    id: str, cas: str | None, holds: Mapping[str, float] | None = None, *, kind: Kind = "molecule"
) -> Material:  # fmt: skip
    """holds: percent of the material by CAS number; None where the constituents are not known."""
    parts = None if holds is None else tuple(Constituent(one, one, share, "test") for one, share in holds.items())
    return Material(id, id, id, kind, cas, "floral", "heart", constituents=parts)


def catalogue(*materials: Material) -> Catalogue:
    return Catalogue(1, {one.id: one for one in materials})


CATALOGUE = catalogue(
    material("linalool", LINALOOL, {}),
    material("bergamot", "8007-75-8", {LIMONENE: 40.0, LINALOOL: 15.0, CITRAL: 0.5}, kind="natural"),
    material("lavender", "8000-28-0", {LINALOOL: 35.0}, kind="natural"),
    material("oakmoss", MOSS, {}, kind="natural"),
    material("musk", MUSK, {}),
    material("ethanol", "64-17-5", {}, kind="solvent"),
    material("old_base", None, None, kind="base"),
    material("rose_base", None, {CITRAL: 2.0}, kind="base"),
)


def formula(**shares: float) -> Formula:
    """Percent by ingredient; `accord_NAME` stands for `accord:NAME`. What is left to 100 is musk."""
    lines = [Line(name.replace("accord_", "accord:"), round(share * 1000)) for name, share in shares.items()]
    rest = 100_000 - sum(line.amount_mg for line in lines)
    return Formula((*lines, Line("musk", rest)) if rest else tuple(lines))


def everywhere(limit: float) -> dict[str, float]:
    return dict.fromkeys(CATEGORIES, limit)


def limit(cas: str, most: float | Mapping[str, float], **more: str) -> Rule:
    return Rule(f"limit {cas}", "limit", cas, (cas,), everywhere(most) if isinstance(most, float) else most, **more)


def table(*rules: Rule, is_sample: bool = False) -> LimitTable:
    return LimitTable("test", "Test", "1", date(2025, 1, 1), rules, is_sample, "test")
