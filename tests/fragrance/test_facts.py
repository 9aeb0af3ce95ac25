"""Questions about the studio's own data are answered from its records."""

from __future__ import annotations

from pathlib import Path

from core.chat.own_data import answer_for
from core.fragrance.catalogue.current import current_catalogue
from core.security.policy import GUEST, LOCAL_ANALYST


def test_when_materials_are_counted_then_the_figure_is_the_catalogues(home: Path) -> None:
    told = answer_for("조향 원료는 몇 가지인가요?", "ko", LOCAL_ANALYST)

    assert told is not None
    assert told.figures["materials"] == len(current_catalogue().materials)
    assert str(told.figures["materials"]) in told.text


def test_when_the_limits_in_force_are_samples_then_the_answer_says_so(home: Path) -> None:
    told = answer_for("Which limits table is in force?", "en", LOCAL_ANALYST)

    assert told is not None
    assert "no real standard" in told.text


def test_when_nobody_may_read_perfumery_then_nothing_is_told(home: Path) -> None:
    assert answer_for("How many perfumes are there?", "en", GUEST) is None
