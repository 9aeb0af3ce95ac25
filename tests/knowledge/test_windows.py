"""Stretches of a passage that get a vector each: whole sentences, all of the text, headings above."""

from __future__ import annotations

import pytest

from core.knowledge.passages.windows import windows

KOREAN = (
    "환불은 30일 안에 됩니다. 영수증이 있어야 합니다. 배송비는 돌려 드리지 않습니다. 문의는 고객센터로 해 주십시오."
)


def test_when_sentences_fit_together_then_they_are_one_window() -> None:
    (only,) = windows("One. Two. Three.")
    assert (only.start, only.end, only.words) == (0, 16, "One. Two. Three.")


@pytest.mark.parametrize("width", [1, 30, 60, 1000])
@pytest.mark.parametrize("text", [KOREAN, "One is here.  Two is there!\n\nThree?", "끝없는 글자" * 40])
def test_when_text_is_cut_then_the_windows_follow_one_another_and_leave_no_word_out(text: str, width: int) -> None:
    found = windows(text, target_width=width)
    assert "".join(text[one.start : one.end] for one in found) == text
    assert "".join("".join(one.words for one in found).split()) == "".join(text.split())


def test_when_windows_are_narrow_then_each_is_a_whole_sentence() -> None:
    assert [one.words for one in windows(KOREAN, target_width=1)] == [f"{one}." for one in KOREAN[:-1].split(". ")]


def test_when_letters_are_korean_then_they_count_twice() -> None:
    assert len(windows("가" * 20 + ". " + "나" * 20 + ".", target_width=60)) == 2
    assert len(windows("a" * 20 + ". " + "b" * 20 + ".", target_width=60)) == 1


def test_when_headings_stand_above_then_every_window_begins_with_them() -> None:
    found = windows(KOREAN, above="규정 > 환불", target_width=1)
    assert found
    assert all(one.words.startswith("규정 > 환불\n") for one in found)


@pytest.mark.parametrize("text", ["", " \n "])
def test_when_there_is_no_text_then_there_is_still_one_window(text: str) -> None:
    assert len(windows(text, above="제목")) == 1


def test_when_a_number_has_a_point_then_the_sentence_goes_on() -> None:
    assert len(windows("It rose by 3.5 percent. Then it fell.", target_width=1)) == 2
