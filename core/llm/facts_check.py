"""Holds a text to the facts: each number in it must be one of the allowed figures, or a rounding of one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fnmatch import fnmatchcase

from core.llm.numbers_in_text import Number, numbers_in

Allowed = float | int | str | None
FAMILIAR = {"f1"}  # names with digits that are words of the trade
MIN_DIGITS = 2  # "1" is a rounding of 0.71 and says nothing of it


def unsupported_numbers(text: str, allowed: Iterable[Allowed]) -> tuple[str, ...]:
    """The numbers of `text`, as written, that no allowed figure stands behind.

    allowed: values (shares as shares: 0.0192 also allows 1.92 %), and texts, whose numbers, dates and names with
    digits are allowed as displayed. A number may be rounded further, to no fewer than two digits. A sign that is
    written must be right; without one the size is compared, since words such as "less" carry it.
    """
    known = [figure for one in allowed for figure in _figures(one)]
    return tuple(number.text for number in numbers_in(text) if not any(_supports(one, number) for one in known)
                 and not (number.kind == "name" and number.value in FAMILIAR))  # fmt: skip


def _figures(one: Allowed) -> tuple[Number, ...]:
    if one is None or isinstance(one, str):
        return numbers_in(one or "")
    if not math.isfinite(one):
        return ()
    # An int is a count; a float may be a share.
    return (Number("bare", float(one), repr(one), step=1.0 if isinstance(one, int) else 0.0),)


def _supports(figure: Number, number: Number) -> bool:
    if isinstance(figure.value, str) or isinstance(number.value, str):
        return _says_the_same(figure, number)
    if figure.kind == number.kind:
        return _is_rounding(number, number.value, figure.value)
    if figure.kind == "percent":
        return _is_rounding(number, number.value, figure.value / 100)
    # A count never becomes a percentage: 2 models are not 200 %.
    is_count = figure.value.is_integer() and (figure.step >= 1 or abs(figure.value) > 1)
    return not is_count and _is_rounding(number, number.value, 100 * figure.value)


def _says_the_same(figure: Number, number: Number) -> bool:
    if figure.kind == "date" and number.kind == "bare":  # a year alone
        return number.text.isdigit() and str(figure.value).startswith(f"{number.text}-")
    if figure.kind != number.kind:
        return False
    # A text may say less of a date than is known ("in May"), not more.
    return fnmatchcase(str(figure.value), str(number.value)) if number.kind == "date" else figure.value == number.value


def _is_rounding(number: Number, written: float, value: float) -> bool:
    if not number.is_signed:
        written, value = abs(written), abs(value)
    if math.isclose(written, value, rel_tol=1e-9, abs_tol=1e-12):
        return True
    return number.digits >= MIN_DIGITS and abs(written - value) <= number.step / 2 * (1 + 1e-9)
