"""Which rows are learnt from and which are kept for the test."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from core.ctr.data.quality import check_split
from core.ctr.data.splits import ROW_ORDER, split_by_time, split_stratified
from core.errors import BadInput


def everyone(split) -> list[int]:
    return sorted(np.concatenate(list(split.parts.values())).tolist())


def test_when_split_by_row_order_then_the_last_rows_are_the_test(small) -> None:
    split = split_by_time(small.frame)

    assert split.basis == ROW_ORDER
    assert split.train.max() < split.validation.min() <= split.validation.max() < split.test.min()
    assert [len(rows) for rows in split.parts.values()] == [3840, 960, 1200]


def test_when_split_by_day_and_hour_then_shuffled_rows_come_back_in_time(small) -> None:
    shuffled = small.frame.sample(fraction=1, shuffle=True, seed=1)
    split = split_by_time(shuffled, order_by=("day_of_week", "hour"))
    time = (shuffled["day_of_week"].cast(int) * 24 + shuffled["hour"].cast(int)).to_numpy()

    assert split.basis == "day_of_week, hour"
    assert time[split.train].max() <= time[split.validation].min()
    assert time[split.validation].max() <= time[split.test].min()
    assert (np.diff(time[split.train]) >= 0).all()
    assert everyone(split) == list(range(6000))


def test_when_hours_are_written_without_zero_then_they_are_still_ordered_as_numbers() -> None:
    clicked = [(row // 4) % 2 for row in range(100)]
    frame = pl.DataFrame({"hour": ["10", "9", "2", "23"] * 25, "clicked": clicked, "row": range(100)})
    split = split_by_time(frame, order_by=("hour",), test_share=0.25)

    assert set(frame["hour"].gather(split.test)) == {"23"}
    assert frame["hour"].gather(split.train).to_list()[:26] == ["2"] * 25 + ["9"]


def test_when_stratified_then_every_part_has_its_share_of_clicks_and_the_seed_decides(small) -> None:
    clicked = small.frame["clicked"].to_numpy()
    split = split_stratified(small.frame, seed=3)

    for rows in split.parts.values():
        assert clicked[rows].mean() == pytest.approx(clicked.mean(), rel=0.05)
    assert everyone(split) == list(range(6000))
    assert np.array_equal(split.test, split_stratified(small.frame, seed=3).test)
    assert not np.array_equal(split.test, split_stratified(small.frame, seed=4).test)


@pytest.mark.parametrize("how", [split_by_time, split_stratified])
def test_when_rows_are_duplicated_then_twins_stay_on_one_side(small, how) -> None:
    doubled = pl.concat([small.frame, small.frame.head(600)])
    split = how(doubled)

    assert check_split(doubled, split.parts) == ()
    assert everyone(split) == list(range(6600))


def test_when_later_twins_move_then_they_are_counted(small) -> None:
    doubled = pl.concat([small.frame, small.frame.head(600)])

    assert split_by_time(doubled).moved == 600


def test_when_a_part_would_have_no_clicks_then_the_split_is_refused() -> None:
    frame = pl.DataFrame({"row": range(100), "clicked": [1] * 10 + [0] * 90})

    with pytest.raises(BadInput) as refused:
        split_by_time(frame)
    assert refused.value.key == "ctr.part_without_clicks"


def test_when_the_order_column_is_unknown_then_it_is_named(small) -> None:
    with pytest.raises(BadInput, match="minute"):
        split_by_time(small.frame, order_by=("minute",))


def test_when_stratified_then_the_parts_are_as_large_as_their_shares(small) -> None:
    split = split_stratified(small.frame, test_share=0.25, validation_share=0.15)

    assert [len(rows) for rows in split.parts.values()] == pytest.approx([3600, 900, 1500], abs=2)


def test_when_no_shares_are_given_then_a_fifth_is_the_test_and_a_fifth_of_the_rest_the_validation(small) -> None:
    split = split_stratified(small.frame)

    assert [len(rows) for rows in split.parts.values()] == pytest.approx([3840, 960, 1200], abs=2)
