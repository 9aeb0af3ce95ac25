"""A draft on the desk: what is typed stays, every step can be taken back, and mending is asked for."""

from __future__ import annotations

import pytest

from app.ui.fragrance_studio.drafts import (
    Draft,
    Row,
    changed,
    filled_up,
    redone,
    rows_of,
    scaled,
    undone,
    with_edits,
    with_line,
)
from core.errors import BadInput
from tests.ui.fragrance_pages import formula

TWO = Draft((Row("linalool", 60.0), Row("isopropyl-myristate", 40.0)))


def test_when_a_cell_is_typed_then_the_share_is_that_and_the_step_can_be_taken_back_and_forth() -> None:
    after = with_edits(TWO, {0: {"percent": 61.5}}, batch_g=20)
    assert [row.share for row in after.rows] == [61.5, 40.0]
    assert undone(after).rows == TWO.rows
    assert redone(undone(after)).rows == after.rows


def test_when_a_new_step_follows_an_undo_then_nothing_is_left_to_redo() -> None:
    after = with_edits(undone(with_edits(TWO, {0: {"percent": 61.5}}, batch_g=20)), {1: {"percent": 39.0}}, batch_g=20)
    assert after.future == ()
    assert redone(after) == after


def test_when_grams_are_typed_then_they_are_of_the_batch_in_steps_of_a_thousandth_percent() -> None:
    after = with_edits(TWO, {0: {"grams": 1.0}}, batch_g=30)
    assert after.rows[0].share == 3.333


def test_when_a_line_is_ticked_then_it_is_taken_out_and_its_neighbours_keep_their_edits() -> None:
    after = with_edits(TWO, {0: {"remove": True}, 1: {"percent": 41.0}}, batch_g=20)
    assert after.rows == (Row("isopropyl-myristate", 41.0),)


def test_when_the_same_edits_come_twice_then_they_make_one_step() -> None:
    edits = {0: {"percent": 61.5}}
    once = with_edits(TWO, edits, batch_g=20)
    assert with_edits(once, edits, batch_g=20) == once


def test_when_a_cell_is_emptied_then_the_line_holds_no_number_and_the_sum_leaves_it_out() -> None:
    after = with_edits(TWO, {0: {"percent": None}}, batch_g=20)
    assert after.rows[0].share is None
    assert after.told_sum == "40"
    assert after.entries[0].amount == ""


def test_when_shares_are_floats_then_the_sum_is_the_one_a_person_writes() -> None:
    rows = tuple(Row(str(number), share) for number, share in enumerate((0.1, 0.2, 99.7)))
    assert Draft(rows).told_sum == "100"


def test_when_a_line_is_added_that_stands_already_then_its_share_is_replaced() -> None:
    assert with_line(TWO, "linalool", 1.0).rows == (Row("linalool", 1.0), Row("isopropyl-myristate", 40.0))
    assert with_line(TWO, "citral", 1.0).rows[-1] == Row("citral", 1.0)


def test_when_a_draft_is_scaled_then_it_sums_to_100_and_can_be_taken_back() -> None:
    off = changed(TWO, [Row("linalool", 30.0), Row("isopropyl-myristate", 30.0)])
    after = scaled(off)
    assert after.told_sum == "100"
    assert undone(after).rows == off.rows


def test_when_a_line_makes_up_the_rest_then_only_it_changes_and_never_below_nothing() -> None:
    short = changed(TWO, [Row("linalool", 70.0), Row("isopropyl-myristate", 40.0)])
    assert filled_up(short, "isopropyl-myristate").rows[1].share == 30.0
    over = changed(TWO, [Row("linalool", 170.0), Row("isopropyl-myristate", 40.0)])
    assert filled_up(over, "isopropyl-myristate").rows[1].share == 0.0


def test_when_a_line_is_nothing_then_scaling_says_so_in_one_sentence() -> None:
    with pytest.raises(BadInput):
        scaled(changed(TWO, [Row("linalool", 0.0), Row("isopropyl-myristate", 30.0)]))


def test_when_a_formula_is_opened_then_the_rows_are_its_percents() -> None:
    assert rows_of(formula())[0] == Row("bergamot-oil-fcf", 20.0)
