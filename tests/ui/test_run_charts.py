"""Titles of charts on a screen of any width."""

from __future__ import annotations

import pytest

from app.ui.run_charts import COLUMNS, lines_of

KOREAN = "예측 클릭률에 따른 실제 클릭률 (같은 크기의 열 구간)"
ENGLISH = "Observed against predicted click rate (ten bins of equal size)"


@pytest.mark.parametrize("title", [KOREAN, ENGLISH])
def test_when_a_title_is_long_then_it_is_broken_between_words(title: str) -> None:
    lines = lines_of(title)
    assert len(lines) == 2
    assert " ".join(lines) == title
    assert max(map(len, lines)) <= COLUMNS


def test_when_a_title_is_short_then_it_stays_in_one_line() -> None:
    assert lines_of("Lift by decile (1 = chance)") == ["Lift by decile (1 = chance)"]
    assert lines_of("") == []
