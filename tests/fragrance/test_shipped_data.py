"""The data of perfumery that is shipped: whole, sourced, plausible, and free of slips that a table makes easy."""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from statistics import linear_regression, median

import pytest
from scipy.stats import spearmanr

from core.fragrance.catalogue.materials import KINDS, POSITIONS
from core.fragrance.limits.rules import RULE_KINDS
from core.fragrance.products import CATEGORIES, FINE_FRAGRANCE, Product
from core.fragrance.vocabulary import ids

FRAGRANCE = Path(__file__).resolve().parents[2] / "core" / "fragrance"
SOURCED = ("identity", "odour", "volatility", "use", "price", "constituents")
GUIDE = ("history", "technique", "note", "accord", "perfumer")
Row = dict[str, str]


@cache
def rows(name: str) -> tuple[Row, ...]:
    with (FRAGRANCE / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


MATERIALS = rows("catalogue/materials.csv")
CONSTITUENTS = rows("catalogue/constituents.csv")
SOURCES = {row["key"] for row in rows("catalogue/sources.csv")}
RULES = rows("limits/sample_rules.csv")
ALLERGENS = rows("limits/allergens.csv")


def listed(cell: str) -> list[str]:
    return [one for one in cell.split(";") if one]


def is_cas(number: str) -> bool:
    """The last digit of a CAS number is the sum of the others, each times its place from the right, modulo 10."""
    if not re.fullmatch(r"[1-9]\d{1,6}-\d\d-\d", number):
        return False
    *digits, check = (int(one) for one in number if one.isdigit())
    return sum(place * digit for place, digit in enumerate(reversed(digits), 1)) % 10 == check


def held(material: Row) -> dict[str, float]:
    """Percent of the material by CAS number, itself included."""
    found: dict[str, float] = {material["cas"]: 100.0} if material["cas"] else {}
    for row in CONSTITUENTS:
        if row["material"] == material["id"]:
            found[row["cas"]] = min(100.0, found.get(row["cas"], 0.0) + float(row["share"]))
    return found


def pressures(**wanted: str) -> list[float]:
    """Vapour pressures of the materials with these values, in Pa, where known; solvents left out."""
    return [
        float(row["vapour_pressure_pa"])
        for row in MATERIALS
        if row["vapour_pressure_pa"] and row["kind"] != "solvent" and all(row[key] == wanted[key] for key in wanted)
    ]


def test_when_materials_are_listed_then_each_is_named_once_in_both_languages() -> None:
    for column in ("id", "name_en", "name_ko", "description_en", "description_ko"):
        values = [row[column] for row in MATERIALS]
        assert all(values), column
        assert len(values) == len(set(values)), column
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["id"]) for row in MATERIALS)
    assert all(re.search("[가-힣]", row["name_ko"] + row["description_ko"]) for row in MATERIALS)


def test_when_a_cas_number_is_given_then_its_check_digit_is_right() -> None:
    given = [row["cas"] for row in (*MATERIALS, *CONSTITUENTS) if row["cas"]]
    given += [cas for row in RULES for cas in listed(row["substances"])]
    given += [cas for row in ALLERGENS for cas in listed(row["cas"])]
    assert [cas for cas in given if not is_cas(cas)] == []


def test_when_a_material_has_a_cas_number_then_no_other_material_has_it() -> None:
    numbers = [row["cas"] for row in MATERIALS if row["cas"]]
    assert len(numbers) == len(set(numbers))
    assert {row["kind"] for row in MATERIALS if not row["cas"]} == {"base"}


def test_when_words_classify_a_material_then_they_are_of_the_vocabulary() -> None:
    for row in MATERIALS:
        assert row["family"] in ids("material_family"), row["id"]
        assert row["position"] in POSITIONS, row["id"]
        assert set(listed(row["odour"])) <= set(ids("odour")), row["id"]
        assert row["odour"] or row["kind"] == "solvent", row["id"]
        assert row["strength"] in {"0", "1", "2", "3", "4"}, row["id"]
        assert {row["volatility_is_estimated"], row["constituents_known"]} <= {"yes", "no"}, row["id"]


def test_when_materials_are_counted_by_kind_then_every_kind_and_enough_of_the_real_ones_are_there() -> None:
    count = {kind: sum(row["kind"] == kind for row in MATERIALS) for kind in KINDS}
    assert sum(count.values()) == len(MATERIALS) >= 130
    assert min(count.values()) >= 1
    assert count["natural"] >= 45
    assert count["molecule"] >= 75


def test_when_shares_are_given_then_the_usual_one_is_below_the_highest() -> None:
    for row in MATERIALS:
        assert 0 < float(row["usual_share"]) <= float(row["highest_share"]) <= 100, row["id"]


def test_when_a_price_is_given_then_it_is_a_dated_sample() -> None:
    for row in MATERIALS:
        assert float(row["price_per_kg"]) > 0, row["id"]
        assert (row["currency"], row["price_date"], row["source_price"]) == ("KRW", "2026-11-01", "sample"), row["id"]
        assert float(row["stock_g"]) >= 0, row["id"]


