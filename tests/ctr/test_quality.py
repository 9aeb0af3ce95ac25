"""What the gate says about impression files that are whole, partial or wrong."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from core.ctr.data.quality import check_impressions, check_split
from core.ctr.samples.impressions import make_impressions
from core.datasets.findings import Finding


def codes(frame: pl.DataFrame, **options: object) -> dict[str, Finding]:
    return {finding.code: finding for finding in check_impressions(frame, **options)}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return make_impressions(rows=1600, seed=12).frame


def with_target(frame: pl.DataFrame, values: object) -> pl.DataFrame:
    return frame.with_columns(pl.Series("clicked", values))


def test_when_the_file_is_whole_then_only_its_known_oddities_are_told(frame) -> None:
    found = check_impressions(frame)

    assert not [one for one in found if one.severity == "blocking"]
    assert {one.column for one in found if one.code == "quality.constant_column"} == {"l_feat_20", "l_feat_23"}
    assert {one.column for one in found if one.code == "quality.identical_columns"} == {"l_feat_16", "l_feat_17"}
    assert {one.code for one in found} == {
        "quality.constant_column",
        "quality.identical_columns",
        "quality.missing_values",
        "ctr.missing_block",
    }


def test_when_findings_are_told_then_in_both_languages_and_as_plain_values(frame, toss) -> None:
    for finding in (*check_impressions(frame), *check_impressions(toss)):
        assert Finding.from_dict(finding.as_dict()) == finding
        assert finding.text("en") != finding.text("ko")


def test_when_clicked_is_missing_then_the_file_is_blocked_and_the_column_named(frame) -> None:
    found = codes(frame.drop("clicked"))["quality.missing_column"]

    assert (found.severity, found.column) == ("blocking", "clicked")


def test_when_clicked_holds_2_then_it_is_blocked_with_the_rows(frame) -> None:
    values = frame["clicked"].to_list()
    values[3] = 2

    found = codes(with_target(frame, values))["ctr.target_values"]

    assert (found.severity, found.rows, found.details["count"]) == ("blocking", (3,), 1)


def test_when_clicked_holds_words_then_it_is_blocked(frame) -> None:
    found = codes(with_target(frame, ["yes", "no"] * (frame.height // 2)))

    assert found["ctr.target_values"].details["values"] == "yes, no"


@pytest.mark.parametrize("value", [0, 1])
def test_when_there_is_one_class_then_it_is_blocked_once(frame, value: int) -> None:
    found = check_impressions(with_target(frame, [value] * frame.height))

    assert [one.code for one in found if one.column == "clicked"] == ["ctr.one_class"]
    assert found[0].severity == "blocking"


@pytest.mark.parametrize(("share", "code"), [(0.005, "ctr.low_click_rate"), (0.6, "ctr.high_click_rate")])
def test_when_the_click_rate_is_implausible_then_there_is_a_warning(frame, share: float, code: str) -> None:
    clicked = np.random.default_rng(0).random(frame.height) < share

    assert codes(with_target(frame, clicked.astype(int)))[code].severity == "warning"


@pytest.mark.parametrize("share", [0.012, 0.48])
def test_when_the_click_rate_is_plausible_then_nothing_is_said(frame, share: float) -> None:
    clicked = np.random.default_rng(0).random(frame.height) < share

    assert not {"ctr.low_click_rate", "ctr.high_click_rate"} & set(codes(with_target(frame, clicked.astype(int))))


def test_when_118_columns_come_then_the_missing_one_is_named(frame) -> None:
    found = codes(frame.drop("feat_c_3"))["ctr.columns_missing"]

    assert (found.severity, found.details["found"], found.details["names"]) == ("warning", 118, "feat_c_3")


def test_when_120_columns_come_then_the_extra_one_is_named(frame) -> None:
    found = codes(frame.with_columns(extra=pl.int_range(pl.len()) % 7))["ctr.columns_extra"]

    assert (found.severity, found.details["found"], found.details["names"]) == ("warning", 120, "extra")


@pytest.mark.parametrize("twin", ["hour_duplicated_0", "hour.1"])
def test_when_a_header_came_twice_then_it_is_blocked(frame, twin: str) -> None:
    assert codes(frame.with_columns(pl.col("hour").alias(twin)))["ctr.header_twice"].severity == "blocking"


def test_when_the_header_is_repeated_in_the_data_then_the_row_is_named() -> None:
    frame = pl.DataFrame({"hour": ["08", "hour", "09"], "seq": ["1,2", "seq", "3"], "clicked": ["0", "clicked", "1"]})

    assert codes(frame)["ctr.header_in_data"].rows == (1,)


def test_when_a_column_tells_the_click_then_it_is_blocked(frame) -> None:
    found = codes(frame.with_columns(conversion=pl.col("clicked") * 3.0))

    assert found["quality.target_copy"].column == "conversion"
    assert found["quality.target_copy"].severity == "blocking"


def test_when_a_column_ranks_the_click_too_well_then_there_is_a_warning(frame) -> None:
    noise = np.random.default_rng(1).normal(size=frame.height)
    found = codes(frame.with_columns(seconds_seen=pl.col("clicked") * 2.5 + pl.Series(noise)))["ctr.strong_column"]

    assert (found.severity, found.column) == ("warning", "seconds_seen")
    assert 0.93 < found.details["auc"] < 0.98


def test_when_a_column_is_filled_by_clicks_alone_then_it_is_blocked(frame) -> None:
    random = np.random.default_rng(2).random(frame.height)
    # Only some clicks fill it, so that its AUC stays far from 1.
    dwell = pl.when((pl.col("clicked") == 1) & (pl.Series(random) < 0.4)).then(pl.lit(12.5) + pl.col("l_feat_4"))

    found = codes(frame.with_columns(dwell=dwell))["ctr.filled_after_click"]

    assert (found.severity, found.column, found.details["percent"]) == ("blocking", "dwell", 100.0)


def test_when_nulls_come_in_blocks_then_no_leak_is_suspected(small) -> None:
    assert "ctr.filled_after_click" not in codes(small.frame)


def test_when_a_time_lies_after_the_impression_then_it_is_blocked(frame) -> None:
    stamps = frame.select(
        pl.lit("2025-03-01 10:00:00").alias("timestamp"),
        pl.when(pl.col("clicked") == 1).then(pl.lit("2025-03-01 10:00:20")).alias("opened_at"),
    )

    found = codes(pl.concat([frame, stamps], how="horizontal"))["ctr.time_after_impression"]

    assert (found.severity, found.column, found.details["other"]) == ("blocking", "opened_at", "timestamp")


def test_when_a_cell_begins_like_a_formula_then_it_is_flagged_and_numbers_are_not() -> None:
    frame = pl.DataFrame(
        {
            "campaign": ["=HYPERLINK(1)", "@SUM(A1)", "+cmd|x", "-cmd", "spring"],
            "delta": ["-3", "+1.5", "-", "0", "2"],
            "clicked": [0, 1, 0, 1, 0],
        }
    )

    found = [one for one in check_impressions(frame) if one.code == "ctr.formula_cells"]

    assert [(one.column, one.details["count"], one.rows) for one in found] == [("campaign", 4, (0, 1, 2, 3))]


def test_when_a_sequence_has_14000_ids_then_there_is_a_warning_with_its_length(frame) -> None:
    long = ",".join(["17"] * 14_000)
    changed = frame.with_columns(pl.when(pl.int_range(pl.len()) == 5).then(pl.lit(long)).otherwise("seq").alias("seq"))

    assert codes(changed)["ctr.long_sequences"].details["longest"] == 14_000


def test_when_sequences_are_empty_or_unreadable_then_both_are_counted(frame) -> None:
    place = pl.int_range(pl.len())
    changed = frame.with_columns(
        pl.when(place == 0).then(None).when(place == 1).then(pl.lit("5,abc")).otherwise("seq").alias("seq")
    )
    found = codes(changed)

    assert found["ctr.empty_sequences"].details["count"] == 1
    assert found["ctr.unreadable_ids"].details["count"] == 1


def test_when_there_is_no_sequence_then_the_file_may_still_be_used(frame) -> None:
    assert codes(frame.drop("seq"))["ctr.no_sequence"].severity == "warning"


def test_when_the_file_is_preprocessed_and_partial_then_nothing_blocks_it(toss) -> None:
    found = check_impressions(toss.rename({"seq_list": "seq"}))

    assert not [one for one in found if one.severity == "blocking"]
    assert {one.column for one in found if one.code == "quality.out_of_range"} >= {"gender", "age_group", "day_of_week"}


def test_when_another_table_is_brought_then_its_layout_is_news_and_no_fault(adult) -> None:
    found = codes(adult, target="income", positive=">50K")

    assert found["ctr.other_layout"].severity == "info"
    assert not [one for one in found.values() if one.severity == "blocking"]


def test_when_real_impressions_are_checked_then_the_low_rate_is_told(open_bandit) -> None:
    found = codes(open_bandit, target="click")

    assert found["ctr.low_click_rate"].details["clicks"] == 194
    assert not [one for one in found.values() if one.severity == "blocking"]


def test_when_a_row_stands_in_two_parts_then_the_split_is_blocked(frame) -> None:
    doubled = pl.concat([frame.head(50), frame.head(3)])

    (found,) = check_split(doubled, {"train": np.arange(50), "test": np.arange(50, 53)})

    assert (found.code, found.severity, found.rows) == ("ctr.rows_in_two_parts", "blocking", (50, 51, 52))


def test_when_columns_are_missing_on_the_same_rows_then_they_are_told_once(frame) -> None:
    found = check_impressions(frame)

    blocks = [one for one in found if one.code == "ctr.missing_block"]
    assert sorted(one.details["columns"] for one in blocks) == [18, 77]
    assert len(found) < 20


def test_when_two_columns_are_missing_on_other_rows_then_each_keeps_its_line(frame) -> None:
    holes = frame.with_columns(
        pl.when(pl.int_range(pl.len()) < 50).then(None).otherwise(pl.col("feat_c_1")).alias("feat_c_1")
    )

    found = check_impressions(holes)

    assert "feat_c_1" in [one.column for one in found if one.code == "quality.missing_values"]


def with_times(frame: pl.DataFrame, **columns: object) -> pl.DataFrame:
    """The rows with these columns of times; `clicked` alone has one in "opened_at", 20 seconds after 10 o'clock."""
    opened = pl.when(pl.col("clicked") == 1).then(pl.lit("2025-03-01 10:00:20")).alias("opened_at")
    return frame.with_columns(opened, **{name: pl.lit(value) for name, value in columns.items()})


