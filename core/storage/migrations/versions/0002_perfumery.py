"""Perfumery: materials and perfumes, tables of limits, formulas and conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "fragrance_items",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragrance_items")),
    )
    with op.batch_alter_table("fragrance_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fragrance_items_kind"), ["kind"], unique=False)
    op.create_table(
        "fragrance_item_revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("document", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragrance_item_revisions")),
        sa.UniqueConstraint("item_id", "revision", name=op.f("uq_fragrance_item_revisions_item_id_revision")),
    )
    op.create_table(
        "fragrance_vectors",
        sa.Column("item_id", sa.String(length=120), nullable=False),
        sa.Column("encoder_id", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "encoder_id", name=op.f("pk_fragrance_vectors")),
    )
    op.create_table(
        "fragrance_generations",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fragrance_generations")),
    )
    op.create_table(
        "fragrance_limit_tables",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amendment", sa.String(length=40), nullable=False),
        sa.Column("amended_on", sa.String(length=10), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragrance_limit_tables")),
    )
    op.create_table(
        "fragrance_formulas",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_accord", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragrance_formulas")),
    )
    with op.batch_alter_table("fragrance_formulas", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fragrance_formulas_owner"), ["owner"], unique=False)
    op.create_table(
        "fragrance_formula_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("formula_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("product", sa.JSON(), nullable=False),
        sa.Column("brief", sa.JSON(), nullable=True),
        sa.Column("story", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragrance_formula_versions")),
        sa.UniqueConstraint("formula_id", "number", name=op.f("uq_fragrance_formula_versions_formula_id_number")),
    )
    op.create_table(
        "fragrance_conversations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragrance_conversations")),
    )
    with op.batch_alter_table("fragrance_conversations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fragrance_conversations_owner"), ["owner"], unique=False)
    op.create_table(
        "fragrance_turns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("answered", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragrance_turns")),
        sa.UniqueConstraint("conversation_id", "number", name=op.f("uq_fragrance_turns_conversation_id_number")),
    )
    op.create_table(
        "fragrance_tickets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragrance_tickets")),
    )
    with op.batch_alter_table("fragrance_tickets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fragrance_tickets_owner"), ["owner"], unique=False)
    op.create_table(
        "fragrance_remarks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=120), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fragrance_remarks")),
    )
    with op.batch_alter_table("fragrance_remarks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fragrance_remarks_owner"), ["owner"], unique=False)


def downgrade() -> None:
    op.drop_table("fragrance_remarks")
    op.drop_table("fragrance_tickets")
    op.drop_table("fragrance_turns")
    op.drop_table("fragrance_conversations")
    op.drop_table("fragrance_formula_versions")
    op.drop_table("fragrance_formulas")
    op.drop_table("fragrance_limit_tables")
    op.drop_table("fragrance_generations")
    op.drop_table("fragrance_vectors")
    op.drop_table("fragrance_item_revisions")
    op.drop_table("fragrance_items")
