"""The tables of planned work: schedules with the times that were due, and chains with their steps."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table, UniqueConstraint

from core.storage.tables import UtcDateTime, metadata

schedules = Table(
    "schedules",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    # What is run: a notebook, or a chain of them.
    Column("notebook", String(120)),
    Column("chain", String(120)),
    Column("parameters", JSON, nullable=False),
    Column("cron", String(120), nullable=False),
    Column("time_zone", String(80), nullable=False),
    Column("catch_up", String(10), nullable=False),  # of times missed: all, last, none
    Column("overlap", String(10), nullable=False),  # while the run before goes on: skip, queue, replace
    Column("most_attempts", Integer, nullable=False),
    Column("backoff_s", Float, nullable=False),
    Column("paused_at", UtcDateTime),
    Column("paused_by", String(200)),
    Column("next_at", UtcDateTime, index=True),  # empty while it is paused, or where no time is left
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
)

schedule_times = Table(
    "schedule_times",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("schedule_id", String(36), nullable=False),
    Column("logical_at", UtcDateTime, nullable=False),
    # waiting for the run before, starting (a chain that was decided on), submitted, missed, skipped, refused
    Column("state", String(12), nullable=False, index=True),
    Column("job_id", String(36)),
    Column("chain_run_id", String(36)),
    Column("reason", JSON),  # key and details of a sentence: why nothing was run
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("schedule_id", "logical_at"),
)

chain_runs = Table(
    "chain_runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("chain", String(120), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("definition", JSON, nullable=False),  # the steps as the file told them when it began
    Column("state", String(12), nullable=False, index=True),  # running, succeeded, failed, cancelled
    Column("idempotency_key", String(200)),
    Column("active_key", String(420), unique=True),  # as that of a job
    Column("schedule_id", String(36)),
    Column("logical_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
)

chain_steps = Table(
    "chain_steps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("chain_run_id", String(36), nullable=False),
    Column("name", String(80), nullable=False),
    Column("position", Integer, nullable=False),
    Column("notebook", String(120), nullable=False),
    Column("parameters", JSON),  # as they were filled in; empty until the step begins
    Column("state", String(12), nullable=False),  # waiting, running, succeeded, reused, failed, skipped, cancelled
    Column("job_id", String(36), index=True),  # of the run, or of the earlier one whose result is reused
    Column("fingerprint", String(64)),
    Column("error", JSON),  # key and details of a sentence: why it could not begin
    Column("finished_at", UtcDateTime),
    UniqueConstraint("chain_run_id", "name"),
    Index("ix_chain_steps_fingerprint_state", "fingerprint", "state"),
)
