"""When a cron line is due: each field refused by name, and the nights on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from core.errors import BadInput
from core.jobs.schedules.cron_times import logical_date, plain_cron, preview, time_zones, times_after

BERLIN = "Europe/Berlin"


def local(cron: str, after: datetime, count: int, zone: str = BERLIN) -> list[str]:
    """The next times as a clock in the zone shows them, with the offset."""
    return [logical_date(at, zone) for at in preview(cron, zone, count=count, after=after)]


@pytest.mark.parametrize(
    ("cron", "key"),
    [
        ("75 * * * *", "schedules.bad_minute"),
        ("0 24 * * *", "schedules.bad_hour"),
        ("0 0 0 * *", "schedules.bad_day"),
        ("0 0 * JANUARY *", "schedules.bad_month"),
        ("0 0 * * 8", "schedules.bad_weekday"),
        ("* * * * 5L/2", "schedules.bad_weekday"),
        ("*/0 * * * *", "schedules.bad_minute"),
        ("0 0 30 2 *", "schedules.never_due"),
        ("0 9 * *", "schedules.not_five_fields"),
        ("0 0 9 * * *", "schedules.not_five_fields"),
        ("", "schedules.not_five_fields"),
        ("0 " + ",".join(["9"] * 90) + " * * *", "schedules.not_five_fields"),
        ("@sometimes", "schedules.unknown_word"),
    ],
)
def test_when_a_line_cannot_be_read_then_the_sentence_names_what_is_wrong(cron: str, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        plain_cron(cron)

    assert refused.value.key == key


def test_when_a_word_stands_for_a_line_then_it_is_due_as_the_line_is() -> None:
    after = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)

    assert preview("@daily", "UTC", after=after) == preview("0 0 * * *", "UTC", after=after)
    assert preview(" @Hourly ", "UTC", count=1, after=after) == (datetime(2026, 1, 5, 10, tzinfo=UTC),)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "KST"])
def test_when_a_time_zone_is_unknown_then_it_is_refused(name: str) -> None:
    with pytest.raises(BadInput) as refused:
        preview("@daily", name)

    assert refused.value.key == "schedules.unknown_zone"


def test_when_a_schedule_runs_in_seoul_then_its_times_are_those_of_seoul() -> None:
    after = datetime(2026, 1, 5, 23, 59, tzinfo=UTC)

    assert "Asia/Seoul" in time_zones()
    assert preview("0 9 * * *", "Asia/Seoul", count=1, after=after) == (datetime(2026, 1, 6, 0, 0, tzinfo=UTC),)


def test_when_the_time_does_not_exist_in_spring_then_it_falls_on_the_first_minute_that_does() -> None:
    assert local("30 2 * * *", datetime(2026, 3, 28, 0, tzinfo=UTC), 3) == [
        "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00",
    ]  # fmt: skip


def test_when_several_times_fall_into_the_gap_then_they_are_one_time() -> None:
    assert local("0,30 2,3 * * *", datetime(2026, 3, 28, 23, tzinfo=UTC), 3) == [
        "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:00:00+02:00",
    ]  # fmt: skip


def test_when_a_time_exists_twice_in_autumn_then_a_fixed_one_comes_once() -> None:
    assert local("30 2 * * *", datetime(2026, 10, 24, 12, tzinfo=UTC), 2) == [
        "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00",
    ]  # fmt: skip


@pytest.mark.parametrize("minutes_after", [30, 40, 89, 90, 119])
def test_when_somebody_looks_between_the_two_then_the_fixed_one_does_not_come_again(minutes_after: int) -> None:
    after = datetime(2026, 10, 25, minutes_after // 60, minutes_after % 60, tzinfo=UTC)

    assert local("30 2 * * *", after, 1) == ["2026-10-26T02:30:00+01:00"]


def test_when_it_runs_every_half_hour_then_it_goes_on_through_both_hours_of_autumn() -> None:
    assert local("*/30 * * * *", datetime(2026, 10, 24, 23, 45, tzinfo=UTC), 5) == [
        "2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+01:00",
        "2026-10-25T02:30:00+01:00", "2026-10-25T03:00:00+01:00",
    ]  # fmt: skip


@pytest.mark.parametrize("cron", ["30 2 * * *", "*/20 * * * *", "0,30 1-3 * * *", "0 */2 * * *", "15 * * * *"])
@pytest.mark.parametrize("start", [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)])
def test_when_clocks_are_changed_then_every_time_is_later_and_every_logical_date_another(
    cron: str, start: datetime
) -> None:
    found = list(islice(times_after(cron, BERLIN, start), 150))

    assert found == sorted(set(found))
    assert len({logical_date(at, BERLIN) for at in found}) == len(found)
    assert all(at.astimezone(ZoneInfo(BERLIN)).utcoffset() is not None for at in found)
    for before, at in pairwise(found):  # looked for anew after each, nothing is lost or repeated
        assert next(times_after(cron, BERLIN, before)) == at
