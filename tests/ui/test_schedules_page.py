"""The page of schedules: made from a form that explains itself, looked at, paused, run, changed, removed and undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.schedules import builder, words
from core.errors import BadInput
from core.jobs.records import list_jobs
from core.jobs.schedules import schedules
from core.jobs.schedules.due import submit_due
from core.jobs.schedules.schedules import Order, Schedule
from core.security.policy import LOCAL_ANALYST
from core.storage.database import utc_now
from tests.ui.conftest import Opener, visible_text

ORDER = Order("segments", "*/30 * * * *", notebook="customers_train_clusters", time_zone="Asia/Seoul", catch_up="none")


def made(hours_ago: float = 0.0) -> Schedule:
    return schedules.create(ORDER, principal=LOCAL_ANALYST, now=utc_now() - timedelta(hours=hours_ago))


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click()
    app.run()
    assert not app.exception


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("*/15 * * * *", "Every 15 minutes."),
        ("* * * * *", "Every minute."),
        ("5 * * * *", "Every hour, 05 minutes past."),
        ("@daily", "Every day at 00:00."),
        ("30 9 * * 1-5", "Every week on Mon, Tue, Wed, Thu, Fri at 09:30."),
        ("0 9 * * sun", "Every week on Sun at 09:00."),
        ("0 9 31 * *", "Every month on day 31 at 09:00; months without that day are left out."),
        ("0 9 L * *", "On the last day of every month at 09:00."),
        ("0 9 1 1 *", "Whenever: minute 0 · hour 9 · day of month 1 · month 1"),
        ("0 9 1 * 1", "Whenever: minute 0 · hour 9 · day of month 1 · day of week 1"),
    ],
)
def test_when_a_line_is_explained_then_the_sentence_says_when(cron: str, said: str) -> None:
    assert words.explain(cron).replace("\\", "") == said


def test_when_a_line_is_wrong_then_it_is_not_explained() -> None:
    with pytest.raises(BadInput):
        words.explain("61 * * * *")


@pytest.mark.parametrize(
    ("cron", "kind"),
    [
        ("*/15 * * * *", "minutes"), ("* * * * *", "minutes"), ("*/7 * * * *", "written"), ("5 * * * *", "hourly"),
        ("30 9 * * *", "daily"), ("@daily", "daily"), ("0 9 * * MON,FRI", "weekly"), ("0 9 * * 1-5", "written"),
        ("0 9 L * *", "monthly"), ("0 9 15 * *", "monthly"), ("0 9 1 1 *", "written"), ("nonsense", "written"),
    ],
)  # fmt: skip
def test_when_a_stored_line_is_changed_then_the_form_begins_as_it_was_made(cron: str, kind: str) -> None:
    assert builder.taken_apart(cron).kind == kind


@pytest.mark.parametrize(
    ("left", "said"),
    [(10, "in a moment"), (120, "in 2 min"), (3700, "in 1 h 2 min"), (5 * 86_400, "in 5 days")],
)
def test_when_a_time_is_away_then_that_is_told_in_fitting_units(left: float, said: str) -> None:
    assert words.until(timedelta(seconds=left)) == said


def test_when_it_is_due_within_a_day_then_only_the_time_of_day_is_told() -> None:
    now = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)

    assert words.local(now + timedelta(minutes=30), "Asia/Seoul", now) == "09:00"
    assert words.local(now + timedelta(days=3), "Asia/Seoul", now) == "2026-01-09 08:30"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_when_times_were_missed_then_the_list_and_the_history_say_so(open_page: Opener, language: str) -> None:
    schedule = made(hours_ago=3)
    submit_due()

    app = open_page("schedules", language)
    assert not app.exception
    missed = len([one for one in app.caption if ("30 days" if language == "en" else "30일") in one.value])
    assert missed == 1
    app = open_page("schedules", language, schedule=schedule.id)
    assert not app.exception
    assert visible_text(app).count("놓침" if language == "ko" else "Missed") >= 5


def test_when_a_schedule_is_made_in_the_form_then_it_opens_with_its_next_time(open_page: Opener) -> None:
    app = open_page("schedules", new="1")
    app.selectbox(key=next(one.key for one in app.selectbox if one.key.startswith("schedule-what"))).set_value(
        "customers_train_clusters"
    )
    app.run()
    press(app, "schedule-save")

    [schedule] = schedules.list_schedules(principal=LOCAL_ANALYST)
    assert (schedule.notebook, schedule.cron, schedule.parameters) == ("customers_train_clusters", "0 9 * * *", {})
    assert schedule.name == "Train customer clusters"


def test_when_a_written_line_is_wrong_then_the_form_names_the_field_and_nothing_is_stored(open_page: Opener) -> None:
    schedule = schedules.create(
        Order("x", "0 9 1 1 *", notebook="customers_train_clusters", time_zone="UTC"), principal=LOCAL_ANALYST
    )
    app = open_page("schedules", edit=schedule.id)
    app.text_input(key=f"schedule-line:{schedule.id}").set_value("0 25 * * *")
    app.run()
    assert "hour field '25'" in app.error[0].value

    press(app, "schedule-save")
    assert schedules.get(schedule.id, principal=LOCAL_ANALYST).cron == "0 9 1 1 *"


def test_when_buttons_are_pressed_then_it_is_run_paused_removed_and_brought_back(open_page: Opener) -> None:
    schedule = made()
    app = open_page("schedules", schedule=schedule.id)

    press(app, f"schedule-run-{schedule.id}")
    assert len(list_jobs(principal=LOCAL_ANALYST)) == 1
    press(app, f"schedule-pause-{schedule.id}")
    assert "paused by local" in visible_text(app)
    press(app, f"remove-{schedule.id}")
    assert schedules.list_schedules(principal=LOCAL_ANALYST) == ()
    press(app, "schedule-undo")
    assert [one.id for one in schedules.list_schedules(principal=LOCAL_ANALYST)] == [schedule.id]
