"""A perfume that can be found: what is told of it. Its formula, where ours, lies with the formulas."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Perfume:
    """None or () where it is not known; a filter on what is not known never lets it pass.

    family, gender, seasons, moods: ids of the vocabulary. price: of `price_ml` millilitres, in `currency`.
    top, heart, base: names of notes as written; notes: those whose layer is not told. longevity_h: hours.
    is_sample: composed by our own generator. formula_id: of the formula it was composed by. source: where from.
    """

    id: str
    name: str
    brand: str
    description: str = ""
    family: str | None = None
    gender: str | None = None
    seasons: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    top: tuple[str, ...] = ()
    heart: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    price: float | None = None
    price_ml: float | None = None
    currency: str | None = None
    longevity_h: float | None = None
    formula_id: str | None = None
    source: str = ""
    is_sample: bool = False

    @property
    def all_notes(self) -> tuple[str, ...]:
        """Every note once, from top to base."""
        return tuple(dict.fromkeys((*self.top, *self.heart, *self.base, *self.notes)))
