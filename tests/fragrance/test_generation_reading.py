"""Free words in Korean and English become fields of a brief; what was not understood is told."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import BadInput
from core.fragrance.generation.reading_briefs import Given, Reading, read_brief
from tests.fragrance.small_catalogue import small_catalogue

KOREAN: dict[str, dict[str, Any]] = {
    "봄에 어울리는 은은한 장미 향, 머스크 없이": {
        "seasons": ("spring",), "intensity": "light", "odour": {"rose": 1.0, "musk": -1.0}},
    "비 온 뒤 숲속 느낌의 차분한 향수": {"moods": ("natural", "calm"), "odour": {"earthy": 1.0, "woody": 1.0}},
    "달지 않은 따뜻한 우디 향": {
        "family": "woody", "moods": ("cosy",), "odour": {"sweet": -0.8, "warm": 1.0, "woody": 1.0}},
    "덜 달게, 좀 더 상쾌하게": {"moods": ("fresh",), "odour": {"sweet": -0.5, "fresh": 1.0}},
    "장미와 재스민 없이 시트러스 향수를 만들어 주세요": {
        "family": "citrus", "odour": {"rose": -1.0, "jasmine": -1.0, "citrus": 1.0}},
    "바닐라는 빼고 샌달우드로 관능적인 밤 향수": {
        "moods": ("sensual",), "occasions": ("evening",), "odour": {"vanilla": -1.0, "sandalwood": 1.0}},
    "여름 휴가에 뿌릴 바다 향. 코코넛 말고 자몽으로": {
        "seasons": ("summer",), "occasions": ("travel",),
        "odour": {"marine": 1.0, "coconut": -1.0, "grapefruit": 1.0}},
    "제주의 산뜻한 향": {
        "moods": ("fresh",),
        "odour": {"fresh": 1.0, "orange_blossom": 0.5, "yuzu": 0.5, "marine": 0.5, "green": 0.25}},
    "겨울밤 데이트에 어울리는 신비로운 향": {
        "seasons": ("winter",), "occasions": ("evening", "date"), "moods": ("mysterious",)},
    "활기차고 상쾌한 여성용 향수": {"moods": ("energetic", "fresh"), "gender": "feminine", "odour": {"fresh": 1.0}},
    "너무 강하지 않게 라벤더 향으로": {"intensity": "light", "odour": {"lavender": 1.0}},
    "진한 가죽 향, 남성용": {"intensity": "strong", "gender": "masculine", "odour": {"leather": 1.0}},
    "파우더리하지 않은 아이리스": {"odour": {"powdery": -0.8, "iris": 1.0}},
    "사무실에서 쓸 비누향": {"occasions": ("office",), "odour": {"clean": 1.0}},
    "재스민은 싫어요. 가죽 향으로 해주세요": {"odour": {"jasmine": -1.0, "leather": 1.0}},
    "배 향과 사과향의 달콤한 프루티": {
        "family": "fruity", "odour": {"pear": 1.0, "apple": 1.0, "sweet": 1.0, "fruity": 1.0}},
    "꽃향기 가득한 로맨틱한 향수": {"moods": ("romantic",), "odour": {"floral": 1.0}},
    "커피향, 초콜릿은 제외하고": {"odour": {"coffee": 1.0, "chocolate": -1.0}},
    "은은하면서 우아한 흰 꽃": {"intensity": "light", "moods": ("elegant",), "odour": {"white_floral": 1.0}},
    "약간의 후추와 레몬": {"odour": {"pepper": 0.4, "lemon": 1.0}},
    "베르가못 오일을 넣은 플로럴": {"family": "floral", "odour": {"floral": 1.0}, "wanted": ("bergamot_oil",)},
    "갈락솔라이드는 빼고 바닐린을 넣어 주세요": {"wanted": ("vanillin",), "excluded": ("galaxolide",)},
    "복잡한 시프레, kg당 20만원 이하": {"family": "chypre", "complexity": "complex", "budget_per_kg": 200_000.0},
    "한옥의 나무향": {"odour": {"woody": 1.0, "pine": pytest.approx(1 / 3), "earthy": pytest.approx(1 / 6)}},
    "장미향의 장미수": {"odour": {"rose": 1.0}},
    "100 g 배치로 유자 향": {"batch_g": 100.0, "odour": {"yuzu": 1.0}},
    "튜베로즈나 일랑일랑 없이": {"odour": {"white_floral": -1.0, "ylang": -1.0}},
}  # fmt: skip
ENGLISH: dict[str, dict[str, Any]] = {
    "A fresh citrus for summer without rose or musk": {
        "family": "citrus", "moods": ("fresh",), "seasons": ("summer",),
        "odour": {"fresh": 1.0, "citrus": 1.0, "rose": -1.0, "musk": -1.0}},
    "not too sweet vanilla, dark and mysterious": {
        "moods": ("mysterious",), "odour": {"sweet": -0.5, "vanilla": 1.0}},
    "less sweet, more woody": {"family": None, "odour": {"sweet": -0.5, "woody": 1.0}},
    "no musk, with bergamot oil and a hint of pepper": {
        "odour": {"musk": -1.0, "pepper": 0.4}, "wanted": ("bergamot_oil",)},
    "smoke-free leather for men in winter": {
        "family": "leather", "gender": "masculine", "seasons": ("winter",),
        "odour": {"smoky": -1.0, "leather": 1.0}},
    "an elegant iris for the office, not powdery": {
        "moods": ("elegant",), "occasions": ("office",), "odour": {"iris": 1.0, "powdery": -0.8}},
    "green tea and cherry blossom, 50 g batch, 120,000 KRW/kg": {
        "odour": {"tea": 1.0, "cherry_blossom": 1.0}, "batch_g": 50.0, "budget_per_kg": 120_000.0},
    "Fall evening, intense amber": {
        "seasons": ("autumn",), "occasions": ("evening",), "intensity": "strong", "family": "oriental",
        "odour": {"amber": 1.0}},
    "jasmin and patchouly": {"odour": {"jasmine": 1.0, "patchouli": 1.0}},
    "cedar woody musk": {"family": "woody", "odour": {"cedar": 1.0, "woody": 1.0, "musk": 1.0}},
    "rose, $50/kg": {"odour": {"rose": 1.0}, "budget_per_kg": None},  # the catalogue's prices are in won
}  # fmt: skip


def read(**given: Any) -> Reading:
    return read_brief(Given(**given), catalogue=small_catalogue())


@pytest.mark.parametrize(("words", "fields"), [*KOREAN.items(), *ENGLISH.items()])
def test_when_words_are_read_then_they_become_fields(words: str, fields: dict[str, Any]) -> None:
    brief = read(words=words).brief

    expected = {"family": None, "moods": (), "seasons": (), "intensity": "moderate", "gender": None, "occasions": (),
                "odour": {}, "wanted": (), "excluded": (), "budget_per_kg": None, "batch_g": 20.0,
                "complexity": "medium"} | fields  # fmt: skip
    assert {name: getattr(brief, name) for name in expected} == expected
    assert brief.words == words


def test_when_a_piece_of_the_text_is_not_known_then_it_is_told() -> None:
    assert read(words="장미 향과 블루투스 느낌").unread == ("블루투스",)


def test_when_words_are_understood_then_each_field_is_told_in_both_languages() -> None:
    told = read(words="봄에 어울리는 장미 향, 머스크 없이").understood

    assert [one.text("ko") for one in told] == ["계절: 봄.", "강도: 보통.", "원하는 향: 장미.", "뺄 향: 머스크."]
    assert "Without the odours: musk." in [one.text("en") for one in told]


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"season": "fall"}, {"seasons": ("autumn",)}),
        ({"season": "all"}, {"seasons": ()}),
        ({"gender": "female"}, {"gender": "feminine"}),
        ({"gender": "male"}, {"gender": "masculine"}),
        ({"intensity": "soft"}, {"intensity": "light"}),
        ({"complexity": "복합"}, {"complexity": "complex"}),
        ({"budget_range": "low"}, {"budget_per_kg": 60_000.0}),
        ({"budget_range": "high"}, {"budget_per_kg": None}),
        ({"mood": "낭만적인"}, {"moods": ("romantic",)}),
        ({"region_season": "가을"}, {"seasons": ("autumn",)}),
    ],
)
def test_when_a_field_holds_a_synonym_then_one_form_is_kept(given: dict[str, str], fields: dict[str, Any]) -> None:
    several = {"season": "seasons", "mood": "moods"}
    brief = read(
        **{several.get(name, name): (word,) if name in several else word for name, word in given.items()}
    ).brief

    assert {name: getattr(brief, name) for name in fields} == fields


def test_when_field_and_text_differ_then_the_field_wins() -> None:
    brief = read(words="겨울에 쓸 강한 우디 향", family="citrus", seasons=("summer",), intensity="light").brief

    assert (brief.family, brief.seasons, brief.intensity) == ("citrus", ("summer",), "light")


def test_when_notes_are_named_and_the_text_excludes_them_then_the_field_wins() -> None:
    brief = read(words="장미 없이, 바닐린 없이", notes=("rose",), wanted=("vanillin",)).brief

    assert (brief.odour, brief.wanted, brief.excluded) == ({"rose": 1.0}, ("vanillin",), ())


def test_when_less_of_a_material_is_asked_then_it_is_told_as_not_read() -> None:
    reading = read(words="less galaxolide")

    assert (reading.brief.wanted, reading.brief.excluded, reading.unread) == ((), (), ("galaxolide",))


def test_when_the_season_field_is_all_then_the_text_does_not_restrict_it() -> None:
    assert read(words="겨울 향", seasons=("all",)).brief.seasons == ()


def test_when_notes_are_named_then_words_are_wished_and_materials_wanted() -> None:
    reading = read(notes=("rose", "Vanillin", "moon dust"), without=("머스크", "Galaxolide"))

    assert reading.brief.odour == {"rose": 1.0, "musk": -1.0}
    assert (reading.brief.wanted, reading.brief.excluded) == (("vanillin",), ("galaxolide",))
    assert reading.unread == ("moon dust",)


def test_when_a_tradition_is_given_then_its_odours_are_wished() -> None:
    assert set(read(tradition="다도").brief.odour) == {"tea", "green", "woody"}


@pytest.mark.parametrize(("field", "word"), [("intensity", "loud"), ("family", "plastic"), ("gender", "robot")])
def test_when_a_field_holds_an_unknown_word_then_the_error_names_the_field(field: str, word: str) -> None:
    with pytest.raises(BadInput) as raised:
        read(**{field: word})

    assert raised.value.key == "fragrance.unknown_word"
    assert raised.value.details["field"] == field


@pytest.mark.parametrize("given", [
    {"words": "rose but no rose"}, {"notes": ("rose",), "without": ("rose",)},
    {"wanted": ("vanillin",), "excluded": ("vanillin",)},
])  # fmt: skip
def test_when_a_thing_is_both_wanted_and_excluded_then_one_sentence_says_so(given: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as raised:
        read(**given)

    assert raised.value.key == "fragrance_generation.wanted_and_excluded"


def test_when_the_text_is_empty_then_the_brief_restricts_nothing() -> None:
    reading = read(words="  ")

    assert (reading.brief.odour, reading.brief.family, reading.unread) == ({}, None, ())
