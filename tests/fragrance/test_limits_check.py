"""The check of limits, with figures that can be worked out by hand."""

from __future__ import annotations

import pytest

from core.errors import BadInput
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.limits.checking import Contribution, LimitsReport, check
from core.fragrance.limits.rules import LimitTable, Rule
from core.fragrance.products import Product
from tests.fragrance.limits_examples import (
    CATALOGUE,
    CITRAL,
    COUMARIN,
    LIMONENE,
    LINALOOL,
    MOSS,
    MUSK,
    catalogue,
    everywhere,
    formula,
    limit,
    material,
    table,
)

FINE = Product("4", 20.0)
ACCORDS = {
    "herbs": formula(lavender=60, linalool=10),
    "citrus": Formula((Line("bergamot", 50_000), Line("accord:herbs", 50_000))),
}


def checked(
    mixed: Formula, rules: LimitTable, product: Product = FINE, accords: dict[str, Formula] | None = None
) -> LimitsReport:  # fmt: skip
    return check(mixed, product, catalogue=CATALOGUE, table=rules, accords=ACCORDS if accords is None else accords)


def test_when_a_natural_and_a_nested_accord_hold_a_substance_then_the_sum_is_that_of_the_finished_product() -> None:
    mixed = formula(linalool=5, bergamot=10, accord_citrus=20)

    (result,) = checked(mixed, table(limit(LINALOOL, 2.0))).results

    itself = 5 * 1.00
    in_bergamot = 10 * 0.15
    in_citrus_bergamot = 20 * 0.5 * 0.15
    in_herbs_lavender = 20 * 0.5 * 0.6 * 0.35
    in_herbs_linalool = 20 * 0.5 * 0.1
    dosage = 0.20
    assert result.product_share == pytest.approx(
        dosage * (itself + in_bergamot + in_citrus_bergamot + in_herbs_lavender + in_herbs_linalool)
    )
    assert result.product_share == pytest.approx(2.22)
    assert result.verdict == "fail"
    assert [(one.line, one.through) for one in result.contributions] == [
        ("linalool", ()),
        ("accord:citrus", ("accord:herbs", "lavender")),
        ("bergamot", ()),
        ("accord:citrus", ("bergamot",)),
        ("accord:citrus", ("accord:herbs", "linalool")),
    ]
    assert [one.product_share for one in result.contributions] == pytest.approx([1.0, 0.42, 0.3, 0.3, 0.2])


def test_when_a_rule_is_on_a_natural_then_the_material_itself_counts() -> None:
    report = checked(formula(oakmoss=1), table(limit(MOSS, 0.1)))

    assert report.results[0].product_share == pytest.approx(0.01 * 20)
    assert report.results[0].contributions == (Contribution("oakmoss", pytest.approx(0.2)),)


def test_when_a_rule_names_a_natural_and_its_constituent_then_the_material_counts_once() -> None:
    rule = Rule("both", "group", "both", ("8007-75-8", LIMONENE), everywhere(5.0))

    report = checked(formula(bergamot=10), table(rule))

    assert report.results[0].product_share == pytest.approx(0.10 * 20)


@pytest.mark.parametrize(("dosage", "verdict"), [(5.0, "pass"), (10.0, "pass"), (10.01, "fail"), (100.0, "fail")])
def test_when_the_dosage_rises_then_the_same_formula_comes_over_the_limit(dosage: float, verdict: str) -> None:
    report = checked(formula(linalool=10), table(limit(LINALOOL, 1.0)), Product("4", dosage))

    assert report.verdict == verdict


def test_when_substances_of_a_group_are_each_under_its_limit_then_their_sum_still_fails() -> None:
    group = Rule("terpenes", "group", "terpenes", (LINALOOL, LIMONENE), everywhere(1.0))

    report = checked(formula(bergamot=10), table(group, limit(LINALOOL, 1.0), limit(LIMONENE, 1.0)))

    assert [(one.rule.id, one.verdict) for one in report.results] == [
        ("terpenes", "fail"),
        (f"limit {LIMONENE}", "pass"),
        (f"limit {LINALOOL}", "pass"),
    ]
    assert report.failures[0].product_share == pytest.approx(20 * 0.10 * (0.40 + 0.15))


