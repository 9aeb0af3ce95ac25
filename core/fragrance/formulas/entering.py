"""From what a person or a client typed to a formula: what does not add up is said in one sentence, never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Literal

from core.errors import BadInput, TooLarge
from core.fragrance.amounts import MG_PER_PERCENT, WHOLE_MG
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.apportioning import apportioned
from core.fragrance.formulas.formula import Accords, Formula, Line
from core.fragrance.formulas.naming import ingredients_named
from core.fragrance.vocabulary import plain

Unit = Literal["percent", "parts per thousand", "mg", "g"]
MOST_LINES = 200
SIGNS: dict[Unit, str] = {"percent": "%", "parts per thousand": "‰", "mg": "mg", "g": "g"}
WHOLES: dict[Unit, int] = {"percent": 100, "parts per thousand": 1000, "mg": WHOLE_MG, "g": 100}
UNIT_WORDS: dict[str, Unit] = {
    "percent": "percent", "%": "percent", "pct": "percent", "wt%": "percent", "퍼센트": "percent", "％": "percent",
    "parts per thousand": "parts per thousand", "‰": "parts per thousand", "permille": "parts per thousand",
    "per mille": "parts per thousand", "천분율": "parts per thousand", "퍼밀": "parts per thousand",
    "mg": "mg", "milligram": "mg", "milligrams": "mg", "밀리그램": "mg",
    "g": "g", "gram": "g", "grams": "g", "gramme": "g", "그램": "g",
}  # fmt: skip
FINEST = Decimal("1e-6")  # mg; what a float adds to a typed amount (0.1 + 0.2) is less, what a person types is more
SMALLEST, LARGEST = -12, 9  # powers of ten between which an amount lies
LONGEST_NUMBER = 40  # letters
LIKENESS = Decimal("0.02")  # of the sum of another unit: 0.98 to 1.02 looks like fractions of 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as typed. ingredient: id, CAS number or name of a material, or `accord:ID` or name of an accord.

    unit: of the amount; mg and g are of 100 g of concentrate.
    """

    ingredient: str
    amount: Decimal | float | str
    unit: Unit = "percent"


def formula_of(
    entries: Sequence[Entry], *, catalogue: Catalogue, accords: Accords, accord_names: Mapping[str, str] | None = None
) -> Formula:  # fmt: skip
    """The formula that the entries make, in their order. accord_names: names by id of the accords.

    Raises BadInput with the first of: nothing entered, too many lines, an amount that is none, ingredients that are
    not there, one that stands twice, amounts in another unit than said, finer than 0.001 %, or not summing to 100 %.
    """
    amounts = _amounts(entries)
    named = ingredients_named([one.ingredient for one in entries], catalogue, accords, accord_names or {})
    _require_once(entries, named)
    unit = entries[0].unit
    _require_the_unit(sum(amounts, Decimal(0)), unit)
    exact_mg = [amount * WHOLE_MG / WHOLES[unit] for amount in amounts]
    for entry, exact in zip(entries, exact_mg, strict=True):
        if exact < 1 - FINEST or abs(exact - exact.to_integral_value()) > FINEST:
            raise BadInput("fragrance_formulas.too_fine", name=entry.ingredient, amount=_typed(entry))
    whole_mg = [int(exact.to_integral_value()) for exact in exact_mg]
    _require_the_whole(sum(whole_mg))
    return Formula(tuple(Line(name, amount) for name, amount in zip(named, whole_mg, strict=True)))


