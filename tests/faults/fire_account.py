"""What became of every job after the fire, and whatever does not add up, from the record, its story and the evidence.

The evidence is what the notebooks themselves wrote into files: when a claim began, that it worked, and that it ended.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.jobs.job import ENDED, Job
from core.jobs.process_groups import run_folder
from core.jobs.records import events, list_jobs
from core.jobs.states import REFUSALS, WORTH_RETRYING
from core.security.policy import LOCAL_ANALYST
from core.storage.database import reading
from core.storage.tables import notifications

if TYPE_CHECKING:
    from tests.faults.fire import Done

STOPPING_S = 8.0  # from the end in the record until the last process of a job is gone, at most
CAUSES = {  # what a state may rest on
    # A frozen dispatcher cannot vouch for a runner that has not begun: the other one calls it lost after a while.
    "lost": (
        "runner killed", "kernel killed", "dispatcher killed", "dispatcher frozen", "second dispatcher killed", "disk",
        "database",
    ),
    "failed": ("kernel killed", "runner frozen", "disk", "database"),
}  # fmt: skip


@dataclass(frozen=True)
class Working:
    """One claim's own word of when it worked [s since the epoch]; `ended`: it came to its last line."""

    claim: str
    first: float
    last: float
    begins: int
    ends: int


def account(done: Done, evidence: Path) -> dict[str, Any]:
    """{"jobs", "attempts", "states", "wrong"}: how many were asked for and tried, how they ended, what is wrong."""
    jobs = list_jobs(principal=LOCAL_ANALYST, limit=10_000)
    wrong = [problem for job in jobs for problem in _problems(job, done, evidence)]
    by_first: dict[str, list[Job]] = defaultdict(list)
    earlier = {job.id: job.retry_of for job in jobs}
    for job in jobs:
        first = job.id
        while before := earlier[first]:
            first = before
        by_first[first].append(job)
    for attempts in by_first.values():
        wrong += _problems_of_attempts(sorted(attempts, key=lambda one: one.attempt))
    asked = Counter(job.idempotency_key for job in jobs if job.attempt == 1)
    wrong += [f"{key} was queued {count} times" for key, count in asked.items() if count != 1]
    wrong += [f"{key} is gone" for key, job_id in done.keys.items() if job_id not in by_first]
    last = [max(attempts, key=lambda one: one.attempt) for attempts in by_first.values()]
    return {
        "jobs": len(by_first), "attempts": len(jobs), "states": Counter(one.state for one in last), "wrong": wrong,
        "of_attempts": Counter(one.state for one in jobs),
    }  # fmt: skip


def _problems(job: Job, done: Done, evidence: Path) -> list[str]:
    name = f"{job.idempotency_key} attempt {job.attempt} ({job.state})"
    if job.state not in ENDED or job.finished_at is None:
        return [f"{name} has not ended"]
    found = []
    story = [
        one.payload["state"] for one in events(job.id, principal=LOCAL_ANALYST, limit=100_000) if one.kind == "state"
    ]
    if story[0] != "queued" or story[-1] != job.state or sum(one in ENDED for one in story) != 1:
        found.append(f"{name} has the story {story}")
    worked = _worked(evidence / job.id)
    if len(worked) > story.count("running"):
        found.append(f"{name} began {len(worked)} times and was claimed {story.count('running')} times")
    if any(one.begins > 1 or one.ends > 1 for one in worked):
        found.append(f"{name} ran twice under one claim")
    found += [f"{name} ran twice at once" for one, after in itertools.pairwise(worked) if after.first < one.last]
    if worked and worked[-1].last > job.finished_at.timestamp() + STOPPING_S:
        found.append(f"{name} worked {worked[-1].last - job.finished_at.timestamp():.1f} s beyond its end")
    if job.state == "succeeded":
        ended = [one.claim for one in worked if one.ends]
        if (
            ended[-1:] != [job.claim]
            or job.result != {"run": job.id}
            or not (run_folder(job.id) / "notebook.ipynb").exists()
        ):
            found.append(f"{name} without its work: {ended}, {job.result}")
    if job.state == "cancelled" and job.id not in done.cancelled:
        found.append(f"{name} was never asked to stop")
    if not _has_cause(job, done):
        found.append(f"{name} without a cause: {job.error}")
    return found


def _has_cause(job: Job, done: Done) -> bool:
    if job.state not in CAUSES or "asked to fail" in str(job.error):
        return True
    began, ended = (
        (job.started_at or job.created_at).timestamp() - 5,
        (job.finished_at or job.created_at).timestamp() + 1,
    )
    meant = [
        what for what, whose, when in done.befell
        if began <= when <= ended and (whose == job.id or not whose or whose.startswith("pid "))
    ]  # fmt: skip
    return any(what.startswith(cause) for what in meant for cause in CAUSES[job.state])


def _problems_of_attempts(attempts: Sequence[Job]) -> list[str]:
    first, last = attempts[0], attempts[-1]
    name = str(first.idempotency_key)
    found = []
    if [one.attempt for one in attempts] != list(range(1, len(attempts) + 1)) or len(attempts) > first.most_attempts:
        found.append(f"{name} has the attempts {[one.attempt for one in attempts]} of {first.most_attempts}")
    refused = (last.error or {}).get("kind") in REFUSALS
    if last.state in WORTH_RETRYING and last.attempt < last.most_attempts and not refused:
        found.append(f"{name} was not tried again")
    if any(one.state not in WORTH_RETRYING for one in attempts[:-1]):
        found.append(f"{name} was tried again after {[one.state for one in attempts]}")
    with reading() as connection:
        about = notifications.c.about.in_([one.id for one in attempts])
        told = connection.execute(select(notifications.c.about).where(about)).scalars().all()
    if told != [last.id]:
        found.append(f"{name} was told of {len(told)} times")
    return found


def _worked(file: Path) -> list[Working]:
    """Of each claim that began, in order."""
    if not file.exists():
        return []
    lines: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for line in file.read_text("utf-8").splitlines():
        parts = line.split()
        if len(parts) == 3:  # a line cut by a full disk says nothing
            lines[parts[0]].append((parts[1], float(parts[2])))
    found = [
        Working(
            claim, min(when for _, when in told), max(when for _, when in told),
            sum(word == "begin" for word, _ in told), sum(word == "end" for word, _ in told),
        )
        for claim, told in lines.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.first)
