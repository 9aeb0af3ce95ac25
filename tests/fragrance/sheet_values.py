"""Contents of compounding sheets, short and long, with a report of limits made by hand."""

from __future__ import annotations

from datetime import date

from core.fragrance.amounts import WHOLE_MG
from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Material
from core.fragrance.formulas.apportioning import apportioned
from core.fragrance.formulas.batches import batch_of
from core.fragrance.formulas.compounding_sheet import SheetContent
from core.fragrance.formulas.finishing import finished_product
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.limits.checking import Contribution, LabelLine, LimitsReport, RuleResult
from core.fragrance.limits.rules import LimitTable, Rule
from core.fragrance.products import Product
from tests.fragrance.formula_values import CATALOGUE, formula

ON = date(2026, 3, 2)
PRODUCT = Product("4", 15)
RULE = Rule("r1", "limit", "Linalool (sample)", ("78-70-6",), {"4": 1.0})
TABLE = LimitTable("t", "Sample limits", "0", date(2026, 1, 1), (RULE,), True, "made by hand")


def report(verdict: str = "fail") -> LimitsReport:
    contributions = (Contribution("linalool", 3.0), Contribution("bergamot_oil", 0.375, ("bergamot_oil",)))
    results = (RuleResult(RULE, "fail", 3.375, 1.0, contributions),) if verdict == "fail" else ()
    labels = (
        LabelLine("Linalool", ("78-70-6",), 3.375, 0.001, True, contributions),
        LabelLine("Limonene", ("5989-27-5",), 0.0, 0.001, None, ()),
    )
    return LimitsReport(verdict, TABLE, PRODUCT, results, labels, ("vanillin",))  # type: ignore[arg-type]


def short(language_name: str = "Rose trial") -> SheetContent:
    made = formula(
        bergamot_oil=20, linalool=20, hedione=25, iso_e_super=14.8, vanillin=0.2, accord_a1=10, orris=2, dpg=8
    )
    return SheetContent(
        language_name, 3, ON, "Perfume room", made, batch_of(made, 20, catalogue=CATALOGUE), report(),
        finished_product(PRODUCT), {"a1": "White rose"},
    )  # fmt: skip


def long(lines: int) -> tuple[SheetContent, Catalogue]:
    """A formula of so many lines of made-up materials, some with long names."""
    materials = {
        f"m{place}": Material(
            f"m{place}", f"Material number {place}" + " with a name that goes on and on" * (place % 7 == 0),
            f"원료 {place}번" + " 이름이 길어서 두 줄로 넘어가는 원료" * (place % 7 == 0), "molecule",
            f"{1000 + place}-00-0", "woody", POSITIONS[place % 3],
        )
        for place in range(1, lines + 1)
    }  # fmt: skip
    shares = apportioned([1 + place % 9 for place in range(lines)], WHOLE_MG)
    made = Formula(tuple(Line(name, share) for name, share in zip(materials, shares, strict=True)))
    catalogue = Catalogue(1, materials)
    batch = batch_of(made, 250, catalogue=catalogue)
    return SheetContent("Long trial", 1, ON, "Perfume room", made, batch), catalogue