def test_when_some_times_lie_after_the_impression_then_those_rows_alone_are_counted(frame) -> None:
    found = codes(with_times(frame, timestamp="2025-03-01 10:00:00"))["ctr.time_after_impression"]

    assert found.details["count"] == frame["clicked"].sum()


@pytest.mark.parametrize("others", [{}, {"timestamp": "soon"}], ids=["alone", "beside one without times"])
def test_when_the_impressions_time_goes_by_another_usual_name_then_that_column_is_compared_with(
    frame, others: dict[str, str]
) -> None:
    found = codes(with_times(frame, shown_at="2025-03-01 10:00:00", **others))["ctr.time_after_impression"]

    assert (found.column, found.details["other"]) == ("opened_at", "shown_at")


def test_when_a_column_is_filled_without_any_click_then_it_ranks_nothing(frame) -> None:
    unclicked = pl.when((pl.col("clicked") == 0) & (pl.int_range(pl.len()) % 4 == 0)).then(pl.col("l_feat_4"))

    found = check_impressions(frame.with_columns(returned=unclicked))

    assert [one.code for one in found if one.code == "ctr.strong_column"] == []


def test_when_times_bear_zones_then_the_same_moment_elsewhere_is_not_later(frame) -> None:
    seoul = pl.lit("2025-03-01 19:00:00").str.to_datetime(time_unit="us").dt.replace_time_zone("Asia/Seoul")
    moments = frame.with_columns(shown_at=seoul, seen_at=seoul.dt.convert_time_zone("Europe/Paris"))

    assert "ctr.time_after_impression" not in codes(moments)
    assert codes(with_times(moments))["ctr.time_after_impression"].column == "opened_at"
