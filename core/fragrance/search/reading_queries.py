"""Filters that a query says in words: a price, what to leave out or must hold, season, for whom, how long it lasts.

Each is told with the words it was read from, so that it can be shown and switched off. Nothing else is guessed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from typing import Any
from unicodedata import normalize

from core.fragrance import vocabulary
from core.fragrance.search.concepts import Mention, mentions
from core.fragrance.search.filters import Filters
from core.fragrance.vocabulary import CURRENCY_WORDS, NUMBER, Field, Side

_SIGNS = "".join(sign for sign, *_ in CURRENCY_WORDS.values())
_UNITS = "|".join(rf"{word}\b" if word.isascii() else word for _, *words in CURRENCY_WORDS.values() for word in words)
_AMOUNT = rf"([{_SIGNS}]?)\s*{NUMBER}\s*(만(?:\s*\d\s*천)?|천|k\b)?\s*({_UNITS})?"
CURRENCIES = {word: currency for currency, words in CURRENCY_WORDS.items() for word in words}
TIMES = {"만": 10_000, "천": 1_000, "k": 1_000, "": 1}
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
SIDES: tuple[Side, ...] = ("before", "after")
FIELDS_IN_WORDS: tuple[Field, ...] = ("mood", "season", "family")


@dataclass(frozen=True)
class ReadFilter:
    """A filter that was read. name: of a field of `Filters`. value: as there. words: of the query."""

    name: str
    value: object
    words: str


@dataclass(frozen=True)
class ReadQuery:
    """text: as it was asked, in NFC with single blanks. searched: without prices, hours and what is to be left out,
    which nobody looks for.

    expanded: `searched` with the English of what it names in Korean.
    """

    text: str
    searched: str
    expanded: str
    filters: tuple[ReadFilter, ...] = ()


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    filters: tuple[tuple[str, object], ...]
    is_removed: bool


@lru_cache(maxsize=1024)
def read_query(text: str) -> ReadQuery:
    """What the query says. Filters stand in the order of their words."""
    text = " ".join(normalize("NFC", text).split())  # patterns over long runs of blanks take seconds
    small = text.lower() if len(text.lower()) == len(text) else text
    spans = sorted(_spans(small), key=lambda span: (span.start, -span.end))
    found: list[ReadFilter] = []
    searched, at = "", 0
    for span in spans:
        found += [ReadFilter(name, value, text[span.start : span.end].strip()) for name, value in span.filters]
        if span.is_removed and span.end > at:
            searched += text[at : max(span.start, at)] + " "
            at = span.end
    searched = " ".join((searched + text[at:]).split()).strip(" ,.") if spans else text
    return ReadQuery(text, searched, expanded(searched), tuple(found))


def with_read(filters: Filters, read: ReadQuery, *, ignored: Collection[str] = ()) -> tuple[Filters, list[ReadFilter]]:
    """The given filters with those read, and which of the read ones count: what was given goes before what was said.

    ignored: names of filters that the visitor switched off.
    """
    counted: list[ReadFilter] = []
    if {"min_price", "max_price"} & (filters.given().keys() | set(ignored)):
        ignored = {*ignored, "min_price", "max_price", "currency"}  # of two prices one would be in a wrong currency
    for one in read.filters:
        if one.name in ignored:
            continue
        now = getattr(filters, one.name)
        against = {"include_notes": filters.exclude_notes, "exclude_notes": filters.include_notes}.get(one.name, ())
        if one.value in against:
            continue
        if isinstance(now, tuple):
            if one.value in now:
                continue
            change: dict[str, Any] = {one.name: (*now, one.value)}
        elif now is None:
            change = {one.name: one.value}
        else:
            continue
        filters = replace(filters, **change)
        counted.append(one)
    return filters, counted


def expanded(text: str) -> str:
    """With the English of odours, moods, seasons and families that a Korean text names: most perfumes are told so."""
    if not _HANGUL.search(text):
        return text
    added = [mention.concepts[0].en for mention in mentions(text)]
    added += [vocabulary.label(field, one, "en") for field in FIELDS_IN_WORDS for one in _named_in(field, text)]
    return " ".join([text, *dict.fromkeys(added)])


def _named_in(field: Field, text: str) -> Iterator[str]:
    """Ids of a field whose Korean words begin a word of the text."""
    begun = [word for word in text.split() if _HANGUL.match(word)]
    for one in vocabulary.ids(field):
        names = [word for word in vocabulary.words_of(field, one) if _HANGUL.match(word)]
        if any(word == name or (len(name) > 1 and word.startswith(name)) for word in begun for name in names):
            yield one


def _spans(text: str) -> Iterator[_Span]:
    yield from _prices(text)
    for pattern in _patterns("longevity", "at_least"):
        for match in pattern.finditer(text):
            yield _Span(match.start(), match.end(), (("min_longevity_h", float(match.group(1))),), True)
    yield from _notes(text)
    for season in vocabulary.ids("season"):
        said = _season(season).search(text)
        if said:
            yield _Span(said.start(), said.end(), (("seasons", season),), False)
    for gender in vocabulary.ids("gender"):
        said = _gender(gender).search(text)
        if said:
            yield _Span(said.start(), said.end(), (("gender", gender),), False)
            return  # "for him" and "for her" in one query is no filter that anything passes


def _prices(text: str) -> Iterator[_Span]:
    taken: list[tuple[int, int]] = []
    for way in ("between", "at_most", "at_least"):
        for pattern in _patterns("price", way):
            for match in pattern.finditer(text):
                if any(match.start() < end and start < match.end() for start, end in taken):
                    continue
                filters = _price(way, match.groups(), text[match.end() :])
                if filters:
                    taken.append(match.span())
                    yield _Span(match.start(), match.end(), filters, True)


def _price(way: str, groups: tuple[str | None, ...], rest: str) -> tuple[tuple[str, object], ...]:
    """A number without a currency is a price only where it can hardly be anything else."""
    amounts = []
    currency = ""
    for at in range(0, len(groups), 4):
        sign, number, times, unit = (group or "" for group in groups[at : at + 4])
        currency = CURRENCIES.get(unit.strip()) or CURRENCIES.get(sign) or currency
        amounts.append((float(number.replace(",", "")), times))
    if way == "between" and not amounts[0][1]:
        amounts[0] = (amounts[0][0], amounts[1][1] if amounts[0][0] < amounts[1][0] * 10 else "")
    values = [value * _times(times) for value, times in amounts]
    values = [value + 1000 * _thousands(times) for value, (_, times) in zip(values, amounts, strict=True)]
    if not currency and (values[-1] < 1000 or re.match(r"\s*(?:ml|hours?|hrs?|시간|notes?)", rest)):
        return ()
    named: tuple[tuple[str, object], ...] = (("currency", currency),) if currency else ()
    if way == "between":
        return (("min_price", min(values)), ("max_price", max(values)), *named)
    return (("max_price" if way == "at_most" else "min_price", values[0]), *named)


def _times(said: str) -> int:
    return TIMES[said[:1]]


def _thousands(said: str) -> int:
    """Of "5만 5천", the second five."""
    return int("".join(re.findall(r"\d", said)) or 0)


def _notes(text: str) -> Iterator[_Span]:
    """Notes to be left out, which nobody looks for, and notes that must be there."""
    found = mentions(text)
    taken: set[Mention] = set()
    for place, mention in enumerate(found):
        if mention in taken:
            continue
        run = [mention]
        for kind, is_removed in (("exclude", True), ("include", False)):
            begins = _one(kind, "before").search(text[: mention.start])
            last_word = text.rfind(" ", mention.start, mention.end) + 1 or mention.start
            ends = _one(kind, "after").match(text[last_word:])
            if begins:
                for before, after in zip(found[place:], found[place + 1 :], strict=False):
                    if kind != "exclude" or not _one("exclude", "joined").match(text[before.end : after.start]):
                        break
                    run.append(after)
                start, end = begins.start(), run[-1].end
            elif ends and not any(last_word < other.start < last_word + ends.end() for other in found[place + 1 :]):
                for before in reversed(found[:place]):
                    between = text[before.start : run[0].start]
                    if not _one("exclude", "joined_ko").search(between) or len(between.split()) > 2:
                        break
                    run.insert(0, before)
                start, end = run[0].start, last_word + ends.end()
            else:
                continue
            taken.update(run)
            yield _Span(start, end, tuple((f"{kind}_notes", _name(one, text)) for one in run), is_removed)
            break


def _name(mention: Mention, text: str) -> str:
    """What was named, in the language of the query."""
    return mention.concepts[0].label("ko" if _HANGUL.search(mention.word) else "en").casefold()


@cache
def _season(season: str) -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in vocabulary.words_of("season", season))
    return re.compile(_file()["season"]["pattern"].replace("{word}", f"(?:{words})"))


@cache
def _gender(gender: str) -> re.Pattern[str]:
    return re.compile(_file()["gender"][gender]["words"])


@cache
def _patterns(section: str, name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(one.replace("{number}", _AMOUNT)) for one in _file()[section][name])


@cache
def _one(section: str, name: str) -> re.Pattern[str]:
    pattern: str = _file()[section][name]
    for side in SIDES:
        pattern = pattern.replace(f"{{without_{side}}}", vocabulary.without(side))
    return re.compile(pattern)


@cache
def _file() -> dict[str, dict[str, Any]]:
    text = resources.files(__package__ or "core.fragrance.search").joinpath("query_words.toml").read_text("utf-8")
    return tomllib.loads(text)