def normalised(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries in percent, scaled to 100 % exactly in steps of 0.001 % by largest remainder.

    Only asked for in so many words: `formula_of` never scales. Raises BadInput for amounts that are none, and for a
    share that would come to less than 0.001 %.
    """
    shares = apportioned(_amounts(entries), WHOLE_MG)
    for entry, share in zip(entries, shares, strict=True):
        if share == 0:
            raise BadInput("fragrance_formulas.too_small_to_scale", name=entry.ingredient, amount=_typed(entry))
    return tuple(
        replace(entry, amount=Decimal(share) / MG_PER_PERCENT, unit="percent")
        for entry, share in zip(entries, shares, strict=True)
    )


def unit_named(word: str) -> Unit:
    """The unit a word or sign stands for, in either language. Raises BadInput naming the known ones."""
    try:
        return UNIT_WORDS[plain(word)]
    except KeyError:
        raise BadInput("fragrance_formulas.unknown_unit", unit=word[:40], known=", ".join(SIGNS.values())) from None


def number(amount: Decimal | float | str) -> Decimal | None:
    """The number meant; None for what is none, not finite, or of no size that is ever weighed."""
    text = str(amount).strip()
    try:
        found = Decimal(text) if len(text) <= LONGEST_NUMBER else None
    except InvalidOperation:
        return None
    if found is None or not found.is_finite():
        return None
    return found if found == 0 or SMALLEST <= found.adjusted() < LARGEST else None


def _amounts(entries: Sequence[Entry]) -> list[Decimal]:
    if not entries:
        raise BadInput("fragrance_formulas.empty")
    if len(entries) > MOST_LINES:
        raise TooLarge("fragrance_formulas.too_many_lines", lines=len(entries), limit=MOST_LINES)
    units = list(dict.fromkeys(one.unit for one in entries))
    for unit in units:
        if unit not in WHOLES:
            raise BadInput("fragrance_formulas.unknown_unit", unit=unit, known=", ".join(SIGNS.values()))
    if len(units) > 1:
        raise BadInput("fragrance_formulas.mixed_units", units=", ".join(SIGNS[unit] for unit in units))
    found = []
    for entry in entries:
        amount = number(entry.amount)
        if amount is None:
            raise BadInput("fragrance_formulas.not_a_number", name=entry.ingredient, amount=str(entry.amount)[:40])
        if amount <= 0:
            raise BadInput("fragrance_formulas.not_positive", name=entry.ingredient, amount=_typed(entry))
        found.append(amount)
    return found


def _require_once(entries: Sequence[Entry], named: Sequence[str]) -> None:
    first: dict[str, int] = {}
    for place, (entry, name) in enumerate(zip(entries, named, strict=True), 1):
        if name in first:
            raise BadInput("fragrance_formulas.twice", name=entry.ingredient, first=first[name], second=place)
        first[name] = place


def _require_the_unit(total: Decimal, unit: Unit) -> None:
    """Raises BadInput where the sum is not that of the stated unit but nearly that of another."""
    if _is_about(total, WHOLES[unit]):
        return
    if _is_about(total, 1):
        raise BadInput("fragrance_formulas.looks_like_fractions", sum=_figure(total), unit=SIGNS[unit])
    for other, whole in WHOLES.items():
        if _is_about(total, whole):
            raise BadInput(
                "fragrance_formulas.looks_like_unit", sum=_figure(total), unit=SIGNS[unit], other=SIGNS[other]
            )


def _require_the_whole(total_mg: int) -> None:
    difference = Decimal(abs(total_mg - WHOLE_MG)) / MG_PER_PERCENT
    total = _figure(Decimal(total_mg) / MG_PER_PERCENT)
    if total_mg < WHOLE_MG:
        raise BadInput("fragrance_formulas.sum_is_short", sum=total, difference=_figure(difference))
    if total_mg > WHOLE_MG:
        raise BadInput("fragrance_formulas.sum_is_over", sum=total, difference=_figure(difference))


def _is_about(total: Decimal, whole: int) -> bool:
    return abs(total - whole) <= LIKENESS * whole


def _figure(value: Decimal) -> str:
    """Digits as a person writes them, without an exponent or noughts at the end."""
    text = f"{value:.6f}"
    return text.rstrip("0").rstrip(".")


def _typed(entry: Entry) -> str:
    amount = number(entry.amount)
    return f"{entry.amount if amount is None else f'{amount:f}'} {SIGNS[entry.unit]}"
