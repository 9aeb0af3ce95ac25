"""The scales of the validator on the materials that are shipped: a cologne is short, a resinous perfume long."""

from __future__ import annotations

import pytest

from core.fragrance.catalogue.shipped import shipped_catalogue
from core.fragrance.products import Product
from core.fragrance.validation.validating import Validation, validate, validate_names
from tests.fragrance.validation_examples import formula

COLOGNE = {
    "bergamot-oil": 28.0, "lemon-oil": 22.0, "sweet-orange-oil": 10.0, "petitgrain-oil": 10.0, "neroli-oil": 6.0,
    "lavender-oil": 6.0, "rosemary-oil": 4.0, "linalool": 6.0, "linalyl-acetate": 6.0, "galaxolide": 2.0,
}  # fmt: skip
RESINOUS = {
    "bergamot-oil": 8.0, "linalool": 6.0, "phenylethyl-alcohol": 8.0, "methyl-dihydrojasmonate": 12.0,
    "patchouli-oil": 12.0, "labdanum-resinoid": 12.0, "benzoin-resinoid": 16.0, "vanillin": 8.0, "coumarin": 6.0,
    "galaxolide": 12.0,
}  # fmt: skip


def validated(shares: dict[str, float], dosage: float) -> Validation:
    return validate(formula(**shares), Product("4", dosage), catalogue=shipped_catalogue(), accords={})


def test_when_a_cologne_is_light_then_it_lasts_under_three_hours() -> None:
    found = validated(COLOGNE, 4.0)

    assert found.longevity_h is not None
    assert found.longevity_h < 3.0
    assert found.sillage_word in {"weak", "moderate"}
    assert "fragrance_validation.top_heavy" in {one.key for one in found.risks}


def test_when_the_base_is_resinous_then_it_lasts_over_six_hours() -> None:
    found = validated(RESINOUS, 18.0)

    assert found.longevity_h is not None
    assert found.longevity_h > 6.0


@pytest.mark.parametrize("shares", [COLOGNE, RESINOUS])
def test_when_naturals_are_estimated_then_confidence_is_under_one_and_differs(shares: dict[str, float]) -> None:
    assert 0.5 < validated(shares, 15.0).confidence < 0.95
    assert validated(COLOGNE, 15.0).confidence != validated(RESINOUS, 15.0).confidence


def test_when_names_of_the_catalogue_are_inverted_then_they_score_lower() -> None:
    layers = (
        ["bergamot oil", "lemon oil, cold pressed"],
        ["phenylethyl-alcohol", "rose absolute"],
        ["vanillin", "galaxolide"],
    )

    right = validate_names(*layers, shipped_catalogue())
    inverted = validate_names(*layers[::-1], shipped_catalogue())

    assert right.unknown == inverted.unknown == ()
    assert right.score is not None
    assert inverted.score is not None
    assert inverted.score < right.score


def test_when_notes_are_named_as_perfumes_tell_them_then_the_plain_material_is_taken_and_told() -> None:
    found = validate_names(["bergamot", "레몬"], ["rose", "jasmine"], ["sandalwood", "musk"], shipped_catalogue())

    assert found.unknown == ("musk",)  # many materials are musks; none of them is meant more than another
    assert set(found.evaporation.left) == {
        "bergamot-oil", "lemon-oil", "rose-oil", "jasmine-absolute", "sandalwood-australian",
    }  # fmt: skip
    read = next(one for one in found.assumptions if one.key == "fragrance_validation.read_as")
    assert "rose → rose oil" in read.text("en")
