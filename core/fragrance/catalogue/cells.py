"""One cell of a row as a value; what cannot be read is refused by naming the column, never guessed.

A row maps column ids to text. A column that is absent says nothing; an empty cell says "not known".
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches

from core.datasets.coercion import FALSE_WORDS, TRUE_WORDS
from core.errors import BadInput
from core.fragrance.vocabulary import Field, canonical, ids, words_of

Row = Mapping[str, str]

GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")  # 1,234,567 is a number; 1,5 might be one and a half
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
DAY = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})([T ]00:00(:00)?)?")
# What a spreadsheet would run as a formula; on writing an apostrophe is put in front (OWASP, CSV injection).
FORMULA = re.compile(r"^[=+\-@\t\r\n＝＋－＠]")
GUARDED = re.compile(r"^'+[=+\-@\t\r\n＝＋－＠]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # left by a wrong decoding; line breaks stay
MOST_NAMED = 20  # known words that one sentence lists


def text(row: Row, column: str) -> str:
    """The words in NFC, trimmed, without control characters and without the guard against formulas."""
    found = row.get(column, "")
    if not found:
        return ""
    if GUARDED.match(found):
        found = found[1:]
    return unicodedata.normalize("NFC", CONTROLS.sub("", found)).strip()


def guarded(value: str) -> str:
    """The text as a cell of an exported file; `text` takes the guard off again."""
    is_harmless = PLAIN.fullmatch(value) or not (FORMULA.match(value) or GUARDED.match(value))
    return value if is_harmless else f"'{value}"


def number(row: Row, column: str) -> float | None:
    """A finite number; None for an empty cell. A unit or a decimal comma is refused."""
    written = text(row, column)
    if not written:
        return None
    if GROUPED.fullmatch(written):
        written = written.replace(",", "")
    if not PLAIN.fullmatch(written) or not math.isfinite(float(written)):
        raise BadInput("fragrance_catalogue.not_a_number", column=column, value=written)
    return float(written)


def percent(row: Row, column: str) -> float | None:
    """A number that may carry the percent sign of its own unit."""
    written = text(row, column)
    return number({column: written.removesuffix("%").strip()}, column)


def whole(row: Row, column: str) -> int | None:
    found = number(row, column)
    if found is not None and not found.is_integer():
        raise BadInput("fragrance_catalogue.not_whole", column=column, value=text(row, column))
    return None if found is None else int(found)


def yes(row: Row, column: str, *, default: bool) -> bool:
    """Yes or no in either language; the default for an empty cell."""
    written = text(row, column).casefold()
    if not written:
        return default
    if written in TRUE_WORDS or written in FALSE_WORDS:
        return written in TRUE_WORDS
    raise BadInput("fragrance_catalogue.not_yes_or_no", column=column, value=written)


def day(row: Row, column: str) -> date | None:
    """A date written year first."""
    written = text(row, column)
    if not written:
        return None
    found = DAY.fullmatch(written)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else _no_date(column, written)
    except ValueError:
        return _no_date(column, written)


def _no_date(column: str, written: str) -> date:
    raise BadInput("fragrance_catalogue.not_a_date", column=column, value=written)


def items(row: Row, column: str) -> tuple[str, ...]:
    """A list, each item once: separated by semicolons where there are any, else by commas."""
    written = text(row, column)
    separator = ";" if ";" in written else ","
    found = (" ".join(item.split()) for item in written.split(separator))
    return tuple(dict.fromkeys(item for item in found if item))


def word(column: str, written: str, field: Field) -> str:
    """The vocabulary's id of a word in either language. Raises BadInput naming the words that come near."""
    try:
        return canonical(field, written)
    except BadInput:
        known = ids(field)
        if len(known) > MOST_NAMED:
            words = {one: word_id for word_id in known for one in words_of(field, word_id)}
            near = get_close_matches(written.casefold(), words, n=5, cutoff=0.5) or list(words)[:5]
            known = tuple(dict.fromkeys(words[one] for one in near))
        raise BadInput(
            "fragrance_catalogue.unknown_word", column=column, value=written, known=", ".join(known)
        ) from None


def words(row: Row, column: str, field: Field) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word(column, item, field) for item in items(row, column)))


def shown(value: float | int | date | None) -> str:
    """A number or date as a cell: nothing for None, no needless decimals."""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return "" if value is None else str(value)
