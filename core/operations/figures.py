"""Every figure that a rule names, computed from the rooms' own records; None where it cannot be known.

A figure is a function of no arguments that yields readings, one for each thing it is about. Details fill the
sentence of the rule; `value` and `limit` are added by whoever judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from core.operations import clock, disk, work
from core.operations.backup import newest_backup_at
from core.operations.dependencies import dependencies
from core.security.policy import Principal, Role
from core.settings.current import get_settings
from core.storage import knowledge_tables, tables
from core.storage.database import reading, utc_now
from core.telemetry.measures import latest_system, requests_since

LOOKS_BACK = timedelta(minutes=5)  # of the API
MIN_REQUESTS, MANY_REQUESTS = 20, 500
MIN_QUESTIONS, MIN_REMARKS, MIN_JOBS = 20, 20, 5
CARETAKER = Principal("workbench", Role.ADMIN, "workbench")
ALIVE_S = 120.0
GB = 1e9


@dataclass(frozen=True)
class Reading:
    """One figure of one thing. value: None where it cannot be known. subject: what it is about; empty for all."""

    value: float | None
    subject: str = ""
    details: dict[str, Any] = field(default_factory=dict)


Figure = Callable[[], Iterable[Reading]]


def response_time() -> Iterator[Reading]:
    """95th percentile of the API's answers [ms]; needs MIN_REQUESTS."""
    found = requests_since(utc_now() - LOOKS_BACK)
    known = found.p95_ms if found.requests >= MIN_REQUESTS else None
    yield Reading(known, details={"p95_ms": f"{known or 0:.0f}", "requests": found.requests, "minutes": _MINUTES})


def error_rate() -> Iterator[Reading]:
    """Share of the API's requests that failed; needs MIN_REQUESTS."""
    yield _error_rate(MIN_REQUESTS)


def error_rate_of_many() -> Iterator[Reading]:
    """The same where there are so many that one in a hundred means something."""
    yield _error_rate(MANY_REQUESTS)


def champion_ages() -> Iterator[Reading]:
    """Days since each served model was published."""
    for subject, _, at in _champions():
        yield Reading(clock.age_days(at), subject)


def champion_ages_behind_data() -> Iterator[Reading]:
    """The same, of models whose room has a dataset that came later; 0 for the others."""
    table = tables.datasets.c
    with reading() as connection:
        query = select(table.room, func.max(table.created_at)).group_by(table.room)
        newest = {row.room: row[1] for row in connection.execute(query)}
    for subject, room, at in _champions():
        is_behind = room in newest and newest[room] > at
        yield Reading(clock.age_days(at) if is_behind else 0.0, subject)


def waiting_for_index() -> Iterator[Reading]:
    """Seconds since documents changed, while no index of that state has been written; None without documents."""
    from core.knowledge.index_generations import index_mark
    from core.knowledge.retrieval.index import index_folder
    from core.knowledge.retrieval.snapshots import written_generations

    mark = index_mark()
    if not mark.generation:
        yield Reading(None)
        return
    newest = max((one for folder in index_folder().glob("*") for one in written_generations(folder)), default=0)
    raised_at = datetime.fromisoformat(mark.raised_at.split()[-1])
    yield Reading(0.0 if newest >= mark.generation else clock.age_s(raised_at))


def chat_refusals() -> Iterator[Reading]:
    """Share of the answers of a day that found nothing in the documents; needs MIN_QUESTIONS."""
    table = knowledge_tables.chat_messages.c
    state = table.answer["state"].as_string()
    lately = table.role == "assistant", table.finished_at >= utc_now() - timedelta(days=1)
    asked = state.in_(("answered", "partly", "not_in_documents"))
    with reading() as connection:
        found = connection.execute(select(state, func.count()).where(*lately, asked).group_by(state))
        counts: dict[str, int] = {row[0]: row[1] for row in found}
    yield _share(counts.get("not_in_documents", 0), sum(counts.values()), MIN_QUESTIONS)


def image_refusals() -> Iterator[Reading]:
    """Share of the pictures with a word of a person whose verdict was `unknown`, within a week; needs MIN_REMARKS.

    Verdicts themselves are not stored.
    """
    table = tables.image_feedback.c
    lately = table.created_at >= utc_now() - timedelta(days=7), table.verdict.is_not(None)
    with reading() as connection:
        found = connection.execute(select(table.verdict, func.count()).where(*lately).group_by(table.verdict))
        counts: dict[str, int] = {row[0]: row[1] for row in found}
    yield _share(counts.get("unknown", 0), sum(counts.values()), MIN_REMARKS)


def round_failures() -> Iterator[Reading]:
    """How often in a row each round has failed."""
    for one in work.rounds(principal=CARETAKER):
        yield Reading(float(one.failures), one.name, {"error": one.last_error})


def rounds_missed() -> Iterator[Reading]:
    """For how many of its periods a round has not begun, as this process has watched; no clock that is set counts."""
    now, home = clock.steady_s(), get_settings().home
    for one in work.rounds(principal=CARETAKER):
        seen, since = _begun.get((home, one.name), (None, now))
        if seen != one.started_at:
            since = now
        _begun[home, one.name] = one.started_at, since
        yield Reading(max(0.0, now - since - work.GRACE_S) / max(one.every_s, 1.0), one.name)


def schedule_failures() -> Iterator[Reading]:
    """How many of the newest runs of each schedule in a row failed, were lost or were refused; 0 after a good one."""
    from core.jobs.schedules.history import failures_in_a_row
    from core.jobs.schedules.schedules import list_schedules

    for one in list_schedules(principal=CARETAKER):
        count = failures_in_a_row(one.id, principal=CARETAKER)
        yield Reading(None if count is None else float(count), one.id, {"name": one.name})


