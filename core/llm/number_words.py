"""Numbers written as words, where they make a claim: "twice", "two thirds", 두 배, 절반.

"One" and 한 are left out: they are articles far more often than counts.
"""

from __future__ import annotations

import re

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ONES = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_TEENS = {"ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "dozen": 12, "hundred": 100, "thousand": 1000}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_TIMES = {
    "twice": 2, "double": 2, "doubled": 2, "doubles": 2, "thrice": 3, "triple": 3, "tripled": 3, "triples": 3,
    "quadruple": 4, "quadrupled": 4, "half": 0.5, "halved": 0.5, "halves": 0.5, "twofold": 2, "threefold": 3,
    "tenfold": 10, "million": 1e6,
}  # fmt: skip
_SHARES = {"third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_NATIVE_ONES = {
    "하나": 1, "한": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "네": 4, "넷": 4, "다섯": 5, "여섯": 6, "일곱": 7,
    "여덟": 8, "아홉": 9,
}  # fmt: skip
_NATIVE_TENS = {
    "열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80,
    "아흔": 90, "백": 100, "천": 1000,
}  # fmt: skip
_KOREAN_TIMES = {"절반": 0.5, "반토막": 0.5, "곱절": 2, "갑절": 2}
_COUNTED = r"배|개(?!수)|가지|번(?!호)|곳|명|건|달|주|해|시간|차례|종|쪽|부분|묶음|사람"
_TENS_FIRST = rf"(?:{'|'.join(_NATIVE_TENS)})(?:{'|'.join(_NATIVE_ONES)})?"
_ONES_ALONE = "|".join(one for one, value in _NATIVE_ONES.items() if value > 1)

# For a verbose pattern: spaces are written as \s.
WORDS = "|".join(
    (
        rf"\b(?:(?:an?|one|two|three|four)[\s-])(?:{'|'.join(_SHARES)})s?\b",
        rf"\b(?:{'|'.join(_TENS)})(?:-(?:one|{'|'.join(_ONES)}))?\b",
        rf"\b(?:{'|'.join((*_ONES, *_TEENS, *_TIMES))})s?\b(?!-check)",
        "|".join(_KOREAN_TIMES),
        rf"(?<![가-힣])(?:{_TENS_FIRST}|{_ONES_ALONE})(?=\s?(?:{_COUNTED}))",
    )
)


def word_value(text: str) -> float:
    """What a text found by WORDS stands for."""
    word = text.lower()
    if word in _KOREAN_TIMES:
        return _KOREAN_TIMES[word]
    if re.match("[가-힣]", word):
        return float(_native(word))
    for ending, parts in _SHARES.items():
        if re.search(rf"[\s-]{ending}s?$", word):
            return _ONES.get(re.split(r"[\s-]", word)[0], 1) / parts
    known = {**_ONES, **_TEENS, **_TENS, **_TIMES, "one": 1}
    if word in known:
        return float(known[word])
    if "-" in word:
        return float(sum(known[part] for part in word.split("-")))
    return float(known[word.removesuffix("s")])


def _native(word: str) -> int:
    for tens, value in _NATIVE_TENS.items():
        if word.startswith(tens):
            return value + _NATIVE_ONES.get(word.removeprefix(tens), 0)
    return _NATIVE_ONES[word]
