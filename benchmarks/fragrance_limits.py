"""Checking formulas of 60 lines with nested accords: `check` against the same written as plain loops over dicts."""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import random
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.report import write_section
from benchmarks.stopwatch import Stopwatch
from core.fragrance.amounts import WHOLE_MG
from core.fragrance.catalogue.materials import Catalogue, Material
from core.fragrance.catalogue.shipped import shipped_catalogue
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.limits.checking import LimitsReport, check
from core.fragrance.limits.judging import make_judge
from core.fragrance.limits.labelling import allergens, threshold
from core.fragrance.limits.rules import LimitTable, is_over
from core.fragrance.limits.shipped import sample_table
from core.fragrance.products import Product

GOAL = 1_000  # checks a second
LINES, OF_WHICH_ACCORDS, IN_ACCORD = 60, 4, 10
PRODUCT = Product()


@dataclass
class Found:
    """What the plain loops say of one rule or allergen."""

    share: float
    verdict: str
    lines: list[tuple[float, str, tuple[str, ...]]]


def mixed(ingredients: list[str]) -> Formula:
    each, rest = divmod(WHOLE_MG, len(ingredients))
    return Formula(tuple(Line(one, each + (place < rest)) for place, one in enumerate(ingredients)))


def write_formulas(catalogue: Catalogue, count: int) -> tuple[list[Formula], dict[str, Formula]]:
    """Accords of one level and of two, drawn for each formula. Every second formula holds nothing unknown."""
    chance = random.Random(7)
    ids = list(catalogue.materials)
    known = [one for one in ids if catalogue.get(one).constituents is not None]
    accords = {f"flat{number}": mixed(chance.sample(known, IN_ACCORD)) for number in range(6)}
    accords |= {
        f"nested{number}": mixed([*chance.sample(known, IN_ACCORD - 1), f"accord:flat{number}"]) for number in range(6)
    }
    formulas = []
    for number in range(count):
        chosen = chance.sample([f"accord:{one}" for one in accords], OF_WHICH_ACCORDS)
        formulas.append(mixed([*chance.sample(known if number % 2 else ids, LINES - OF_WHICH_ACCORDS), *chosen]))
    return formulas, accords


def plain_check(
    formula: Formula, accords: Mapping[str, Formula], materials: Mapping[str, Material], table: LimitTable
) -> dict[str, Found]:  # fmt: skip
    """The same sums, verdicts and lines, nothing prepared: each rule asks each material for its substances."""
    parts: list[tuple[str, tuple[str, ...], Material, float]] = []

    def gather(mixture: Formula, share: float, line: str, through: tuple[str, ...]) -> None:
        for one in mixture.lines:
            amount = share * one.amount_mg / WHOLE_MG
            within = (*through, one.ingredient) if line else ()
            if one.accord:
                gather(accords[one.accord], amount, line or one.ingredient, within)
            else:
                parts.append((line or one.ingredient, within, materials[one.ingredient], amount))

    gather(formula, PRODUCT.dosage, "", ())
    is_unknown = any(material.constituents is None for _, _, material, _ in parts)
    over = threshold(PRODUCT.category)
    asked = [(rule.id, rule.substances, rule.limits.get(PRODUCT.category), rule) for rule in table.rules]
    asked = [(one, cas, 0.0 if rule.kind == "prohibited" else most, rule) for one, cas, most, rule in asked]
    found = {}
    for key, substances, limit, rule in asked + [(one.name, one.cas, over, None) for one in allergens()]:
        if limit is None and not (rule and rule.specification):
            continue
        lines = []
        for line, through, material, amount in parts:
            held = 100.0 if material.cas in substances else 0.0
            held += sum(one.share for one in material.constituents or () if one.cas in substances)
            if held:
                lines.append((amount * min(held, 100.0) / 100, line, through))
        share = sum(one for one, _, _ in lines)
        lines.sort(key=lambda one: -one[0])
        fails = limit is not None and is_over(share, limit)
        is_open = is_unknown or (rule is not None and rule.specification)
        found[key] = Found(share, "fail" if fails else "unknown" if is_open else "pass", lines)
    return found


def compare(report: LimitsReport, plain: Mapping[str, Found]) -> None:
    """Both ways have to say the same, else their times tell nothing."""
    for one in report.results:
        other = plain[one.rule.id]
        same = one.verdict == other.verdict and abs(one.product_share - other.share) < 1e-9
        if not same or len(one.contributions) != len(other.lines):
            raise SystemExit(f"{one.rule.id}: {one.verdict} {one.product_share}, plain {other.verdict} {other.share}")


def main(formulas: int = 100, rounds: int = 5) -> None:
    catalogue, table = shipped_catalogue(), sample_table()
    mixtures, accords = write_formulas(catalogue, formulas)
    for mixture in mixtures:
        report = check(mixture, PRODUCT, catalogue=catalogue, table=table, accords=accords)
        compare(report, plain_check(mixture, accords, catalogue.materials, table))
    watch = Stopwatch()
    for _ in range(rounds):
        for mixture in mixtures:
            with watch.lap("ours"):
                check(mixture, PRODUCT, catalogue=catalogue, table=table, accords=accords)
        for mixture in mixtures:
            with watch.lap("plain"):
                plain_check(mixture, accords, catalogue.materials, table)
    for _ in range(9):
        with watch.lap("preparing"):
            make_judge(catalogue, table, PRODUCT.category)
    (ours, ours_processor), (plain, plain_processor) = watch.median("ours"), watch.median("plain")
    slow = statistics.quantiles((wall for wall, _ in watch.laps["ours"]), n=20)[-1]
    body = f"""
| way | wall, median | processor, median | checks a second |
| --- | --- | --- | --- |
| plain loops over dicts | {1e3 * plain:.2f} ms | {1e3 * plain_processor:.2f} ms | {1 / plain:,.0f} |
| ours, `check` | {1e3 * ours:.2f} ms | {1e3 * ours_processor:.2f} ms | {1 / ours:,.0f} |

Ours takes {ours / plain:.3f} of the plain loops' time on the wall; the goal is {GOAL:,} checks a second. One in twenty
checks of ours took over {1e3 * slow:.2f} ms. What is prepared once for a table, a catalogue and a category takes
{1e3 * watch.median("preparing")[0]:.1f} ms and is kept until one of them changes.

{formulas} formulas of {LINES} lines, {OF_WHICH_ACCORDS} of them accords of {IN_ACCORD} ingredients, some with an accord
within; the shipped {len(catalogue.materials)} materials, {len(table.rules)} sample rules and {len(allergens())}
allergens; the two ways take turns, {rounds} rounds
over all formulas in one process, one thread. Both sum every rule and allergen, judge and list what each line adds, and
were seen to say the same before they were timed.
Load average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs.
"""
    write_section("fragrance_limits", "Limits of a formula", body)


if __name__ == "__main__":
    main()
