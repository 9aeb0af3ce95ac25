"""What is known about each of the 119 columns, in Korean and English; anonymised ones are called so.

Source: the public notes on the Toss NEXT 2025 click challenge. What a person wrote into the dictionary comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from core.ctr.data.schema import BLOCKS, ROOM

Words = tuple[str, str]  # Korean, English

_NAMED: dict[str, Words] = {
    "gender": ("성별 코드(1, 2)", "Gender code (1, 2)"),
    "age_group": ("연령대 코드(1~8)", "Age group code (1 to 8)"),
    "inventory_id": ("광고가 노출된 지면의 ID", "Id of the placement where the ad was shown"),
    "day_of_week": ("노출 요일(1~7)", "Day of the week of the impression (1 to 7)"),
    "hour": ("노출 시각(0~23시)", "Hour of the impression (0 to 23)"),
    "seq": (
        "노출 이전 사용자 이벤트의 ID 목록(쉼표로 구분, 오래된 것부터)",
        "Ids of the user's events before the impression, separated by commas, oldest first",
    ),
    "clicked": ("클릭 여부(1: 클릭함, 0: 클릭하지 않음)", "Whether the ad was clicked (1) or not (0)"),
    "l_feat_14": (
        "광고 세트 번호(속성 피처 14번, 세부 내용은 익명 처리됨)",
        "Number of the ad set (attribute feature 14, anonymised otherwise)",
    ),
}
_BLOCKS: dict[str, Words] = {
    "l_feat": ("속성 피처 {number}번", "Attribute feature {number}"),
    "feat_e": ("정보 영역 E의 피처 {number}번", "Feature {number} of information area E"),
    "feat_d": ("정보 영역 D의 피처 {number}번", "Feature {number} of information area D"),
    "feat_c": ("정보 영역 C의 피처 {number}번", "Feature {number} of information area C"),
    "feat_b": ("정보 영역 B의 피처 {number}번", "Feature {number} of information area B"),
    "feat_a": ("정보 영역 A의 피처 {number}번", "Feature {number} of information area A"),
    "history_a": ("과거 이력 A의 피처 {number}번", "Feature {number} of past history A"),
    "history_b": ("과거 이력 B의 피처 {number}번", "Feature {number} of past history B"),
}
_ANONYMOUS: Words = ("익명 처리되어 의미는 공개되지 않음", "anonymised, its meaning is not public")
_CONSTANT: Words = ("공개 데이터에서는 값이 하나뿐임", "holds one value only in the public data")
_NOTES: dict[str, Words] = {
    "l_feat_20": _CONSTANT,
    "l_feat_23": _CONSTANT,
    "l_feat_17": ("공개 표본에서는 l_feat_9와 값이 같음", "equals l_feat_9 in the public extract"),
    "l_feat_16": ("공개 표본에서는 l_feat_1로 정해지는 값임", "follows from l_feat_1 in the public extract"),
}


def describe_columns(columns: Iterable[str], language: str) -> dict[str, str]:
    """Column to one line about it in "ko" or "en"; a column nobody described is said to be unknown."""
    from core.datasets.dictionary import entries

    written = entries(ROOM)
    return {
        column: written[column].label(language) if column in written else known_words(column, language)
        for column in columns
    }


def known_words(column: str, language: str) -> str:
    """The line about one of the 119 columns, or that it is not one of them."""
    korean, english = _known().get(column, ("설명이 등록되지 않은 열", "A column without a description"))
    return korean if language == "ko" else english


@cache
def _known() -> dict[str, Words]:
    numbered = {
        name: _numbered_words(name, _BLOCKS[block], number)
        for block, names in BLOCKS.items()
        for number, name in enumerate(names, 1)
    }
    return {**numbered, **_NAMED}


def _numbered_words(name: str, words: Words, number: int) -> Words:
    said = [_ANONYMOUS, *([_NOTES[name]] if name in _NOTES else [])]
    korean, english = ("; ".join(part) for part in zip(*said, strict=True))
    return f"{words[0].format(number=number)}({korean})", f"{words[1].format(number=number)} ({english})"
