"""The shipped sample table on the shipped catalogue."""

from __future__ import annotations

import numpy as np
import pytest

from core.fragrance.catalogue.shipped import shipped_catalogue
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.limits.checking import LimitsReport, check
from core.fragrance.limits.rows import limit_rows
from core.fragrance.limits.rules import RULE_KINDS
from core.fragrance.limits.shipped import sample_table
from core.fragrance.products import FINE_FRAGRANCE, Product

FINE = Product(FINE_FRAGRANCE, 20.0)


def checked(product: Product = FINE, **shares: float) -> LimitsReport:
    """Percent by material, hyphens written as underscores."""
    lines = [Line(name.replace("_", "-"), round(share * 1000)) for name, share in shares.items()]
    return check(Formula(tuple(lines)), product, catalogue=shipped_catalogue(), table=sample_table(), accords={})


def test_when_the_sample_table_is_read_then_it_is_labelled_and_has_every_kind_of_rule() -> None:
    table = sample_table()

    assert table.is_sample
    assert {rule.kind for rule in table.rules} == set(RULE_KINDS)
    assert all("sample" in f"{rule.name} {rule.note}".casefold() for rule in table.rules)


def test_when_a_formula_is_checked_against_the_sample_table_then_the_report_says_that_it_is_one() -> None:
    report = checked(bergamot_oil=10, linalool=90)

    assert "fragrance_limits.sample_table" in {one.key for one in report.notes}


def test_when_bergamot_is_used_in_fine_fragrance_then_its_furocoumarin_is_found_in_it() -> None:
    material = shipped_catalogue().get("bergamot-oil")
    bergapten = next(one.share for one in material.constituents or () if one.cas == "484-20-8")

    report = checked(bergamot_oil=30, linalool=70)

    result = next(one for one in report.results if one.rule.id == "furocoumarins")
    assert result.product_share == pytest.approx(0.30 * bergapten * 0.20)
    assert result.verdict == ("fail" if result.product_share > result.rule.limits["4"] else "pass")
    assert [one.line for one in result.contributions] == ["bergamot-oil"]


def test_when_every_shipped_material_is_checked_alone_then_only_what_is_known_can_pass() -> None:
    catalogue = shipped_catalogue()
    reports = {one: checked(**{one.replace("-", "_"): 100}) for one in catalogue.materials}

    unknown = {one for one, report in reports.items() if report.unknown}
    assert unknown == {one.id for one in catalogue.materials.values() if one.constituents is None}
    assert not any(reports[one].verdict == "pass" for one in unknown)
    assert {report.verdict for report in reports.values()} == {"pass", "fail", "unknown"}


def test_when_rows_are_made_of_the_shipped_catalogue_then_they_agree_with_each_material_alone() -> None:
    materials = tuple(shipped_catalogue().materials.values())
    rows = limit_rows(materials, sample_table(), FINE)

    alone = rows.coefficients * 100
    over = {materials[place].id for place in np.nonzero((alone > rows.bounds[:, None] * (1 + 1e-9)).any(axis=0))[0]}
    assert over == {one.id for one in materials if checked(**{one.id.replace("-", "_"): 100}).failures}
