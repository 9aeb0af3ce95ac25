"""A small catalogue and formulas of it for the tests of formulas; prices are chosen to be worked out by head."""

from __future__ import annotations

from datetime import date

from core.fragrance.amounts import milligrams
from core.fragrance.catalogue.materials import Catalogue, Kind, Material, Position, Price
from core.fragrance.formulas.formula import Formula, Line

ON = date(2026, 1, 15)


def material(
    material_id: str, name_en: str, name_ko: str, *, cas: str | None = None, per_kg: float | None = 100.0,
    position: Position = "heart", kind: Kind = "molecule", currency: str = "KRW", is_sample: bool = False,
) -> Material:  # fmt: skip
    price = None if per_kg is None else Price(per_kg, currency, ON, "a quotation", is_sample)
    return Material(material_id, name_en, name_ko, kind, cas, "floral", position, price=price)


CATALOGUE = Catalogue(
    1,
    {
        one.id: one
        for one in (
            material("bergamot_oil", "Bergamot oil", "베르가못 오일", cas="8007-75-8", position="top", kind="natural"),
            material("linalool", "Linalool", "리날로올", cas="78-70-6", position="top", per_kg=50.0),
            material("hedione", "Methyl dihydrojasmonate", "메틸 디히드로자스모네이트", cas="24851-98-7", per_kg=200.0),
            material("iso_e_super", "Iso E Super", "이소 이 수퍼", cas="54464-57-2", position="base", per_kg=300.0),
            material("vanillin", "Vanillin", "바닐린", cas="121-33-5", position="base", per_kg=None),
            material(
                "orris", "Orris butter", "오리스 버터", position="base", kind="natural", per_kg=9.0, currency="EUR"
            ),
            material("dpg", "Dipropylene glycol", "디프로필렌 글리콜", cas="25265-71-8", kind="solvent", per_kg=10.0),
            material("ethanol", "Ethanol", "에탄올", cas="64-17-5", kind="solvent", per_kg=5.0),
            material("linalool_natural", "Linalool from ho wood", "호우드 리날로올", cas="78-70-6", position="top"),
        )
    },
)


def formula(**shares: float) -> Formula:
    """Percent by material id; `accord_ID` stands for the accord."""
    return Formula(
        tuple(Line(name.replace("accord_", "accord:", 1), milligrams(share)) for name, share in shares.items())
    )
