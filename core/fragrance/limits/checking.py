"""The one check of limits: for the generator, the editor, the chat and the API. Advice, not certification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.fragrance.amounts import MG_PER_PERCENT
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.formula import Accords, Formula, Parts, parts_of
from core.fragrance.limits.judging import Judge, judge_of
from core.fragrance.limits.rules import LimitTable, Rule, is_over
from core.fragrance.products import Product
from core.knowledge.notices import Notice

Verdict = Literal["pass", "fail", "unknown"]


class Contribution(NamedTuple):
    """What one line adds to a substance or group. line: the ingredient as it stands in the formula.

    product_share: percent of the finished product. through: ingredients below a line that is an accord, from a nested
    accord down to the material that holds it; a line adds as often as ways lead to such materials.
    """

    line: str
    product_share: float
    through: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuleResult:
    """One rule on one formula. product_share, limit: percent of the finished product; limit None for a specification.

    product_share counts what is known. contributions: largest first. unknown: materials whose constituents are not
    known; with any, or with words in `rule.specification`, never "pass".
    """

    rule: Rule
    verdict: Verdict
    product_share: float
    limit: float | None
    contributions: tuple[Contribution, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelLine:
    """An allergen in the finished product. must_be_named: over the threshold; None where it cannot be known.

    product_share, threshold: percent of the finished product; the share counts what is known.
    """

    name: str
    cas: tuple[str, ...]
    product_share: float
    threshold: float
    must_be_named: bool | None
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True)
class LimitsReport:
    """verdict: "fail" if any rule fails, else "unknown" if anything is unknown, else "pass".

    results: rules that concern this formula, failures first, then the nearest to its limit. labels: allergens that the
    known part holds, those to be named first; empty for a product that is not on the skin. unknown: ids of materials
    that could not be judged. notes: what a person should know beside the figures.
    """

    verdict: Verdict
    table: LimitTable
    product: Product
    results: tuple[RuleResult, ...]
    labels: tuple[LabelLine, ...]
    unknown: tuple[str, ...]
    notes: tuple[Notice, ...] = ()

    @property
    def failures(self) -> tuple[RuleResult, ...]:
        return tuple(one for one in self.results if one.verdict == "fail")


def check(
    formula: Formula, product: Product, *, catalogue: Catalogue, table: LimitTable, accords: Accords
) -> LimitsReport:  # fmt: skip
    """Sum each rule's substances over lines, accords and constituents in the finished product, and judge.

    Raises BadInput for a material or an accord that is not there, or an accord that holds itself.
    """
    judge = judge_of(catalogue, table, product.category)
    parts = parts_of(formula, accords)
    rows = [judge.row(material) for material in parts.materials]
    shares = np.array(parts.amounts_mg) / MG_PER_PERCENT
    of_whom = zip(parts.materials, rows, parts.amounts_mg, strict=True)
    unknown = tuple(dict.fromkeys(material for material, row, amount in of_whom if judge.is_unknown[row] and amount))
    held = judge.held(np.array(rows, dtype=np.int64), shares * (product.dosage / 100))
    _, columns, added = held
    totals: list[float] = np.bincount(columns, added, judge.column_count).tolist()
    ways = _ways(*held, parts, judge.column_count)
    results = _results(judge, totals, ways, unknown)
    labels = _labels(judge, totals, ways, bool(unknown))
    return LimitsReport(
        _verdict(results, unknown), table, product, results, labels, unknown, _notes(judge, table, unknown, formula)
    )  # fmt: skip


def _ways(
    places: NDArray[np.int64], columns: NDArray[np.int64], shares: NDArray[np.float64], parts: Parts, count: int
) -> list[tuple[Contribution, ...]]:  # fmt: skip
    """What adds to each of `count` columns, largest first, in the order of the lines where equal."""
    order = np.lexsort((-shares, columns))  # keeps the order of what is equal
    chosen = places[order].tolist()
    lines, throughs = map(parts.lines.__getitem__, chosen), map(parts.throughs.__getitem__, chosen)
    fields = zip(lines, shares[order].tolist(), throughs, strict=True)
    made: list[Contribution] = list(map(partial(tuple.__new__, Contribution), fields))  # a third of its own way in
    ends = np.cumsum(np.bincount(columns, minlength=count)).tolist()
    return [tuple(made[start:end]) for start, end in pairwise((0, *ends))]


def _results(
    judge: Judge, totals: Sequence[float], ways: Sequence[tuple[Contribution, ...]], unknown: tuple[str, ...]
) -> tuple[RuleResult, ...]:  # fmt: skip
    """With anything unknown every rule concerns the formula, since it may hold what the rule is about."""
    ordered = []
    for place, (rule, limit, column) in enumerate(judge.rules):
        share = totals[column]
        if not (share or unknown or not rule.substances):
            continue
        fails = limit is not None and is_over(share, limit)
        verdict: Verdict = "fail" if fails else "unknown" if unknown or rule.specification else "pass"
        nearness = share / limit if limit else float("inf") if fails else 0.0
        result = RuleResult(rule, verdict, share, limit, ways[column], unknown)
        ordered.append((not fails, -nearness, not share, place, result))
    ordered.sort(key=itemgetter(0, 1, 2, 3))
    return tuple(result for *_, result in ordered)


def _labels(
    judge: Judge, totals: Sequence[float], ways: Sequence[tuple[Contribution, ...]], is_part_unknown: bool
) -> tuple[LabelLine, ...]:  # fmt: skip
    found = []
    for place, (allergen, column) in enumerate(judge.allergens):
        share = totals[column]
        if share:
            assert judge.threshold is not None
            must_be_named = is_over(share, judge.threshold) or (None if is_part_unknown else False)
            line = LabelLine(allergen.name, allergen.cas, share, judge.threshold, must_be_named, ways[column])
            found.append((-share, place, line))
    found.sort(key=itemgetter(0, 1))
    return tuple(line for *_, line in found)


def _verdict(results: Sequence[RuleResult], unknown: Sequence[str]) -> Verdict:
    verdicts = {result.verdict for result in results}
    if "fail" in verdicts:
        return "fail"
    return "unknown" if unknown or "unknown" in verdicts else "pass"


def _notes(judge: Judge, table: LimitTable, unknown: Sequence[str], formula: Formula) -> tuple[Notice, ...]:
    notes = [Notice("fragrance.advice")]
    if table.is_sample:
        notes.append(Notice("fragrance_limits.sample_table"))
    if any(line.accord is not None for line in formula.lines):
        notes.append(Notice("fragrance_limits.accords_as_now"))
    if unknown:
        notes.append(Notice("fragrance_limits.part_unknown", {"materials": ", ".join(unknown)}))
    if judge.threshold is None:
        notes.append(Notice("fragrance_limits.not_on_skin"))
    return tuple(notes)