def test_when_facts_are_given_then_their_source_is_listed() -> None:
    for row in MATERIALS:
        named = {group: row[f"source_{group}"] for group in SOURCED}
        assert {key for key in named.values() if key} <= SOURCES, row["id"]
        assert named["identity"], row["id"]
        assert named["odour"], row["id"]
        assert named["use"], row["id"]
        physical = row["vapour_pressure_pa"] or row["boiling_point_c"] or row["molar_mass"]
        assert bool(named["volatility"]) == bool(physical), row["id"]
        assert bool(named["constituents"]) == (row["constituents_known"] == "yes"), row["id"]
    assert {row["source"] for row in CONSTITUENTS} <= SOURCES
    real = [row for row in MATERIALS if row["source_identity"] not in {"estimate", "sample"}]
    assert len(real) >= 120


def test_when_a_source_is_listed_then_it_says_how_far_it_was_used() -> None:
    sources = rows("catalogue/sources.csv")
    assert len(sources) == len(SOURCES)
    assert all(row["title"] and row["publisher"] and row["note"] for row in sources)


def test_when_a_pressure_is_called_measured_then_a_reference_work_is_named() -> None:
    for row in MATERIALS:
        if row["volatility_is_estimated"] == "no":
            assert row["vapour_pressure_pa"], row["id"]
            assert row["source_volatility"] not in {"", "estimate", "sample"}, row["id"]


def test_when_vapour_pressures_are_given_then_they_fall_as_boiling_points_rise() -> None:
    pairs = [
        (float(row["boiling_point_c"]), float(row["vapour_pressure_pa"]))
        for row in MATERIALS
        if row["kind"] == "molecule" and row["boiling_point_c"] and row["vapour_pressure_pa"]
    ]
    assert len(pairs) >= 50
    boiling, pressure = zip(*pairs, strict=True)
    assert min(pressure) > 0
    assert spearmanr(boiling, pressure).statistic < -0.9


def test_when_a_pressure_is_compared_with_those_of_like_boiling_points_then_none_is_orders_of_magnitude_off() -> None:
    """A pressure wrong by a factor of a hundred would spoil evaporation curves, and no ranking would show it."""
    known = [row for row in MATERIALS if row["kind"] == "molecule" and row["boiling_point_c"]]
    known = [row for row in known if row["vapour_pressure_pa"]]
    boiling = [float(row["boiling_point_c"]) for row in known]
    decades = [math.log10(float(row["vapour_pressure_pa"])) for row in known]
    slope, start = linear_regression(boiling, decades)
    off = {row["id"]: ten - (start + slope * at) for row, at, ten in zip(known, boiling, decades, strict=True)}
    # Polar solids such as vanillin lie lower than esters of the same boiling point.
    assert {name: round(by, 2) for name, by in off.items() if abs(by) > 1.3} == {}


def test_when_positions_are_compared_then_top_is_more_volatile_than_heart_and_heart_than_base() -> None:
    top, heart, base = (median(pressures(position=position)) for position in POSITIONS)
    assert top > 3 * heart > 9 * base


def test_when_a_pressure_is_not_known_then_some_materials_say_so() -> None:
    assert sum(not row["vapour_pressure_pa"] for row in MATERIALS) >= 5


def test_when_a_natural_is_listed_then_its_constituents_are_or_it_says_unknown() -> None:
    with_parts = {row["material"] for row in CONSTITUENTS}
    naturals = [row for row in MATERIALS if row["kind"] == "natural"]
    assert with_parts <= {row["id"] for row in MATERIALS if row["constituents_known"] == "yes"}
    free = {row["id"] for row in naturals if row["constituents_known"] == "yes"} - with_parts
    assert free == {"vetiver-oil", "cedarwood-virginia", "guaiacwood-oil"}  # oils of sesquiterpenes, none regulated
    assert sum(row["constituents_known"] == "no" for row in naturals) >= 3
    assert all(row["constituents_known"] == "no" for row in MATERIALS if row["kind"] == "base")


def test_when_constituents_are_added_up_then_no_material_holds_more_than_itself() -> None:
    total: dict[str, float] = defaultdict(float)
    for row in CONSTITUENTS:
        assert 0 < float(row["share"]) <= 100, row
        total[row["material"]] += float(row["share"])
    assert max(total.values()) <= 100
    pairs = [(row["material"], row["cas"]) for row in CONSTITUENTS]
    assert len(pairs) == len(set(pairs))


def test_when_a_constituent_occurs_in_several_materials_then_name_and_number_belong_together() -> None:
    pairs = {(row["cas"], row["name"]) for row in CONSTITUENTS}
    assert len(pairs) == len({cas for cas, _ in pairs}) == len({name for _, name in pairs})


