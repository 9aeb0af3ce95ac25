"""The words of briefs, materials and perfumes in both languages; whatever word comes in, one id is stored.

The words themselves are data, `vocabulary.toml`: each entry has `en`, `ko` and further `words` that mean the same.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

from core.errors import BadInput

Field = Literal[
    "family", "material_family", "odour", "mood", "season", "intensity", "gender", "occasion", "layer", "budget",
    "complexity", "region",
]  # fmt: skip
Side = Literal["before", "after"]  # of a word
FIELDS: tuple[Field, ...] = get_args(Field)
# A number in free text, whole and of a size that anything costs or weighs; bounded, so that finding it stays linear.
NUMBER = r"(?<!\d)(?<!\d,)(\d[\d,]{0,14}(?:\.\d{1,6})?)(?!\d)"
# How the currency of an amount is written in free text: its sign, then words, longer ones first.
CURRENCY_WORDS = {
    "KRW": ("₩", "원", "krw", "won"),
    "USD": ("$", "달러", "usd", "dollars", "dollar"),
    "EUR": ("€", "유로", "euros", "euro", "eur"),
}
UNRESTRICTED = frozenset({"all", "any", "", "전체", "상관없음"})  # of season and gender: no restriction


@cache
def _file() -> Mapping[str, Mapping[str, Any]]:
    text = resources.files(__package__ or "core.fragrance").joinpath("vocabulary.toml").read_text("utf-8")
    return tomllib.loads(text)


def entries(field: Field) -> Mapping[str, Mapping[str, object]]:
    """The entries of a field by id, in the order to be offered."""
    return _file()[field]


def without(side: Side) -> str:
    """A regular expression over small letters of what says, before or after a word, that it is to be left out."""
    return "|".join(_file()["without"][side])


def ids(field: Field) -> tuple[str, ...]:
    return tuple(entries(field))


def label(field: Field, word_id: str, language: str = "en") -> str:
    """The word of an id in a language; the id itself where it is not of the vocabulary."""
    entry = entries(field).get(word_id)
    return str(entry["ko" if language == "ko" else "en"]) if entry else word_id


def canonical(field: Field, word: str) -> str:
    """The id behind a word in either language, whatever its case. Raises BadInput naming the field and its words."""
    found = _by_word(field).get(plain(word))
    if found is None:
        raise BadInput("fragrance.unknown_word", word=word, field=field, known=", ".join(ids(field)))
    return found


def canonical_or_none(field: Field, word: str | None) -> str | None:
    """The same; None for nothing and for the words that restrict nothing ("all")."""
    if word is None or plain(word) in UNRESTRICTED:
        return None
    return canonical(field, word)


@cache
def _by_word(field: Field) -> dict[str, str]:
    found: dict[str, str] = {}
    for word_id, entry in entries(field).items():
        others = entry.get("words", [])
        assert isinstance(others, list)
        for word in (word_id, str(entry["en"]), str(entry["ko"]), *others):
            found.setdefault(plain(word), word_id)
    return found


def words_of(field: Field, word_id: str) -> tuple[str, ...]:
    """Every word that means this id, plain, the longest first; for finding them in free text."""
    return tuple(sorted((word for word, one in _by_word(field).items() if one == word_id), key=len, reverse=True))


def plain(word: str) -> str:
    """Compared forms: NFC, small letters, single blanks."""
    return " ".join(unicodedata.normalize("NFC", word).casefold().replace("_", " ").split())
