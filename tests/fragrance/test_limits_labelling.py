"""Allergens that have to be named on the label of the finished product."""

from __future__ import annotations

import pytest

from core.fragrance.catalogue.cas import cas_number
from core.fragrance.limits.checking import LimitsReport, check
from core.fragrance.limits.labelling import allergens, threshold
from core.fragrance.products import Category, Product
from tests.fragrance.limits_examples import CATALOGUE, CITRAL, catalogue, formula, material, table


def labelled(product: Product, **shares: float) -> LimitsReport:
    return check(formula(**shares), product, catalogue=CATALOGUE, table=table(), accords={})


def named(report: LimitsReport) -> dict[str, bool | None]:
    return {one.name: one.must_be_named for one in report.labels}


@pytest.mark.parametrize(
    ("category", "dosage", "must_be_named"),
    [
        ("4", 0.1, False),  # 1 % of the concentrate at 0.1 % is 0.001 %: the threshold itself
        ("4", 0.101, True),
        ("9", 0.101, False),
        ("9", 1.0, False),
        ("9", 1.01, True),
    ],
)
def test_when_an_allergen_exceeds_the_threshold_of_the_product_then_it_must_be_named(
    category: Category, dosage: float, must_be_named: bool
) -> None:
    report = labelled(Product(category, dosage), linalool=1)

    assert named(report) == {"Linalool": must_be_named}
    assert report.labels[0].product_share == pytest.approx(dosage / 100)
    assert report.labels[0].threshold == (0.001 if category == "4" else 0.01)


def test_when_a_natural_holds_allergens_then_the_largest_comes_first_with_its_line() -> None:
    report = labelled(Product("4", 20.0), bergamot=10)

    assert [(one.name, pytest.approx(one.product_share)) for one in report.labels] == [
        ("Citrus Aurantium Bergamia Peel Oil", 2.0),  # the oil itself is one
        ("Limonene", 0.8),
        ("Linalool", 0.3),
        ("Citral", 0.01),
    ]
    assert {line.line for one in report.labels for line in one.contributions} == {"bergamot"}


def test_when_isomers_have_cas_numbers_of_their_own_then_they_are_one_allergen() -> None:
    isomers = catalogue(
        material("citral", CITRAL, {}), material("geranial", "141-27-5", {}), *CATALOGUE.materials.values()
    )

    report = check(formula(citral=1, geranial=2), Product("4", 10.0), catalogue=isomers, table=table(), accords={})

    assert [(one.name, pytest.approx(one.product_share)) for one in report.labels] == [("Citral", 0.3)]
    assert [one.line for one in report.labels[0].contributions] == ["geranial", "citral"]


def test_when_constituents_are_not_known_then_an_allergen_under_the_threshold_cannot_be_left_unnamed() -> None:
    report = labelled(Product("4", 0.05), linalool=1, rose_base=10, old_base=5)

    assert named(report) == {"Citral": None, "Linalool": None}
    assert named(labelled(Product("4", 0.2), linalool=1, old_base=5)) == {"Linalool": True}
    assert [one.key for one in report.notes] == ["fragrance.advice", "fragrance_limits.part_unknown"]
    assert "old_base" in report.notes[1].text("ko")


def test_when_a_product_is_not_on_the_skin_then_no_label_is_made_and_the_report_says_why() -> None:
    report = labelled(Product("12", 20.0), linalool=50)

    assert report.labels == ()
    assert threshold("12") is None
    assert [one.key for one in report.notes] == ["fragrance.advice", "fragrance_limits.not_on_skin"]


def test_when_allergens_are_shipped_then_each_has_valid_numbers_a_regulation_and_stands_once() -> None:
    shipped = allergens()

    assert len({one.name for one in shipped}) == len(shipped) > 70
    assert all(cas_number(cas) == cas for one in shipped for cas in one.cas)
    assert all(one.cas and one.regulation for one in shipped)
