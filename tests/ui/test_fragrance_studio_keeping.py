"""What becomes of a formula in the studio: versions, weighing, sharing, and composing in conversation."""

from __future__ import annotations

import pytest

from app.ui import visitor
from core.fragrance.formulas.stored import get_version, list_formulas, list_versions, save_version
from core.security.policy import LOCAL_ANALYST, Principal, Role
from tests.ui.conftest import Opener, turn_to, visible_text
from tests.ui.fragrance_pages import (
    BATCH,
    LINES,
    SHELF,
    STUDIO_TABS,
    TALK,
    VERSIONS,
    desk,
    field,
    lay,
    on_desk,
    store_formula,
)
from tests.ui.image_pages import press_one


def test_when_a_formula_is_saved_and_changed_then_both_versions_and_their_difference_are_shown(
    open_page: Opener,
) -> None:
    app = desk(open_page, LINES)
    field(app, "desk-name").set_value("Cedar study").run()
    field(app, "desk-reason").set_value("first sketch").run()
    press_one(app, "studio-new")
    (stored,) = list_formulas(principal=LOCAL_ANALYST)
    assert (stored.name, stored.version) == ("Cedar study", 1)
    assert app.query_params["formula"] == stored.id
    draft = on_desk(app)
    lines = {**LINES, "bergamot-oil-fcf": 25.0, "linalool": 15.0}
    lay(app, lines)
    app.session_state["kept:studio-draft"] = type(draft)(
        on_desk(app).rows, draft.name, formula_id=draft.formula_id, version=1, saved=draft.rows
    )
    app.run()
    assert "Changed since" in visible_text(app)
    field(app, "desk-reason").set_value("more bergamot").run()
    press_one(app, "studio-next")
    assert [one.reason for one in list_versions(stored.id, principal=LOCAL_ANALYST)] == [
        "more bergamot",
        "first sketch",
    ]
    turn_to(app, STUDIO_TABS, VERSIONS)
    table = next(one.value for one in app.dataframe if "In grams" in one.value.columns)
    assert dict(zip(table["Ingredient"], table["In grams"], strict=True)) == {
        "bergamot oil, furocoumarin free": "+1.0000 g",
        "linalool": "-1.0000 g",
    }
    press_one(app, "studio-go-back")
    version = get_version(stored.id, principal=LOCAL_ANALYST)
    assert (version.number, version.reason) == (3, "Back to version 1")
    assert version.formula == get_version(stored.id, 1, principal=LOCAL_ANALYST).formula


def test_when_somebody_saved_meanwhile_then_one_sentence_says_so_and_the_draft_stays(open_page: Opener) -> None:
    stored = store_formula()
    app = open_page("fragrance_studio", formula=stored.id)
    other = get_version(stored.id, principal=LOCAL_ANALYST).formula
    save_version(stored.id, other, expected=1, reason="elsewhere", principal=LOCAL_ANALYST)
    press_one(app, "studio-next")
    assert "changed by somebody else" in app.error[0].value
    assert on_desk(app).told_sum == "100"


def test_when_the_address_names_a_formula_then_it_is_open_and_one_that_is_not_there_is_said_once(
    open_page: Opener,
) -> None:
    stored = store_formula("Open me")
    app = open_page("fragrance_studio", formula=stored.id)
    assert app.subheader[0].value == "Open me"
    app = open_page("fragrance_studio", formula="nobody")
    assert not app.exception
    assert len(app.error) == 1
    app.run()
    assert not app.error


def test_when_a_batch_is_weighed_then_grams_sum_to_it_and_the_sheet_can_be_downloaded(open_page: Opener) -> None:
    app = desk(open_page, LINES, BATCH, "ko")
    assert "모두 20.00 g" in visible_text(app)
    assert any("인증하지 않습니다" in one.value for one in app.caption)
    press_one(app, "studio-sheet")
    labels = [one.proto.label for one in app.get("download_button")]
    assert any("PDF" in label for label in labels)
    app.selectbox(key="batch-step").set_value("1").run()
    assert not app.exception
    assert len(app.error) == 1  # 20 g are too few steps of 1 g


def test_when_the_draft_does_not_add_up_then_it_cannot_be_weighed_and_the_page_says_why(open_page: Opener) -> None:
    app = desk(open_page, {**LINES, "linalool": 25.0}, BATCH)
    assert "105" in app.error[0].value
    assert "Mend the sum" in visible_text(app)


def test_when_formulas_are_stored_then_the_shelf_lists_them(open_page: Opener) -> None:
    store_formula("Mine")
    app = open_page("fragrance_studio")
    turn_to(app, STUDIO_TABS, SHELF)
    assert not app.exception
    assert list(app.dataframe[-1].value["Name"]) == ["Mine"]


def test_when_a_sentence_follows_another_then_the_answer_says_what_changed_and_opens_in_the_editor(
    open_page: Opener,
) -> None:
    app = open_page("fragrance_studio")
    turn_to(app, STUDIO_TABS, TALK)
    app.chat_input[0].set_value("a simple soft rose").run()
    assert not app.exception
    app.chat_input[0].set_value("less sweet").run()
    assert not app.exception
    assert not app.error
    answers = [one.value for one in app.main.markdown if one.value.startswith("- ")]
    assert len(answers) == 2
    press_one(app, "studio-talk-open-1")
    assert on_desk(app).told_sum == "100"


def test_when_a_sentence_means_nothing_to_the_composer_then_one_sentence_says_so_and_the_talk_goes_on(
    open_page: Opener,
) -> None:
    app = open_page("fragrance_studio")
    turn_to(app, STUDIO_TABS, TALK)
    app.chat_input[0].set_value("a simple soft rose").run()
    app.chat_input[0].set_value("qwertz").run()
    assert not app.exception
    assert len(app.error) == 1
    assert len(app.chat_input) == 1


def test_when_a_formula_is_pasted_then_it_is_worked_on_and_a_bad_sum_is_said_while_the_text_stays(
    open_page: Opener,
) -> None:
    app = open_page("fragrance_studio")
    turn_to(app, STUDIO_TABS, SHELF)
    app.text_area(key="studio-pasted").set_value("linalool 60\nIso E Super 30").run()
    press_one(app, "studio-take-pasted")
    assert "90" in app.error[0].value
    assert app.text_area(key="studio-pasted").value == "linalool 60\nIso E Super 30"
    app.text_area(key="studio-pasted").set_value("linalool 60\nIso E Super 40").run()
    press_one(app, "studio-take-pasted")
    assert [(row.ingredient, row.share) for row in on_desk(app).rows] == [("linalool", 60.0), ("iso-e-super", 40.0)]


def test_when_a_role_may_not_read_formulas_then_the_studio_is_not_among_its_pages(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor, "LOCAL_ANALYST", Principal("ann", Role.ANALYST))
    assert "Nothing has been composed yet" not in visible_text(open_page("fragrance_studio"))


def test_when_a_formula_is_copied_and_renamed_then_both_are_there(open_page: Opener) -> None:
    store_formula("Cedar study", LINES)
    app = open_page("fragrance_studio")
    turn_to(app, STUDIO_TABS, SHELF)
    app.session_state["studio-shelf"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()

    press_one(app, "studio-copy")

    assert not app.exception

    assert {one.name for one in list_formulas(principal=LOCAL_ANALYST)} == {"Cedar study", "Copy of Cedar study"}
