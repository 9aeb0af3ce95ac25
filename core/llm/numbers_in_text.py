"""Every number in Korean or English prose, with the precision it is written in.

Both languages are always recognised, because Korean reports quote English and the other way round. Dates, times
and names that hold digits (`l_feat_12`, F1, a version) are kinds of their own; marks of a numbered list are none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from core.llm.number_words import MONTHS, WORDS, word_value

Kind = Literal["bare", "percent", "date", "time", "name"]
SCALES = {
    "십": 1e1, "백": 1e2, "천": 1e3, "만": 1e4, "억": 1e8, "조": 1e12, "k": 1e3, "K": 1e3, "thousand": 1e3,
    "M": 1e6, "million": 1e6, "B": 1e9, "bn": 1e9, "billion": 1e9, "trillion": 1e12,
}  # fmt: skip
_END = r"(?![A-Za-z0-9_])"
_UNITS = rf"(?:(?-i:[kKMB])|x|bn|ms|s|h|min|st|nd|rd|th|[kKMG]B|pp|pct|[eE][+-]?\d+){_END}"
_MONTH = rf"(?-i:(?:{'|'.join(MONTHS)})[a-z]*\.?)"  # "may 10" is no date
_PATTERN = re.compile(
    rf"""
      (?P<date>
          \d{{4}}[-./]\d{{1,2}}[-./]\d{{1,2}}(?!\d)
        | \d{{4}}년(?:\s*\d{{1,2}}월(?:\s*\d{{1,2}}일)?)? | \d{{1,2}}월(?:\s*\d{{1,2}}일)?
        | \b\d{{1,2}}\s{_MONTH}(?:\s\d{{4}})?{_END} | \b{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?{_END}
        | \b{_MONTH}\s\d{{4}}{_END}
      )
    | (?P<time> T?\d{{1,2}}:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)? )
    | (?P<name>
          [0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}
        | \d+(?:\.\d+){{2,}}
        | (?<![A-Za-z0-9_])(?!(?:KRW|USD|EUR)\d)[A-Za-z_][A-Za-z_]*\d[A-Za-z0-9_]*
        | (?!\d+{_UNITS})\d+[A-Za-z_][A-Za-z0-9_]*
      )
    | (?P<parts>\d+)분의\s*(?P<of_them>\d+)
    | (?P<sign>(?<![\w%)\]])[+\-−])? (?:(?:[₩$€£¥]|KRW|USD|EUR)\s?(?P<late_sign>[+\-−])?)?
      (?P<digits>\d{{1,3}}(?:,\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+) (?P<exponent>[eE][+-]?\d+)?
      (?P<scale>(?:[십백천]?\s?(?:만(?!큼)|억|조(?![각건])))|천|백(?!분)|십
        |\s?(?:thousand|million|billion|trillion){_END}|(?-i:[kKMB]|bn){_END})?
      (?P<percent>\s?(?:%p?|퍼센트(?:\s?포인트)?|(?:percent(?:age\spoints?)?|per\scent|pct|pp){_END}))?
    | (?P<word>{WORDS})
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LIST_MARK = re.compile(r"(?:^[ \t>*#•-]*|(?<=[.!?…] )|(?<=\s)(?=\d{1,2}\)))(\d{1,2})[.)]\**(?=\s)", re.MULTILINE)
_RANGE = re.compile(r"\s?(?:~|∼|–|—|-|to|에서|부터)\s?")
_SUPERSCRIPTS = str.maketrans({mark: f"^{digit}" for digit, mark in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
_CIRCLED = re.compile("[①-⑳⑴-⒇❶-❿]")


@dataclass(frozen=True)
class Number:
    """A number as written. Two are equal when they say the same, whatever their form: 1.92% and 1.920 percent.

    value: percents as percents (1.92), 3.4만 as 34000; dates as "2026-05-01" or "*-05-01", names verbatim.
    step: what one more in the last written digit would add; 0 for words, which are never a rounding.
    """

    kind: Kind
    value: float | str
    text: str = field(compare=False)
    step: float = field(default=0.0, compare=False)
    is_signed: bool = field(default=False, compare=False)
    digits: int = field(default=0, compare=False)  # significant digits written


def numbers_in(text: str) -> tuple[Number, ...]:
    """All numbers of the text, in their order."""
    plain = unicodedata.normalize("NFKC", _CIRCLED.sub(" ", text).translate(_SUPERSCRIPTS))
    plain = _without_list_marks(plain)
    found: list[tuple[Number, re.Match[str]]] = []
    for match in _PATTERN.finditer(plain):
        number = _number(match)
        if found and (joined := _joined(plain, *found[-1], number, match)):
            found[-1] = joined, match
            continue
        if found and number.kind == "percent" and found[-1][0].kind == "bare":
            before, earlier = found[-1]
            if _RANGE.fullmatch(plain, earlier.end(), match.start()):  # "1.5~2.1 %": both are percents
                found[-1] = replace(before, kind="percent"), earlier
        found.append((number, match))
    return tuple(number for number, _ in found)


def _number(match: re.Match[str]) -> Number:
    text = match.group().strip()
    if match["date"]:
        return Number("date", _date(text), text)
    if match["time"]:
        hours, minutes = re.findall(r"\d+", text)[:2]
        return Number("time", f"{int(hours):02d}:{minutes}", text)
    if match["name"]:
        return Number("name", text.lower(), text)
    if match["parts"]:
        parts = float(match["parts"])
        return Number("bare", float(match["of_them"]) / parts if parts else float("inf"), text)
    if match["word"]:
        return Number("bare", word_value(text), text)
    return _figure(match, text)


def _figure(match: re.Match[str], text: str) -> Number:
    digits = match["digits"].replace(",", "")
    factor = float(f"1{match['exponent']}") if match["exponent"] else 1.0
    for scale in _scales(match["scale"] or ""):
        factor *= scale
    sign = match["sign"] or match["late_sign"]
    value = float(digits) * factor * (-1 if sign in ("-", "−") else 1)
    decimals = len(digits.partition(".")[2])
    return Number(
        "percent" if match["percent"] else "bare",
        float(f"{value:.12g}"),
        text,
        step=factor * 10.0**-decimals,
        is_signed=sign is not None,
        digits=len(digits.replace(".", "").lstrip("0")),
    )


def _scales(text: str) -> Iterator[float]:
    name = text.strip()
    if name in SCALES or name.lower() in SCALES:
        yield SCALES.get(name) or SCALES[name.lower()]
    else:  # 백만, 천만, 천억
        yield from (SCALES[part] for part in name if part in SCALES)


def _joined(text: str, before: Number, earlier: re.Match[str], number: Number, match: re.Match[str]) -> Number | None:
    """1억 2,000만 is one number; so is 6만 1,151."""
    scale = (earlier["scale"] or "").strip()
    if not scale or scale[-1] not in "천만억조" or before.kind != "bare" or not match["digits"]:
        return None
    assert isinstance(before.value, float)
    assert isinstance(number.value, float)
    unit = before.step * 10.0 ** len((earlier["digits"] or "").partition(".")[2])
    gap = text[earlier.end() : match.start()]
    if gap not in ("", " ") or number.is_signed or number.value >= unit or before.value % unit or number.step <= 0:
        return None
    return Number(
        number.kind, before.value + number.value, f"{before.text}{gap}{number.text}", number.step, before.is_signed,
        before.digits + number.digits,
    )  # fmt: skip


def _date(text: str) -> str:
    """Year, month and day, `*` for what is not said; a month alone is "*-05-*"."""
    month = next((place for place, name in enumerate(MONTHS, 1) if name.lower() in text.lower()), None)
    figures = [int(part) for part in re.findall(r"\d+", text)]
    year = next((one for one in figures if one >= 1000), None)
    rest = [one for one in figures if one != year]
    if month is None and rest:
        month = rest.pop(0)
    day = rest[0] if rest else None
    return f"{year or '*'}-{_two(month)}-{_two(day)}"


def _two(part: int | None) -> str:
    return "*" if part is None else f"{part:02d}"


def _without_list_marks(text: str) -> str:
    """Blanks 1. 2. 3. or 1) 2) 3) at the head of lines and sentences, as long as they count up from one."""
    expected = 1
    pieces, end = [], 0
    for match in _LIST_MARK.finditer(text):
        number = int(match[1])
        if number not in (1, expected) or text.count("(", 0, match.start()) > text.count(")", 0, match.start()):
            continue
        expected = number + 1
        pieces.append(text[end : match.start(1)])
        end = match.end()
    return " ".join([*pieces, text[end:]]) if pieces else text