def schedules_missed() -> Iterator[Reading]:
    """How many times of each schedule were missed within a day."""
    from core.jobs.schedules.history import standings
    from core.jobs.schedules.schedules import list_schedules

    found = list_schedules(principal=CARETAKER)
    fares = standings(found, lately=timedelta(days=1))
    for one in found:
        yield Reading(float(fares[one.id].missed), one.id, {"name": one.name})


def oldest_wait() -> Iterator[Reading]:
    """How long the oldest waiting job has waited [s]; 0 where nothing waits, or a job that runs gives signs of life."""
    queue = work.queue(principal=CARETAKER)
    is_busy = any(one.heartbeat_age_s is not None and one.heartbeat_age_s < ALIVE_S for one in queue.running)
    details = {"waiting": len(queue.waiting), "running": len(queue.running)}
    yield Reading(0.0 if is_busy else queue.oldest_wait_s or 0.0, details=details)


def heartbeat_ages() -> Iterator[Reading]:
    """Seconds since each running job gave a sign of life; a notebook open in JupyterLab gives none."""
    from core.jobs.process_groups import INTERACTIVE

    table = tables.jobs.c
    with reading() as connection:
        query = select(table.id, table.heartbeat_at).where(
            table.state == "running", table.heartbeat_at.is_not(None), table.claim.not_like(f"{INTERACTIVE}%")
        )
        rows = connection.execute(query).all()
    for row in rows:
        yield Reading(clock.age_s(row.heartbeat_at), row.id)


def jobs_failed() -> Iterator[Reading]:
    """Share of the jobs of a day that failed or were lost; needs MIN_JOBS."""
    queue = work.queue(principal=CARETAKER)
    yield _share(queue.failed_lately, queue.ended_lately, MIN_JOBS)


def disk_free() -> Iterator[Reading]:
    """Free space on the disk of the home folder [GB]."""
    yield Reading(disk.free_bytes() / GB)


def memory_share() -> Iterator[Reading]:
    """Share of this machine's memory in use."""
    measure = latest_system()
    value = None if measure is None else measure.memory_share
    yield Reading(value, details={"percent": f"{100 * (value or 0):.0f}"})


def dependencies_down() -> Iterator[Reading]:
    """1 for each part that is configured and does not answer, 0 where it does; what nobody asked cannot be told."""
    language = "ko" if get_settings().language == "ko" else "en"
    for one in dependencies(principal=CARETAKER, language=language):
        if one.is_configured and one.name != "jobs":  # which is who asks
            value = {"up": 0.0, "down": 1.0}.get(one.state)
            reason = one.last_error or one.message
            yield Reading(value, one.name, {"error": f" ({reason})" if reason else ""})


def backup_age() -> Iterator[Reading]:
    """Days since the newest backup; None where none was ever made."""
    newest = newest_backup_at()
    yield Reading(None if newest is None else clock.age_days(newest))


def preferences(name: str) -> Figure:
    """A figure of the preference monitoring over the last day."""

    def figure() -> Iterator[Reading]:
        from core.knowledge.aptitude.monitoring import figures

        value = figures(hours=24, principal=CARETAKER).measured[name]
        yield Reading(value, details={"percent": f"{100 * (value or 0):.0f}"})

    return figure


FIGURES: dict[str, Figure] = {
    "api/response_time": response_time,
    "api/error_rate": error_rate,
    "api/error_rate_of_many": error_rate_of_many,
    "champions/age": champion_ages,
    "champions/age_behind_data": champion_ages_behind_data,
    "documents/waiting_for_index": waiting_for_index,
    "chat/refusal_rate": chat_refusals,
    "images/refusal_rate": image_refusals,
    "rounds/failures": round_failures,
    "rounds/missed": rounds_missed,
    "schedules/failures": schedule_failures,
    "schedules/missed": schedules_missed,
    "jobs/oldest_wait": oldest_wait,
    "jobs/heartbeat_age": heartbeat_ages,
    "jobs/failed_share": jobs_failed,
    "disk/free": disk_free,
    "machine/memory_share": memory_share,
    "dependencies/down": dependencies_down,
    "backups/age": backup_age,
    "preferences/query_success_rate": preferences("query_success_rate"),
    "preferences/document_creation_rate": preferences("document_creation_rate"),
    "preferences/completeness": preferences("completeness"),
    "preferences/stalled_minutes": preferences("stalled_minutes"),
    "preferences/mean_processing_ms": preferences("mean_processing_ms"),
}
_MINUTES = int(LOOKS_BACK.total_seconds() // 60)
_begun: dict[tuple[Path, str], tuple[datetime | None, float]] = {}  # by home and round


def _error_rate(needed: int) -> Reading:
    found = requests_since(utc_now() - LOOKS_BACK)
    rate = found.error_rate if found.requests >= needed else None
    return Reading(
        rate, details={"percent": f"{100 * (rate or 0):.1f}", "requests": found.requests, "minutes": _MINUTES}
    )


def _share(part: int, whole: int, needed: int) -> Reading:
    value = part / whole if whole >= needed else None
    return Reading(value, details={"percent": f"{100 * (value or 0):.0f}", "count": whole})


def _champions() -> Iterator[tuple[str, str, datetime]]:
    """Room and slot, room, and when its newest row was made."""
    table = tables.champions.c
    newest = select(func.max(table.id)).group_by(table.room, table.slot).scalar_subquery()
    with reading() as connection:
        rows = connection.execute(
            select(table.room, table.slot, table.created_at).where(table.id.in_(newest)).order_by(table.room)
        ).all()
    for row in rows:
        yield f"{row.room}/{row.slot}", row.room, row.created_at
