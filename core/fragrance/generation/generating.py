"""From a brief to alternatives: one call for page, chat, API and notebooks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.errors import BadInput
from core.fragrance.amounts import percent
from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Material, Position
from core.fragrance.formulas.formula import Accords, Formula, flattened
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.candidates import all_materials, candidates
from core.fragrance.generation.checked_briefs import checked
from core.fragrance.generation.conflicts import conflict, prohibited_wanted
from core.fragrance.generation.constraints import currency_of, price_per_kg
from core.fragrance.generation.formulating import Found, Task, formulate, task
from core.fragrance.generation.reasons import reasons
from core.fragrance.generation.wording import both, names
from core.fragrance.limits.checking import LimitsReport
from core.fragrance.limits.rules import LimitTable
from core.knowledge.notices import Notice
from core.telemetry.metrics import count_generation
from core.telemetry.traces import traced


@dataclass(frozen=True)
class Alternative:
    """One formula for a brief. reasons: by ingredient, why it is there, tied to the brief. number: from 1.

    layers: percent of the fragrant part (all but solvents) by position. cost_per_kg: of the concentrate, None where a
    price is not known. fit: 0 to 1, the overlap of the formula's odour with the one the brief asks for; materials tell
    more than one word, so even a good formula hardly passes 0.8.
    """

    number: int
    formula: Formula
    reasons: dict[str, tuple[Notice, ...]]
    layers: dict[Position, float]
    cost_per_kg: float | None
    fit: float
    limits: LimitsReport


@dataclass(frozen=True)
class Generated:
    """alternatives: best first, at least one. solver_s: seconds within the solver, of seconds in all.

    notices: what a person should know of the answer, such as fewer alternatives than were asked for.
    """

    brief: Brief
    alternatives: tuple[Alternative, ...]
    solver_s: float
    seconds: float
    notices: tuple[Notice, ...] = ()


@traced("fragrance.generation")
def generate(
    brief: Brief, *, catalogue: Catalogue, table: LimitTable, accords: Accords, existing: Iterable[Formula] = (),
    near: Formula | None = None,
) -> Generated:  # fmt: skip
    """The same for the same arguments, in every process. existing: formulas that none may nearly equal.

    near: a formula that is to be changed by no more than the brief needs, as in a conversation.
    Raises BadInput for a brief that contradicts itself (`fragrance_generation.brief_infeasible`, with the conflicting
    constraints in words), an unknown material or a prohibited one that is demanded.
    """
    start = time.perf_counter()
    brief = checked(brief, catalogue)
    prohibited_wanted(brief, catalogue, table)
    materials = all_materials(catalogue)
    known = tuple(_taken_apart(existing, accords))
    held = flattened(near, accords) if near else {}

    def over(chosen: Sequence[Material]) -> Task:
        return task(brief, chosen, catalogue=catalogue, table=table, accords=accords, near=held)

    at_hand = over(candidates(brief, materials, held))
    found = [formulate(at_hand, (), known)]
    if found[0].formula is None and len(at_hand.materials) < len(materials):
        at_hand = over(materials)
        found.append(formulate(at_hand, (), known))
    if found[-1].formula is None:
        count_generation(is_made=False)
        raise conflict(at_hand, known)
    while found[-1].formula is not None and sum(one.formula is not None for one in found) < brief.alternatives:
        found.append(formulate(at_hand, [one.amounts for one in found if one.formula], known))
    good = sorted((one for one in found if one.formula), key=lambda one: -one.fit)
    alternatives = tuple(_alternative(number, one, at_hand) for number, one in enumerate(good, 1))
    told = tuple(_notices(at_hand, alternatives))
    count_generation(is_made=True)
    return Generated(brief, alternatives, sum(one.solver_s for one in found), time.perf_counter() - start, told)


def _taken_apart(formulas: Iterable[Formula], accords: Accords) -> Iterator[dict[str, float]]:
    for formula in formulas:
        # One with an accord that may not be read cannot be compared; that is no reason to compose nothing.
        with suppress(BadInput):
            yield flattened(formula, accords)


def _alternative(number: int, found: Found, at_hand: Task) -> Alternative:
    assert found.formula is not None and found.report is not None
    formula, catalogue = found.formula, at_hand.catalogue
    layers = layers_of(formula, catalogue)
    return Alternative(
        number, formula, reasons(formula, at_hand.brief, catalogue), layers,
        _cost_per_kg(formula, catalogue, currency_of(tuple(catalogue.materials.values()))), found.fit, found.report,
    )  # fmt: skip


def layers_of(formula: Formula, catalogue: Catalogue) -> dict[Position, float]:
    """Percent of the fragrant part by position, of a formula without accords."""
    amounts = dict.fromkeys(POSITIONS, 0)
    for line in formula.lines:
        material = catalogue.get(line.ingredient)
        if material.kind != "solvent":
            amounts[material.position] += line.amount_mg
    fragrant = sum(amounts.values()) or 1
    return {position: 100 * amount / fragrant for position, amount in amounts.items()}


def _cost_per_kg(formula: Formula, catalogue: Catalogue, currency: str | None) -> float | None:
    cost = 0.0
    for line in formula.lines:
        price = price_per_kg(catalogue.get(line.ingredient), currency)
        if price is None:
            return None
        cost += price * percent(line.amount_mg) / 100
    return cost


def _notices(at_hand: Task, alternatives: Sequence[Alternative]) -> Iterator[Notice]:
    brief = at_hand.brief
    if len(alternatives) < brief.alternatives:
        yield Notice("fragrance_generation.fewer_alternatives",
                     {"found": len(alternatives), "asked": brief.alternatives})  # fmt: skip
    used = dict.fromkeys(line.ingredient for one in alternatives for line in one.formula.lines)
    materials = [at_hand.catalogue.get(one) for one in used]
    currency = currency_of(tuple(at_hand.catalogue.materials.values()))
    yield from _told_of("fragrance_generation.unpriced",
                        [one for one in materials if price_per_kg(one, currency) is None])  # fmt: skip
    unknown = dict.fromkeys(one for alternative in alternatives for one in alternative.limits.unknown)
    yield from _told_of("fragrance_generation.unknown_wanted", [at_hand.catalogue.get(one) for one in unknown])
    yield from _told_of("fragrance_generation.strength_assumed", [one for one in materials if one.strength is None])
    yield from _told_of("fragrance_generation.share_assumed", [one for one in materials if not one.usual_share])
    if brief.stock_is_limit:
        yield from _told_of("fragrance_generation.unknown_stock", [one for one in materials if one.stock_g is None])


def _told_of(key: str, materials: Sequence[Material]) -> Iterator[Notice]:
    if materials:
        yield Notice(key, both("names", *names(materials)))
