"""Attempts, schedules and chains of jobs, and what their processes used."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "chain_runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("chain", sa.String(length=120), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("active_key", sa.String(length=420), nullable=True),
        sa.Column("schedule_id", sa.String(length=36), nullable=True),
        sa.Column("logical_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_runs")),
        sa.UniqueConstraint("active_key", name=op.f("uq_chain_runs_active_key")),
    )
    with op.batch_alter_table("chain_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chain_runs_owner"), ["owner"], unique=False)
        batch_op.create_index(batch_op.f("ix_chain_runs_state"), ["state"], unique=False)

    op.create_table(
        "chain_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("chain_run_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("notebook", sa.String(length=120), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_steps")),
        sa.UniqueConstraint("chain_run_id", "name", name=op.f("uq_chain_steps_chain_run_id_name")),
    )
    with op.batch_alter_table("chain_steps", schema=None) as batch_op:
        batch_op.create_index("ix_chain_steps_fingerprint_state", ["fingerprint", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_chain_steps_job_id"), ["job_id"], unique=False)

    op.create_table(
        "schedule_times",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("schedule_id", sa.String(length=36), nullable=False),
        sa.Column("logical_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("chain_run_id", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_times")),
        sa.UniqueConstraint("schedule_id", "logical_at", name=op.f("uq_schedule_times_schedule_id_logical_at")),
    )
    with op.batch_alter_table("schedule_times", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schedule_times_state"), ["state"], unique=False)

    op.create_table(
        "schedules",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("notebook", sa.String(length=120), nullable=True),
        sa.Column("chain", sa.String(length=120), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("cron", sa.String(length=120), nullable=False),
        sa.Column("time_zone", sa.String(length=80), nullable=False),
        sa.Column("catch_up", sa.String(length=10), nullable=False),
        sa.Column("overlap", sa.String(length=10), nullable=False),
        sa.Column("most_attempts", sa.Integer(), nullable=False),
        sa.Column("backoff_s", sa.Float(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_by", sa.String(length=200), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
    )
    with op.batch_alter_table("schedules", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schedules_next_at"), ["next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_schedules_owner"), ["owner"], unique=False)

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("most_attempts", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("backoff_s", sa.Float(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("changed_from", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("schedule_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("logical_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("chain_run_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("resources", sa.JSON(), nullable=True))
        batch_op.create_index(batch_op.f("ix_jobs_chain_run_id"), ["chain_run_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_schedule_id"), ["schedule_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_jobs_schedule_id"))
        batch_op.drop_index(batch_op.f("ix_jobs_chain_run_id"))
        batch_op.drop_column("resources")
        batch_op.drop_column("chain_run_id")
        batch_op.drop_column("logical_at")
        batch_op.drop_column("schedule_id")
        batch_op.drop_column("changed_from")
        batch_op.drop_column("backoff_s")
        batch_op.drop_column("most_attempts")
        batch_op.drop_column("not_before")

    with op.batch_alter_table("schedules", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_schedules_owner"))
        batch_op.drop_index(batch_op.f("ix_schedules_next_at"))

    op.drop_table("schedules")
    with op.batch_alter_table("schedule_times", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_schedule_times_state"))

    op.drop_table("schedule_times")
    with op.batch_alter_table("chain_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chain_steps_job_id"))
        batch_op.drop_index("ix_chain_steps_fingerprint_state")

    op.drop_table("chain_steps")
    with op.batch_alter_table("chain_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chain_runs_state"))
        batch_op.drop_index(batch_op.f("ix_chain_runs_owner"))

    op.drop_table("chain_runs")
