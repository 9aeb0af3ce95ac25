"""The tables of perfumery; `metadata` taken from here holds these and all others.

Everything of a material or perfume lies in its document; what rows are chosen by has a column.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from core.storage.tables import UtcDateTime, metadata

fragrance_items = Table(
    "fragrance_items",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("kind", String(12), nullable=False, index=True),  # material or perfume
    Column("owner", String(200), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("is_sample", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
)

fragrance_item_revisions = Table(
    "fragrance_item_revisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("item_id", String(120), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("document", JSON),  # empty for a removal
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("item_id", "revision"),
)

fragrance_vectors = Table(
    "fragrance_vectors",
    metadata,
    Column("item_id", String(120), primary_key=True),
    Column("encoder_id", String(200), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),  # of the words that were encoded
    Column("vector", LargeBinary, nullable=False),
)

# What every change raises, by name: catalogue, limits, formulas. Who holds a copy knows by it whether it is current.
fragrance_generations = Table(
    "fragrance_generations",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

fragrance_limit_tables = Table(
    "fragrance_limit_tables",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("name", Text, nullable=False),
    Column("amendment", String(40), nullable=False),
    Column("amended_on", String(10), nullable=False),
    Column("is_sample", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("rules", JSON, nullable=False),
    Column("is_current", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

fragrance_formulas = Table(
    "fragrance_formulas",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("is_accord", Boolean, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("state", String(12), nullable=False),  # draft, reviewed, approved, archived
    Column("is_sample", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
)

fragrance_formula_versions = Table(
    "fragrance_formula_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("formula_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("product", JSON, nullable=False),
    Column("brief", JSON),
    Column("story", JSON),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("formula_id", "number"),
)

fragrance_conversations = Table(
    "fragrance_conversations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("kind", String(12), nullable=False),  # composer or service
    Column("state", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

fragrance_turns = Table(
    "fragrance_turns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("asked", Text, nullable=False),
    Column("answered", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("conversation_id", "number"),
)

fragrance_tickets = Table(
    "fragrance_tickets",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("conversation_id", String(36), nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

fragrance_remarks = Table(
    "fragrance_remarks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("subject", String(40), nullable=False),  # recipe, perfume, service
    Column("subject_id", String(120), nullable=False),
    Column("rating", Integer),
    Column("comment", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
