"""What a change did to a formula, as sentences: odours before and after, lines out and in, cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.composing.odour_shares import odour_shares
from core.fragrance.formulas.costs import cost_of_concentrate
from core.fragrance.formulas.differences import difference
from core.fragrance.formulas.formula import Accords, Formula
from core.fragrance.generation.wording import both, labels, names
from core.knowledge.notices import Notice


def told_changes(
    name: Mapping[str, str], before: Formula, after: Formula, towards: Mapping[str, int], *, catalogue: Catalogue,
    accords: Accords,
) -> tuple[Notice, ...]:  # fmt: skip
    """towards: odour words that were to be told more (1) or less (-1). name: of the perfume, by language."""
    if before == after:
        return (Notice("fragrance_composing.unchanged"),)
    first = Notice("fragrance_composing.recomposed", both("name", name["en"], name["ko"]))
    return (
        first,
        *_odours(before, after, towards, catalogue, accords),
        *_lines(before, after, catalogue),
        *_cost(before, after, catalogue, accords),
    )


def _odours(
    before: Formula, after: Formula, towards: Mapping[str, int], catalogue: Catalogue, accords: Accords
) -> Iterator[Notice]:  # fmt: skip
    was, now = odour_shares(before, catalogue, accords), odour_shares(after, catalogue, accords)
    for word in towards:
        shares = f"{100 * was.get(word, 0.0):.1f}", f"{100 * now.get(word, 0.0):.1f}"
        details = {**both("word", *labels("odour", [word])), "before": shares[0], "after": shares[1]}
        if shares == ("0.0", "0.0"):
            yield Notice("fragrance_composing.odour_none", both("word", *labels("odour", [word])))
        elif shares[0] == shares[1]:
            yield Notice("fragrance_composing.odour_same", {key: details[key] for key in details if key != "after"})
        elif now.get(word, 0.0) < was.get(word, 0.0):
            yield Notice("fragrance_composing.odour_less", details)
        else:
            yield Notice("fragrance_composing.odour_more", details)


def _lines(before: Formula, after: Formula, catalogue: Catalogue) -> Iterator[Notice]:
    changes = difference(before, after).changes
    for kind, key in (("removed", "fragrance_composing.lines_out"), ("added", "fragrance_composing.lines_in")):
        of_kind = [catalogue.materials[one.ingredient] for one in changes if one.kind == kind]
        if of_kind:
            yield Notice(key, both("names", *names(of_kind)))
    adjusted = sum(one.kind == "changed" for one in changes)
    if adjusted:
        yield Notice("fragrance_composing.lines_changed", {"count": adjusted})


def _cost(before: Formula, after: Formula, catalogue: Catalogue, accords: Accords) -> Iterator[Notice]:
    was, now = (cost_of_concentrate(one, catalogue=catalogue, accords=accords) for one in (before, after))
    if was.per_kg is not None and now.per_kg is not None and round(was.per_kg) != round(now.per_kg):
        yield Notice(
            "fragrance_composing.cost_changed",
            {"before": f"{was.per_kg:,.0f}", "after": f"{now.per_kg:,.0f}", "currency": now.currency},
        )