def test_when_a_prohibited_substance_is_there_in_the_smallest_amount_then_it_fails() -> None:
    prohibited = Rule("no citral", "prohibited", "citral", (CITRAL,))

    report = checked(formula(bergamot=0.001), table(prohibited))

    assert report.verdict == "fail"
    assert report.failures[0].limit == 0


def test_when_a_prohibited_material_stands_with_nothing_of_it_then_it_does_not_fail() -> None:
    report = checked(formula(bergamot=0), table(Rule("no citral", "prohibited", "citral", (CITRAL,))))

    assert (report.verdict, report.results) == ("pass", ())


def test_when_a_rule_does_not_name_the_category_then_it_does_not_concern_the_formula() -> None:
    report = checked(formula(linalool=50), table(limit(LINALOOL, {"1": 0.1})))

    assert (report.verdict, report.results) == ("pass", ())


@pytest.mark.parametrize(
    "rule",
    [
        Rule("purity", "specification", "linalool", (LINALOOL,), specification="peroxide number under 20"),
        limit(LINALOOL, 50.0, specification="peroxide number under 20"),
    ],
)
def test_when_a_person_has_to_verify_something_then_the_verdict_is_unknown(rule: Rule) -> None:
    report = checked(formula(linalool=10), table(rule))

    assert report.verdict == "unknown"
    assert report.results[0].rule.specification == "peroxide number under 20"
    assert report.unknown == ()


def test_when_a_specification_is_of_nothing_in_the_formula_then_it_does_not_concern_it() -> None:
    rule = Rule("purity", "specification", "linalool", (LINALOOL,), specification="peroxide number under 20")

    assert checked(formula(), table(rule)).verdict == "pass"


def test_when_constituents_are_not_known_then_no_rule_passes() -> None:
    report = checked(formula(old_base=0.001, linalool=1), table(limit(LINALOOL, 90.0), limit(COUMARIN, 9.0)))

    assert report.verdict == "unknown"
    assert report.unknown == ("old_base",)
    assert [(one.verdict, one.unknown) for one in report.results] == [("unknown", ("old_base",))] * 2


def test_when_the_known_part_is_over_a_limit_then_it_fails_whatever_is_unknown() -> None:
    report = checked(formula(old_base=10, linalool=50), table(limit(LINALOOL, 1.0)))

    assert report.verdict == "fail"
    assert report.failures[0].unknown == ("old_base",)


def test_when_nothing_restricts_the_category_then_an_unknown_material_is_still_not_passed() -> None:
    assert checked(formula(old_base=10), table(limit(LINALOOL, {"1": 0.1}))).verdict == "unknown"


def test_when_a_material_has_no_cas_number_then_only_a_base_can_be_judged() -> None:
    nameless = catalogue(material("thing", None, {}), material("mix", None, {}, kind="base"))
    rules = table(limit(LINALOOL, 1.0))

    verdicts = [
        check(Formula((Line(one, 100_000),)), FINE, catalogue=nameless, table=rules, accords={}).verdict
        for one in ("thing", "mix")
    ]

    assert verdicts == ["unknown", "pass"]


def test_when_results_are_told_then_failures_come_first_and_the_nearest_to_its_limit_next() -> None:
    rules = table(limit(MUSK, 90.0), limit(LIMONENE, 1.0), limit(LINALOOL, 0.1), limit(CITRAL, 0.001), limit(MOSS, 1.0))

    report = checked(formula(bergamot=10, oakmoss=4.9), rules)

    ordered = [(one.verdict, one.rule.name) for one in report.results]
    assert ordered == [
        ("fail", CITRAL),  # 0.01 of 0.001
        ("fail", LINALOOL),  # 0.3 of 0.1
        ("pass", MOSS),  # 0.98 of 1
        ("pass", LIMONENE),  # 0.8 of 1
        ("pass", MUSK),
    ]


