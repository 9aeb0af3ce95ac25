"""The tables of whoever looks after the workbench: ways in, the audit log, and how its parts have been."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from core.storage.tables import UtcDateTime, metadata

invitations = Table(
    "invitations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),  # who invited
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("email", String(320)),
    Column("kind", String(30), nullable=False),
    Column("role", String(20), nullable=False),
    Column("organisation_id", String(36)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("used_by", String(200)),
    Column("revoked_at", UtcDateTime),
)

password_resets = Table(
    "password_resets",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),  # the account whose password it sets
    Column("made_by", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

outside_identities = Table(
    "outside_identities",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False, index=True),  # the account it signs in to
    Column("issuer", String(400), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("issuer", "subject"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Integer, primary_key=True),  # without gaps: the number is part of what is sealed
    Column("owner", String(200), nullable=False),  # who did it
    Column("name", String(200), nullable=False),  # as that person was called then
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("action", String(60), nullable=False),
    Column("target", String(300), nullable=False),
    Column("details", JSON, nullable=False),
    Column("seal", String(64), nullable=False),  # keyed hash of this row and the seal before it
    Index("ix_audit_log_owner_id", "owner", "id"),
    Index("ix_audit_log_action_id", "action", "id"),
    Index("ix_audit_log_target_id", "target", "id"),
)

dependency_states = Table(
    "dependency_states",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("name", String(80), nullable=False),
    Column("process", String(200), nullable=False),  # host, role and number
    Column("state", String(12), nullable=False),
    Column("failures", Integer, nullable=False),  # in a row
    Column("failed_calls", Integer, nullable=False),
    Column("good_calls", Integer, nullable=False),
    Column("last_error", String(200), nullable=False),
    Column("last_failure_at", UtcDateTime),
    Column("last_success_at", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("name", "process"),
)

periodic_rounds = Table(
    "periodic_rounds",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("every_s", Float, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("failures", Integer, nullable=False),  # in a row
    Column("last_error", Text, nullable=False),
    Column("last_failure_at", UtcDateTime),
)

alert_rule_switches = Table(
    "alert_rule_switches",
    metadata,
    Column("rule", String(80), primary_key=True),
    Column("owner", String(200), nullable=False),  # who switched it
    Column("is_on", Boolean, nullable=False),
    Column("limit", Float),  # in place of the rule's own; empty keeps that
    Column("changed_at", UtcDateTime, nullable=False),
)
