"""Why an item was found: which words of the query it has, which of its notes were asked for, which filters held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.fragrance import vocabulary
from core.fragrance.catalogue.materials import Material
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.search.concepts import Concept, concepts_in
from core.fragrance.search.reading_queries import ReadQuery
from core.fragrance.search.rows import Row

LEAST_LETTERS = 3  # of a word that is worth telling; shorter ones are articles and the like
STOPS = ".,;:!?()[]\"'"


@dataclass(frozen=True)
class Matched:
    """words: of the query that stand in its words. notes: of its notes, as written, that were asked for.

    missing: labels of asked notes that it has not, in English. filters: names of those that held.
    """

    words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()


def matched(row: Row, read: ReadQuery, asked: Sequence[Concept], filters: tuple[str, ...]) -> Matched:
    """What of the query is in the row. filters: names of those that hold."""
    notes, text = texts_of(row)
    named = {note: _named(note) for note in notes}
    wanted = {one.number for one in asked}
    held = {number for numbers in named.values() for number in numbers}
    small = text.casefold()
    return Matched(
        tuple(word for word in _words(read.expanded) if _stands(word.casefold(), small)),
        tuple(note for note, numbers in named.items() if numbers & wanted),
        tuple(one.en for one in asked if one.number not in held),
        filters,
    )


def texts_of(row: Row) -> tuple[tuple[str, ...], str]:
    """Its notes, and all its words."""
    if isinstance(row, Perfume):
        return row.all_notes, "\n".join((row.name, row.brand, row.description, ", ".join(row.all_notes)))
    if isinstance(row, Material):
        odour = tuple(vocabulary.label("odour", one) for one in row.odour)
        described = row.description_en, row.description_ko
        return (row.name_en, *odour), "\n".join((row.name_en, row.name_ko, *odour, *described))
    return row.materials, "\n".join((row.name, ", ".join(row.materials)))


@lru_cache(maxsize=1 << 14)  # the same notes stand in many perfumes
def _named(note: str) -> frozenset[int]:
    return frozenset(one.number for one in concepts_in((note,)))


@lru_cache(maxsize=256)
def _words(query: str) -> tuple[str, ...]:
    """The words of a query that are worth telling, as written, each once."""
    words = dict.fromkeys(word.strip(STOPS) for word in query.split())
    return tuple(word for word in words if len(word) >= (2 if _is_korean(word) else LEAST_LETTERS))


def _stands(word: str, text: str) -> bool:
    """As a whole word, or its plural; a Korean one where its first two letters begin a word, as endings differ."""
    is_korean = _is_korean(word)
    word = word[:2] if is_korean else word
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        rest = text[end : end + 2]
        ends = is_korean or not rest[:1].isalnum() or (rest[:1] == "s" and not rest[1:].isalnum())
        if ends and (at == 0 or not text[at - 1].isalnum()):
            return True
        at = text.find(word, at + 1)
    return False


def _is_korean(word: str) -> bool:
    return "가" <= word[:1] <= "힣"
