"""A brief that cannot be met is answered with the demands that exclude each other, and with no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.errors import BadInput
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import generate
from core.fragrance.limits.rules import LimitTable, Rule
from core.fragrance.products import Product
from core.knowledge.notices import notice_of
from tests.fragrance.generation_draws import NO_LIMITS, table_of
from tests.fragrance.small_catalogue import small_catalogue

EASY = Brief(family="floral", odour={"rose": 1.0}, complexity="simple", alternatives=1)
GERANIOL = Rule("geraniol", "limit", "Geraniol", ("106-24-1",), {"4": 0.02})


def refused(brief: Brief, *, catalogue: Catalogue | None = None, table: LimitTable = NO_LIMITS) -> BadInput:
    with pytest.raises(BadInput) as raised:
        generate(brief, catalogue=catalogue or small_catalogue(), table=table, accords={})
    return raised.value


def groups(error: BadInput) -> set[str]:
    return set(str(error.details["groups"]).split(", "))


@pytest.mark.parametrize(
    ("change", "table", "expected"),
    [
        ({"budget_per_kg": 3_000.0}, NO_LIMITS, {"budget"}),
        ({"budget_per_kg": 21_000.0, "wanted": ("rose_base",)}, NO_LIMITS,
         {"budget", "intensity", "wanted:rose_base"}),
        ({"wanted": ("geraniol",)}, table_of(GERANIOL), {"limit:geraniol", "wanted:geraniol"}),
        ({"complexity": "complex"}, NO_LIMITS, {"lines"}),
        ({"excluded": ("vanillin", "galaxolide", "cedar_ketone")}, NO_LIMITS, {"lines", "excluded"}),
        ({"stock_is_limit": True}, NO_LIMITS, {"stock"}),
        ({"batch_g": 0.1, "complexity": "medium"}, NO_LIMITS, {"lines"}),
    ],
)  # fmt: skip
def test_when_demands_exclude_each_other_then_these_are_named(
    change: dict[str, Any], table: LimitTable, expected: set[str]
) -> None:
    error = refused(replace(EASY, **change), table=table)

    assert error.key == "fragrance_generation.brief_infeasible"
    assert groups(error) == expected


def test_when_budget_and_material_exclude_each_other_then_one_sentence_says_so_in_both_languages() -> None:
    error = refused(replace(EASY, budget_per_kg=20_000.0, wanted=("vetiver_oil",)))

    assert "a budget of 20,000 KRW per kg" in error.text("en")
    assert "kg당 20,000 KRW 예산" in error.text("ko")
    assert notice_of(error).text("ko") == error.text("ko")


def test_when_dropping_one_named_demand_then_the_brief_can_be_met() -> None:
    brief = replace(EASY, wanted=("geraniol",))
    assert groups(refused(brief, table=table_of(GERANIOL))) == {"limit:geraniol", "wanted:geraniol"}

    for mended, table in ((replace(brief, wanted=()), table_of(GERANIOL)), (brief, NO_LIMITS)):
        assert generate(mended, catalogue=small_catalogue(), table=table, accords={}).alternatives


def test_when_a_wanted_material_cannot_be_weighed_for_the_batch_then_both_are_named() -> None:
    materials = dict(small_catalogue().materials)
    materials["vanillin"] = replace(materials["vanillin"], highest_share=1.0)
    error = refused(replace(EASY, wanted=("vanillin",), batch_g=0.5), catalogue=Catalogue(1, materials))

    assert groups(error) == {"batch", "wanted:vanillin"}


def test_when_a_prohibited_material_is_wanted_then_its_rule_is_named() -> None:
    ban = Rule("ban", "prohibited", "Ban of vanillin", ("121-33-5",))
    error = refused(replace(EASY, wanted=("vanillin",)), table=table_of(ban))

    assert error.key == "fragrance_generation.prohibited_wanted"
    assert "Ban of vanillin" in error.text("ko")
    assert "바닐린" in error.text("ko")


def test_when_a_prohibited_material_is_not_wanted_then_it_stays_out() -> None:
    ban = Rule("ban", "prohibited", "Ban of limonene", ("5989-27-5",))
    made = generate(EASY, catalogue=small_catalogue(), table=table_of(ban), accords={})

    used = {line.ingredient for line in made.alternatives[0].formula.lines}
    assert not used & {"limonene", "bergamot_oil"}  # the oil holds limonene


def test_when_the_catalogue_cannot_fill_a_formula_then_that_is_said() -> None:
    few = Catalogue(1, {"vanillin": small_catalogue().get("vanillin")})

    assert refused(EASY, catalogue=few).key == "fragrance_generation.catalogue_too_small"


def test_when_the_catalogue_is_empty_then_that_is_said() -> None:
    assert refused(EASY, catalogue=Catalogue(1, {})).key == "fragrance_generation.catalogue_too_small"


def test_when_the_dosage_makes_a_limit_bind_then_the_sentence_tells_the_product() -> None:
    brief = replace(EASY, wanted=("geraniol",), product=Product("4", 100.0))
    error = refused(brief, table=table_of(replace(GERANIOL, limits={"4": 0.5})))

    assert "the limit 'Geraniol' (category 4, 100 % concentrate)" in error.text("en")