def test_when_a_material_is_not_in_the_catalogue_then_it_is_named() -> None:
    with pytest.raises(BadInput, match="'moonstone' is not in the catalogue"):
        checked(formula(moonstone=1), table())


def test_when_an_accord_is_not_there_then_it_is_named() -> None:
    with pytest.raises(BadInput, match="The accord 'gone' is not there"):
        checked(formula(accord_gone=1), table())


def test_when_an_accord_holds_itself_through_another_then_one_sentence_says_so() -> None:
    circle = {"a": formula(accord_b=50), "b": formula(linalool=10, accord_a=5)}

    with pytest.raises(BadInput) as caught:
        checked(formula(accord_a=10), table(), accords=circle)

    assert caught.value.text("en").startswith("The accord 'a' holds itself, directly or through another accord.")
    assert "자기 자신" in caught.value.text("ko")


def test_when_accords_multiply_their_ways_without_end_then_the_formula_is_refused_at_once() -> None:
    doubling = {
        f"{side}{level}": Formula((Line(f"accord:a{level + 1}", 50_000), Line(f"accord:b{level + 1}", 50_000)))
        for level in range(24)
        for side in "ab"
    } | {"a24": formula(linalool=1), "b24": formula(linalool=2)}

    with pytest.raises(BadInput, match="nested too far"):
        checked(formula(accord_a0=10), table(), accords=doubling)


def test_when_accords_are_nested_deeper_than_anybody_does_then_the_formula_is_refused() -> None:
    chain = {f"a{level}": formula(**{f"accord_a{level + 1}": 50}) for level in range(2000)} | {"a2000": formula()}

    with pytest.raises(BadInput, match="nested too far"):
        checked(formula(accord_a0=10), table(), accords=chain)


def test_when_the_same_is_checked_again_then_the_reports_are_equal() -> None:
    mixed, rules = formula(linalool=5, accord_citrus=20), table(limit(LINALOOL, 2.0))

    assert checked(mixed, rules) == checked(mixed, rules)


def test_when_the_table_is_a_sample_then_the_report_says_so_and_that_it_is_advice() -> None:
    keys = {one.key for one in checked(formula(), table(is_sample=True)).notes}

    assert keys == {"fragrance.advice", "fragrance_limits.sample_table"}


def test_when_catalogue_or_table_are_replaced_then_what_was_worked_out_before_is_not_used() -> None:
    mixed = Formula((Line("thing", 100_000),))

    def judged(of_linalool: float, most: float) -> tuple[str, float]:
        changed = catalogue(material("thing", "8000-28-0", {LINALOOL: of_linalool}, kind="natural"))
        (result,) = check(mixed, FINE, catalogue=changed, table=table(limit(LINALOOL, most)), accords={}).results
        return result.verdict, round(result.product_share, 9)

    found = [judged(10.0 + number % 7, 2.5) for number in range(60)]

    expected = [round((10 + number % 7) * 0.2, 9) for number in range(60)]
    assert found == [("fail" if share > 2.5 else "pass", share) for share in expected]


def test_when_the_category_changes_then_its_own_limit_counts() -> None:
    rules = table(limit(LINALOOL, {"4": 2.0, "9": 0.5}))

    verdicts = {one: checked(formula(linalool=5), rules, Product(one, 20.0)).verdict for one in ("4", "9", "12")}

    assert verdicts == {"4": "pass", "9": "fail", "12": "pass"}


def test_when_a_formula_is_long_then_it_is_judged_all_the_same() -> None:
    many = catalogue(*(material(f"m{number}", LINALOOL, {}) for number in range(500)))
    long = Formula(tuple(Line(f"m{number}", 200) for number in range(500)))

    (result,) = check(long, FINE, catalogue=many, table=table(limit(LINALOOL, 30.0)), accords={}).results

    assert result.product_share == pytest.approx(20.0)
    assert len(result.contributions) == 500
