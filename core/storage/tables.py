"""The tables of the workbench; each row has an owner. `all_tables` knows every one of them.

Those of documents and chat, of perfumery and of the operator lie in files of their own, with the same metadata.

Migrations build exactly these, and a test holds them to it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant in UTC; SQLite forgets time zones, so they are put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("times are stored with their time zone; use utc_now()")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("name", Text, nullable=False),
    Column("room", String(40), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("path", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("columns", JSON, nullable=False),
    Column("format", String(20), nullable=False),
    Column("encoding", String(20)),
    Column("delimiter", String(4)),
    Column("sheet", Text),
    Column("mapping", JSON, nullable=False),
    Column("target", Text),
    Column("profile", JSON, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner", "sha256", "room"),
)

finding_acceptances = Table(
    "finding_acceptances",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("dataset_id", String(36), nullable=False, index=True),
    Column("owner", String(200), nullable=False),
    Column("code", String(80), nullable=False),
    Column("column", Text),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

dictionary_entries = Table(
    "dictionary_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("room", String(40), nullable=False),
    Column("column", String(200), nullable=False),
    Column("label_ko", Text, nullable=False),
    Column("label_en", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("room", "column"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("notebook", String(120), nullable=False),
    Column("room", String(40), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("state", String(12), nullable=False),
    Column("idempotency_key", String(200)),
    # Equal to the key while the job is queued, running or succeeded; empty once a rerun is allowed.
    Column("active_key", String(200), unique=True),
    Column("claim", String(36)),
    Column("attempt", Integer, nullable=False),
    Column("retry_of", String(36)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("heartbeat_at", UtcDateTime),
    Column("host", String(200)),
    Column("pid", Integer),
    Column("cancel_requested", Integer, nullable=False),
    Column("step", Text, nullable=False),
    Column("fraction", Float, nullable=False),
    Column("result", JSON),
    Column("error", JSON),
    Column("not_before", UtcDateTime),  # a queued job that waits for a moment: the next attempt after a failure
    Column("most_attempts", Integer, nullable=False, server_default="1"),
    Column("backoff_s", Float, nullable=False, server_default="0"),  # wait before the second attempt, then doubled
    Column("changed_from", String(36)),  # the run whose parameters this one began with
    Column("schedule_id", String(36), index=True),
    Column("logical_at", UtcDateTime),  # the moment that a schedule ran it for
    Column("chain_run_id", String(36), index=True),
    Column("resources", JSON),  # peak_memory_mb, memory_mb, processor_s of all its processes so far
    Index("ix_jobs_state_created_at", "state", "created_at"),
)

job_events = Table(
    "job_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("job_id", String(36), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("payload", JSON, nullable=False),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("about", String(36), nullable=False, index=True),  # the job (run_id) it tells of
    Column("channel", String(20), nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("error", JSON),
    Column("created_at", UtcDateTime, nullable=False),
    # When a process last took a queued one to deliver it: another may take it once that is long ago.
    Column("claimed_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("read_at", UtcDateTime),
    Index("ix_notifications_owner_created_at", "owner", "created_at"),
    Index("ix_notifications_state_created_at", "state", "created_at"),
)

champions = Table(
    "champions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("room", String(40), nullable=False),
    Column("slot", String(40), nullable=False),
    Column("run_id", String(36), nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("findings", JSON, nullable=False),
    Column("why", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_champions_room_slot_id", "room", "slot", "id"),
)

ctr_predictions = Table(
    "ctr_predictions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("run_id", String(36), nullable=False),
    Column("model", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("probability", Float, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("clicked", Integer),
    Column("clicked_at", UtcDateTime),
    # One byte per watched feature: the bin of the run's reference that the value fell into.
    Column("bins", LargeBinary),
    Index("ix_ctr_predictions_run_id_at", "run_id", "at"),
    Index("ix_ctr_predictions_at", "at"),
)

image_feedback = Table(
    "image_feedback",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("domain", String(80), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("class_name", String(80), nullable=False),
    Column("picture_sha256", String(64), nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("verdict", String(80)),
    Column("s1", Float),
    Column("margin", Float),
    Column("note", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("run_id", String(36)),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_image_feedback_domain_state", "domain", "state"),
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("name", String(200), nullable=False),
    Column("session_code", String(200), nullable=False),
    Column("session_key", String(200), nullable=False, unique=True),  # the code as it is compared
    Column("created_at", UtcDateTime, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("login_name", String(200), nullable=False),
    Column("login_key", String(200), nullable=False, unique=True),  # the name as it is compared
    Column("display_name", String(200), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("role", String(20), nullable=False),
    Column("organisation_id", String(36), index=True),
    Column("password_hash", String(200), nullable=False),
    Column("client_fields", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("password_changed_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("email", String(320)),
    Column("email_key", String(320), unique=True),  # the address as it is compared
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("cookie_hash", String(64), unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("ended_at", UtcDateTime),
    Column("ended_because", String(20)),
    Column("last_seen_at", UtcDateTime),  # to some minutes: not every request writes
    Column("address", String(64)),
    Column("user_agent", String(300)),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("session_id", String(36), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
    # What took its place, and the retry key it was exchanged under: the same exchange may be asked for again.
    Column("successor_hash", String(64)),
    Column("retry_hash", String(64)),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("account", String(64), nullable=False),  # hash of the name that was tried; people type passwords there
    Column("address", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Index("ix_sign_in_attempts_account_at", "account", "at"),
    Index("ix_sign_in_attempts_address_at", "address", "at"),
)

request_windows = Table(
    "request_windows",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("worker", String(200), nullable=False),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("seconds", Float, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("p50_ms", Float, nullable=False),
    Column("p95_ms", Float, nullable=False),
    Column("max_ms", Float, nullable=False),
    Column("durations", JSON, nullable=False),  # bin of the logarithmic scale -> requests
)

system_measures = Table(
    "system_measures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("host", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("processor_share", Float, nullable=False),
    Column("memory_share", Float, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("severity", String(12), nullable=False),
    Column("run_id", String(36)),
    # Equal to owner, kind and run until the alert is closed: one open alert for each.
    Column("active_key", String(300), unique=True),
    Column("streak", Integer, nullable=False),
    Column("opened_at", UtcDateTime),  # empty while a second bad check is awaited
    Column("closed_at", UtcDateTime),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("value", Float, nullable=False),
    Column("limit", Float, nullable=False),
    Column("details", JSON, nullable=False),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", String(200)),
    Column("note", Text),
)
