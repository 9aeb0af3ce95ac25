"""Filters of a search: all of them at once, as one truth per item, and what each removed.

What is not known of an item never passes a filter on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from core.fragrance import vocabulary
from core.fragrance.search.concepts import concepts_in, named
from core.fragrance.search.item_columns import ItemColumns, bits
from core.fragrance.vocabulary import plain
from core.settings.current import get_settings

Mask = NDArray[np.bool_]
UNISEX = "unisex"


@dataclass(frozen=True)
class Filters:
    """None or () restricts nothing. family, gender, seasons, moods: ids of the vocabulary; see `checked`.

    min_price, max_price: of a bottle, in `currency`; a price in another one is not known in it. gender: what is for
    everybody passes for women and for men; asked for by itself, it alone passes. seasons, moods: any one of them.
    include_notes, exclude_notes: every one of them, by any word in either language ("장미" includes "Bulgarian rose
    absolute"). brand: the whole name, in any case. is_sample: True for samples alone, False for none of them.
    """

    min_price: float | None = None
    max_price: float | None = None
    currency: str | None = None
    gender: str | None = None
    seasons: tuple[str, ...] = ()
    include_notes: tuple[str, ...] = ()
    exclude_notes: tuple[str, ...] = ()
    brand: str | None = None
    family: str | None = None
    min_longevity_h: float | None = None
    moods: tuple[str, ...] = ()
    is_sample: bool | None = None

    def given(self) -> dict[str, object]:
        """Those that restrict, by name; the currency goes with a price."""
        return {
            name: value
            for name in self.__dataclass_fields__
            if name != "currency" and (value := getattr(self, name)) not in (None, ())
        }


@dataclass(frozen=True)
class Removal:
    """What one filter does by itself. removed: of how many that it was asked of; unknown: those nothing is known of."""

    filter: str
    value: str
    removed: int
    unknown: int


@dataclass(frozen=True, eq=False)
class Filtered:
    """allowed: shape (n,). before, after: how many items, without the filters and with all of them together."""

    allowed: Mask
    before: int
    after: int
    removals: tuple[Removal, ...]


def checked(filters: Filters) -> Filters:
    """With ids of the vocabulary for words of either language; "all" restricts nothing.

    Raises BadInput for an unknown word, a negative number, a ceiling under the floor, or a note both in and out.
    """
    for name in ("min_price", "max_price", "min_longevity_h"):
        value = getattr(filters, name)
        if value is not None and not 0 <= value < float("inf"):
            raise BadInput("fragrance_search.number_out_of_range", filter=name, value=f"{value:g}")
    if None not in (filters.min_price, filters.max_price) and filters.max_price < filters.min_price:  # type: ignore[operator]
        raise BadInput(
            "fragrance_search.price_upside_down", least=f"{filters.min_price:g}", most=f"{filters.max_price:g}"
        )
    both = {plain(one) for one in filters.include_notes} & {plain(one) for one in filters.exclude_notes}
    if both:
        raise BadInput("fragrance_search.in_and_out", note=min(both))
    return replace(
        filters,
        currency=(filters.currency or get_settings().fragrance_currency).upper(),
        gender=vocabulary.canonical_or_none("gender", filters.gender),
        seasons=_ids("season", filters.seasons),
        moods=_ids("mood", filters.moods),
        family=_family(filters.family),
        include_notes=tuple(one for one in dict.fromkeys(map(plain, filters.include_notes)) if one),
        exclude_notes=tuple(one for one in dict.fromkeys(map(plain, filters.exclude_notes)) if one),
        brand=plain(filters.brand) or None if filters.brand else None,
    )


def filtered(columns: ItemColumns, filters: Filters, among: Mask) -> Filtered:
    """Apply checked filters to the items that may be found at all. among: shape (n,)."""
    allowed, removals = among.copy(), []
    before = int(np.count_nonzero(among))
    for name, value, passes, known in _each(columns, filters):
        unknown = 0 if known is None else before - int(np.count_nonzero(among & known))
        removals.append(Removal(name, value, before - int(np.count_nonzero(among & passes)), unknown))
        allowed &= passes
    return Filtered(allowed, before, int(np.count_nonzero(allowed)) if removals else before, tuple(removals))


def having_note(columns: ItemColumns, note: str) -> Mask:
    """Items whose notes have it: by what it is a name of, else by the words themselves, as in "Bulgarian rose"."""
    of = named(note)  # the narrowest first: "tuberose" is not every white flower
    if of:
        return columns.naming(of[0].number)
    found = columns.with_note(note)
    if found.any():
        return found
    part = concepts_in([note])
    return columns.naming(part[0].number) if part else found


def _each(columns: ItemColumns, filters: Filters) -> Iterator[tuple[str, str, Mask, Mask | None]]:
    """Of each filter its name and value, what passes, and of what it is known; None where it always is."""
    if filters.min_price is not None or filters.max_price is not None:
        # The column holds unknown prices as NaN, which no comparison lets pass.
        comparable = columns.having("currency", (plain(filters.currency or ""),)) & ~np.isnan(columns.price)
        if filters.min_price is not None:
            yield "min_price", f"{filters.min_price:g}", comparable & (columns.price >= filters.min_price), comparable
        if filters.max_price is not None:
            yield "max_price", f"{filters.max_price:g}", comparable & (columns.price <= filters.max_price), comparable
    if filters.gender is not None:
        wanted = (filters.gender, UNISEX)
        yield "gender", filters.gender, columns.having("gender", wanted), ~columns.having("gender", ("",))
    for name, values in (("season", filters.seasons), ("mood", filters.moods)):
        if values:
            held = columns.seasons if name == "season" else columns.moods
            asked = bits(vocabulary.ids("season" if name == "season" else "mood"), values)
            yield f"{name}s", ", ".join(values), (held & np.uint64(asked)) != 0, held != 0
    for note in filters.include_notes:
        yield "include_notes", note, having_note(columns, note), columns.has_notes
    for note in filters.exclude_notes:
        yield "exclude_notes", note, columns.has_notes & ~having_note(columns, note), columns.has_notes
    for name in ("brand", "family"):
        text: str | None = getattr(filters, name)
        if text is not None:
            yield name, text, columns.having(name, (text,)), ~columns.having(name, ("",))
    if filters.min_longevity_h is not None:
        known = ~np.isnan(columns.longevity_h)
        yield (
            "min_longevity_h",
            f"{filters.min_longevity_h:g}",
            known & (columns.longevity_h >= filters.min_longevity_h),
            known,
        )
    if filters.is_sample is not None:
        yield "is_sample", "yes" if filters.is_sample else "no", columns.is_sample == filters.is_sample, None


def _ids(field: vocabulary.Field, words: Sequence[str]) -> tuple[str, ...]:
    found = (vocabulary.canonical_or_none(field, word) for word in words)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _family(word: str | None) -> str | None:
    """Of perfumes, or of materials where perfumes have no such family."""
    try:
        return vocabulary.canonical_or_none("family", word)
    except BadInput:
        if word is not None and plain(word) in vocabulary.ids("material_family"):
            return plain(word)
        raise
