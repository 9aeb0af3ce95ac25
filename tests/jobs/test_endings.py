"""However a job ends, its notices are told once on each channel it names, and never before it ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.jobs import records
from core.jobs.running.claiming import claim_next
from core.jobs.running.dispatcher import Dispatcher
from core.jobs.running.settling import settle
from core.notifications.inbox import Notice, list_notices
from core.security.policy import LOCAL_ANALYST
from core.storage.database import writing
from tests.jobs.conftest import PARAMETERS, WORK, wait_until, write_notebook

WITH_NOTICES = PARAMETERS + '\nnotifications: str = ""  # channels told of the end\nexperiment_name: str = ""  # name'


@pytest.fixture
def telling(notebooks: Path) -> Path:
    """The notebook `demo_tell` asks for notices."""
    write_notebook(notebooks, "demo_tell", WORK, parameters=WITH_NOTICES)
    return notebooks


def submit(**parameters: object) -> records.Job:
    return records.submit("demo_tell", parameters, principal=LOCAL_ANALYST)


def claimed(**parameters: object) -> records.Job:
    """Submitted, and taken by a dispatcher."""
    submit(**parameters)
    job = claim_next()
    assert job is not None
    return job


def told(job: records.Job) -> list[Notice]:
    notices = list_notices(LOCAL_ANALYST, about=job.id)
    return sorted(notices, key=lambda one: one.channel)


def test_when_a_job_ran_to_its_end_then_each_channel_is_told_once(telling: Path) -> None:
    job = claimed(notifications="push, email", experiment_name="spring")

    with writing() as connection:
        ended = [
            records.change_state(connection, job, "succeeded", expected=("running",), held_by=job.claim)
            for _ in range(2)
        ]

    by_mail, in_app = told(job)
    assert ended == [True, False]
    assert (by_mail.channel, by_mail.state) == ("email", "not_configured")
    assert (in_app.channel, in_app.state, in_app.subject) == ("push", "sent", "spring is done")
    assert job.id in in_app.text


def test_when_the_runner_is_gone_then_the_lost_job_is_told_of(telling: Path) -> None:
    job = claimed(notifications="push")
    assert told(job) == []

    settle(job, "lost", lambda: None)

    (notice,) = told(job)
    assert notice.subject == "demo_tell was lost"
    assert "run it again" in notice.text


def test_when_a_queued_job_is_cancelled_then_that_is_told_and_only_once(telling: Path) -> None:
    job = submit(notifications="push")

    records.cancel(job.id, principal=LOCAL_ANALYST)
    records.cancel(job.id, principal=LOCAL_ANALYST)

    assert [one.subject for one in told(job)] == ["demo_tell was cancelled"]


def test_when_the_language_is_korean_then_so_is_the_notice(telling: Path, settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_LANGUAGE="ko")
    job = submit(notifications="push")

    records.cancel(job.id, principal=LOCAL_ANALYST)

    assert told(job)[0].subject == "demo_tell 작업이 취소되었습니다"


def test_when_a_job_goes_back_to_the_queue_then_nothing_is_told(telling: Path) -> None:
    job = claimed(notifications="push")

    settle(job, "queued", lambda: None)

    assert told(job) == []


def test_when_a_job_names_no_channel_then_nothing_is_told(telling: Path) -> None:
    job = submit()

    records.cancel(job.id, principal=LOCAL_ANALYST)

    assert told(job) == []


def test_when_a_job_names_an_unknown_channel_then_it_ends_and_the_notice_says_why_it_failed(telling: Path) -> None:
    job = submit(notifications="fax")

    ended = records.cancel(job.id, principal=LOCAL_ANALYST)

    assert ended.state == "cancelled"
    assert "fax" in (told(job)[0].problem() or "")


def test_when_slack_is_configured_then_the_dispatcher_sends_what_ended_jobs_left(
    telling: Path, settings_from: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("core.notifications.notifier.send", lambda notice: sent.append(notice.subject))
    settings_from(WORKBENCH_SLACK_WEBHOOK_URL="http://127.0.0.1:9/hook")
    job = submit(notifications="slack")
    records.cancel(job.id, principal=LOCAL_ANALYST)
    assert (sent, told(job)[0].state) == ([], "queued")

    dispatcher = Dispatcher()
    dispatcher.deliver_notices()

    wait_until(lambda: told(job)[0].state == "sent")
    assert sent == ["demo_tell was cancelled"]
