"""Why a brief cannot be met: the smallest set of its demands that exclude each other, in words."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import BadInput
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.generation import styles
from core.fragrance.generation.alternatives import Amounts
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.constraints import currency_of
from core.fragrance.generation.formulating import Task
from core.fragrance.generation.rows import LIMIT, WANTED, Program
from core.fragrance.generation.solving import is_feasible
from core.fragrance.generation.wording import both, joined, labels, names, noted
from core.fragrance.limits.rows import limit_rows
from core.fragrance.limits.rules import LimitTable
from core.knowledge.notices import Notice

# Dropped first where they are not needed for the contradiction, so that what is left is what the visitor chose.
ORDER = ("intensity", "lines", "layers", "batch", "known", "limits", "stock", "budget", "excluded", "wanted")


def conflict(task: Task, existing: Sequence[Amounts]) -> BadInput:
    """The error that says which demands cannot be met together. task: over all materials."""
    if not task.materials:
        return BadInput("fragrance_generation.catalogue_too_small")
    whole = is_feasible(task.program)
    if whole.shares is not None:
        key = "fragrance_generation.only_near_duplicates" if existing else "fragrance_generation.none_found"
        return BadInput(key)
    if not whole.is_infeasible:
        return BadInput("fragrance_generation.none_found")
    groups = minimal(task.program)
    if not groups:
        return BadInput("fragrance_generation.catalogue_too_small")
    told = joined([noted(_words(group, task)) for group in groups])
    return BadInput("fragrance_generation.brief_infeasible", **both("demands", *told), groups=", ".join(groups))


def minimal(program: Program) -> tuple[str, ...]:
    """Groups that cannot hold together while any of them dropped lets the others hold.

    A deletion filter: each group is left out in turn, and stays out where the rest still contradicts itself. Rules of
    the limits are left out together first, one by one only where the limits take part.
    """
    kinds = [_kind(group) for group in program.groups]
    left = list(program.groups)
    for kind in sorted(dict.fromkeys(kinds), key=ORDER.index):
        without = [group for group in left if _kind(group) != kind]
        if is_feasible(program.of_groups(without)).is_infeasible:
            left = without
        elif kind in {"limits", "wanted"}:
            left = _one_by_one(program, left, kind)
    return tuple(left)


def prohibited_wanted(brief: Brief, catalogue: Catalogue, table: LimitTable) -> None:
    """Raises BadInput for a wanted material of which any amount breaks a rule, with the rule's name."""
    for material_id in brief.wanted:
        material = catalogue.get(material_id)
        limits = limit_rows([material], table, brief.product)
        for rule, coefficients, bound in zip(limits.rules, limits.coefficients, limits.bounds, strict=True):
            if bound == 0 and coefficients[0] > 0:
                raise BadInput(
                    "fragrance_generation.prohibited_wanted",
                    **both("name", material.name("en"), material.name("ko")), rule=rule.name, table=table.name,
                )  # fmt: skip


def _one_by_one(program: Program, left: list[str], kind: str) -> list[str]:
    for group in [one for one in left if _kind(one) == kind]:
        without = [one for one in left if one != group]
        if is_feasible(program.of_groups(without)).is_infeasible:
            left = without
    return left


def _kind(group: str) -> str:
    return "limits" if group.startswith(LIMIT) else "wanted" if group.startswith(WANTED) else group


def _words(group: str, task: Task) -> Notice:
    brief = task.brief
    if group.startswith(WANTED):
        material = task.catalogue.get(group.removeprefix(WANTED))
        return Notice("fragrance_generation.demand_wanted", both("name", material.name("en"), material.name("ko")))
    if group.startswith(LIMIT):
        rule = next(one for one in task.table.rules if one.id == group.removeprefix(LIMIT))
        product = {"category": brief.product.category, "dosage": f"{brief.product.dosage:g}"}
        return Notice("fragrance_generation.demand_limit", {"rule": rule.name} | product)
    low, high, each = styles.line_band(brief.complexity)
    excluded = [names([task.catalogue.get(one) for one in brief.excluded]),
                labels("odour", [word for word, weight in brief.odour.items() if weight <= -1])]  # fmt: skip
    said: dict[str, Notice] = {
        "budget": Notice("fragrance_generation.demand_budget", {
            "amount": f"{brief.budget_per_kg or 0:,.0f}", "currency": currency_of(task.materials) or ""}),
        "stock": Notice("fragrance_generation.demand_stock", {"batch": f"{brief.batch_g:,.10g}"}),
        "batch": Notice("fragrance_generation.demand_batch", {"batch": f"{brief.batch_g:,.10g}"}),
        "excluded": Notice("fragrance_generation.demand_excluded", both("names", *joined(
            [one for one in excluded if one[0]]))),
        "known": Notice("fragrance_generation.demand_known"),
        "lines": Notice("fragrance_generation.demand_lines", {"low": low, "high": high, "each": each}),
        "layers": Notice("fragrance_generation.demand_layers", _bands(brief)),
        "intensity": Notice("fragrance_generation.demand_intensity", both("intensity", *labels(
            "intensity", [brief.intensity]))),
    }  # fmt: skip
    return said[group]


def _bands(brief: Brief) -> dict[str, str]:
    return {layer: f"{low:g}-{high:g}" for layer, (low, high) in styles.layer_bands(brief.family).items()}