def test_when_sample_rules_are_listed_then_every_kind_is_there_and_says_that_it_is_a_sample() -> None:
    assert {row["kind"] for row in RULES} == set(RULE_KINDS)
    assert len({row["rule"] for row in RULES}) == len(RULES) >= 30
    assert {(row["amendment"], row["amended_on"]) for row in RULES} == {("SAMPLE-1", "2026-11-01")}
    assert all("(sample)" in row["name"] and "ample" in row["note"] for row in RULES)


def test_when_a_sample_rule_is_read_then_it_has_what_its_kind_asks_for() -> None:
    for row in RULES:
        given = [float(row[category]) for category in CATEGORIES if row[category]]
        assert all(0 < one <= 100 for one in given), row["rule"]
        assert len(given) >= 17 if row["kind"] in {"limit", "group"} else not given, row["rule"]
        assert (row["kind"] == "specification") == bool(row["specification"]), row["rule"]
        count = len(listed(row["substances"]))
        assert count == 1 if row["kind"] in {"limit", "prohibited"} else count >= 1, row["rule"]
        assert count >= 2 or row["kind"] != "group", row["rule"]


@pytest.mark.parametrize("rule", [row for row in RULES if row[FINE_FRAGRANCE]], ids=lambda row: row["rule"])
def test_when_a_material_stands_at_its_usual_share_then_fine_fragrance_of_15_percent_is_within_the_rule(
    rule: Row,
) -> None:
    dosage = Product().dosage / 100
    substances = listed(rule["substances"])
    for material in MATERIALS:
        share = min(100.0, sum(held(material).get(cas, 0.0) for cas in substances))
        in_product = share / 100 * float(material["usual_share"]) * dosage
        assert in_product <= float(rule[FINE_FRAGRANCE]), material["id"]


def test_when_something_is_prohibited_then_one_material_shows_it_and_no_other_holds_it() -> None:
    prohibited = {row["substances"] for row in RULES if row["kind"] == "prohibited"}
    assert [row["id"] for row in MATERIALS if prohibited & held(row).keys()] == ["lilial"]


def test_when_allergens_are_listed_then_both_regulations_are_there_with_their_dates() -> None:
    by_date = defaultdict(list)
    for row in ALLERGENS:
        assert row["name"]
        by_date[(row["regulation"], row["on"])].append(row["name"])
    assert {on: len(names) for (_, on), names in by_date.items()} == {"2013-07-11": 24, "2023-08-16": 52}
    numbers = [cas for row in ALLERGENS for cas in listed(row["cas"])]
    assert len(numbers) == len(set(numbers))
    assert {"78-70-6", "5989-27-5", "91-64-5", "115-95-7", "121-33-5"} <= set(numbers)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("category", GUIDE)
def test_when_the_guide_is_opened_then_each_category_has_passages_under_headings(language: str, category: str) -> None:
    text = (FRAGRANCE / "guide" / language / f"{category}.md").read_text("utf-8")
    headings = re.findall(r"^## .+$", text, flags=re.MULTILINE)
    passages = [one.strip() for one in re.split(r"^#+ .+$", text, flags=re.MULTILINE) if one.strip()]
    assert text.startswith("# ")
    assert len(set(headings)) == len(headings) >= 4
    assert all(len(passage) > 80 for passage in passages)
    assert len(text.split()) >= (230 if language == "ko" else 350)


@pytest.mark.parametrize("category", GUIDE)
def test_when_the_guide_is_compared_between_languages_then_it_has_the_same_passages(category: str) -> None:
    one, other = (
        len(re.findall(r"^## ", (FRAGRANCE / "guide" / language / f"{category}.md").read_text("utf-8"), re.MULTILINE))
        for language in ("ko", "en")
    )
    assert one == other


def test_when_cas_numbers_are_looked_up_in_the_glossary_then_nearly_all_stand_in_it(shared_datasets: Path) -> None:
    with (shared_datasets / "fragrance" / "ifra_2019_glossary.csv").open(encoding="utf-8", errors="replace") as file:
        glossary = {row["CAS number"]: row["Principal name"] for row in csv.DictReader(file)}
    ours = [row for row in MATERIALS if row["cas"]]
    found = [row for row in ours if row["cas"] in glossary]
    assert (len(found), len(ours)) == (195, 204)
    molecules = [row for row in found if row["kind"] == "molecule"]
    alike = [row["id"] for row in molecules if tokens(row["name_en"]) & tokens(glossary[row["cas"]])]
    # The others go by a trade name here (Calone, Iso E Super) or by a systematic name there.
    assert len(alike) >= 0.55 * len(molecules)


def tokens(name: str) -> set[str]:
    """The telling words of a chemical name: no prefixes, no numbers, none that many substances share."""
    words = set(re.findall(r"[a-z]{4,}", name.casefold().replace("phenyleth", "pheneth").replace("cinnamic", "cinnam")))
    return words - {"alpha", "beta", "gamma", "trans", "acid", "methyl", "ethyl", "alcohol", "aldehyde", "acetate"}
