"""The studio: from words to alternatives, and an editor that keeps what is typed and says what is off."""

from __future__ import annotations

import pytest

from app.ui.fragrance_studio import composing
from core.errors import BadInput
from tests.ui.conftest import Opener, turn_to, visible_text
from tests.ui.fragrance_pages import (
    BATCH,
    FORMULA,
    LINES,
    OVER,
    SHELF,
    STUDIO_TABS,
    TALK,
    VERSIONS,
    desk,
    on_desk,
)
from tests.ui.image_pages import press_one

ADVICE = {"en": "not a certification", "ko": "인증하지 않습니다"}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_when_nothing_was_composed_then_each_tab_says_what_to_do_first(open_page: Opener, language: str) -> None:
    app = open_page("fragrance_studio", language)
    assert not app.exception
    assert ADVICE[language] in visible_text(app)
    told = {"en": "Nothing has been composed yet", "ko": "아직 만든 포뮬러가 없습니다"}
    assert told[language] in visible_text(app)
    for tab in (FORMULA, BATCH, VERSIONS, TALK, SHELF):
        turn_to(app, STUDIO_TABS, tab)
        assert not app.exception
        assert len([one for one in app.main.markdown if one.value.startswith("### ")]) == 2  # the brief's and its own


def test_when_words_are_written_then_what_was_understood_and_what_not_stand_below(open_page: Opener) -> None:
    app = open_page("fragrance_studio", "ko")
    app.text_area[0].set_value("차분한 가을 우디, 블랑블랑").run()
    text = visible_text(app)
    assert "분위기\\: 차분한" in text
    assert "계절\\: 가을" in text
    assert ":orange-badge[블랑블랑]" in text


def test_when_a_brief_is_composed_then_alternatives_stand_side_by_side_and_one_can_be_worked_on(
    open_page: Opener,
) -> None:
    app = open_page("fragrance_studio", "en")
    app.text_area[0].set_value("a simple fresh citrus").run()
    app.number_input(key="studio-alternatives").set_value(2).run()
    press_one(app, "studio-compose")
    text = visible_text(app)
    assert "Alternatives: 2" in text
    assert "per kg of concentrate" in text
    assert "Partly unknown" in text or "Keeps the known limits" in text
    press_one(app, "studio-take-2")
    assert on_desk(app).told_sum == "100"
    assert "Not saved" in visible_text(app)
    assert {"Longevity", "Sillage", "Per kg of concentrate"} <= {one.label for one in app.metric}


def test_when_another_tab_was_open_then_the_words_of_the_brief_are_still_there(open_page: Opener) -> None:
    app = open_page("fragrance_studio")
    app.text_area[0].set_value("a simple fresh citrus").run()
    turn_to(app, STUDIO_TABS, FORMULA)
    turn_to(app, STUDIO_TABS, 0)
    assert app.text_area[0].value == "a simple fresh citrus"


def test_when_a_brief_cannot_be_met_then_the_conflict_is_said_and_what_to_loosen(open_page: Opener) -> None:
    app = open_page("fragrance_studio")
    app.number_input(key="studio-budget").set_value(1.0).run()
    press_one(app, "studio-compose")
    assert len(app.error) == 1
    assert "budget of 1 KRW" in app.error[0].value
    assert "Loosen one of the demands" in visible_text(app)


def test_when_the_brief_changes_after_composing_then_the_page_says_that_what_stands_below_is_older(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BadInput("fragrance_generation.none_found")

    monkeypatch.setattr(composing, "generate", refuse)
    app = open_page("fragrance_studio")
    press_one(app, "studio-compose")
    assert not app.info
    app.text_area[0].set_value("a smoky wood").run()
    assert "The brief has changed" in app.info[0].value


def test_when_a_limit_is_broken_then_the_rule_the_excess_and_the_line_are_told(open_page: Opener) -> None:
    app = desk(open_page, OVER)
    text = visible_text(app)
    assert "Over a limit" in text
    assert ": 1.221 % of the finished product" in app.error[0].value
    assert "over the limit of 0.6 %" in app.error[0].value
    table = next(one.value for one in app.dataframe if "Adds % of product" in one.value.columns)
    assert table.iloc[0, 0] == "citral"
    assert ADVICE["en"] in text


def test_when_the_sum_is_off_then_the_edits_stay_and_scaling_mends_it(open_page: Opener) -> None:
    app = desk(open_page, {**LINES, "linalool": 25.0})
    assert "Sum 105 % of 100 %" in visible_text(app)
    assert "105" in app.error[0].value
    assert app.button(key="studio-new").disabled
    assert on_desk(app).rows[1].share == 25.0
    press_one(app, "studio-normalise")
    assert not app.error
    assert "Sum 100 % of 100 %" in visible_text(app)
    press_one(app, "studio-undo")
    assert "Sum 105 % of 100 %" in visible_text(app)
    press_one(app, "studio-redo")
    assert "Sum 100 % of 100 %" in visible_text(app)


def test_when_the_solvent_makes_up_the_rest_then_the_other_lines_stay(open_page: Opener) -> None:
    app = desk(open_page, {**LINES, "linalool": 25.0})
    press_one(app, "studio-fill-isopropyl-myristate")
    assert not app.error
    assert [row.share for row in on_desk(app).rows] == [20.0, 25.0, 25.0, 25.0, 5.0]


def test_when_a_material_is_added_by_name_then_it_is_a_line_to_be_weighed(open_page: Opener) -> None:
    app = desk(open_page, LINES, language="ko")
    box = next(one for one in app.selectbox if (one.key or "").startswith("studio-add"))
    box.set_value("citral").run()
    assert not app.exception
    assert on_desk(app).rows[-1].ingredient == "citral"
    assert "합계 101 % / 100 %" in visible_text(app)


def test_when_the_dosage_falls_then_what_was_over_the_limit_is_not_any_more(open_page: Opener) -> None:
    app = desk(open_page, OVER)
    next(one for one in app.number_input if (one.key or "").startswith("desk-dosage")).set_value(5.0).run()
    assert not app.exception
    assert not app.error
    assert "Over a limit" not in visible_text(app)


def test_when_a_line_is_empty_then_one_sentence_says_so_and_nothing_is_judged(open_page: Opener) -> None:
    app = desk(open_page, {**LINES, "linalool": 0.0})
    assert len(app.error) == 1
    assert not app.metric
    assert app.button(key="studio-new").disabled
