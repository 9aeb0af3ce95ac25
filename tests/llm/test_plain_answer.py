"""What models write beside their answers, and what is left when it is taken away."""

from __future__ import annotations

import pytest

from core.llm.plain_answer import plain_answer


@pytest.mark.parametrize(
    "written",
    [
        "It takes 3 days [1].",
        "It takes 3 days[1][2].",
        "It takes 3 days [1, 3-4].",
        "It takes 3 days (passage 2).",
        "It takes 3 days 【1】.",
        "<think>Is it 4? [2]</think>\n\nIt takes 3 days.",
        "<thinking>\nhm\n</thinking>It takes 3 days [문서 1].",
    ],
)
def test_when_a_model_adds_marks_or_thoughts_then_the_answer_is_left(written: str) -> None:
    assert plain_answer(written) == "It takes 3 days."


@pytest.mark.parametrize("come", ["<", "<thi", "<think>", "<think>Is it", "<think>a</thi"])
def test_when_a_thought_is_still_open_then_nothing_of_it_is_shown(come: str) -> None:
    assert plain_answer(come) == ""


@pytest.mark.parametrize(
    "text", ["배열 [2024]는 3 < 5 이고 (제2조)입니다.", "See [the guide](x) or a[i].", "1) one\n2) two"]
)
def test_when_brackets_are_part_of_the_answer_then_they_stay(text: str) -> None:
    assert plain_answer(text) == text
