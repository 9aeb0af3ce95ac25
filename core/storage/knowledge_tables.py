"""The tables of documents and of what is asked of them: collections, passages, ingestions, conversations, cases."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from core.storage.tables import UtcDateTime, metadata

collections = Table(
    "collections",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("organisation_id", String(36), index=True),  # all its people may read, where one is named
    Column("is_open", Boolean, nullable=False),  # everybody who is signed in may read
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
)

collection_members = Table(
    "collection_members",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("collection_id", String(36), nullable=False),
    Column("member", String(200), nullable=False, index=True),
    Column("role", String(10), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("collection_id", "member"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("collection_id", String(36), nullable=False),
    Column("origin", String(20), nullable=False),
    Column("source_key", String(500), nullable=False),
    Column("title", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("format", String(20), nullable=False),
    Column("language", String(8)),
    Column("doc_type", String(40)),
    Column("metadata", JSON, nullable=False),
    # The version that answers; another is prepared beside it and takes its place whole.
    Column("version_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    UniqueConstraint("collection_id", "source_key"),
    Index("ix_documents_generation", "generation"),
)

document_versions = Table(
    "document_versions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("collection_id", String(36), nullable=False),
    Column("document_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("bytes", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("format", String(20), nullable=False),
    Column("language", String(8)),
    Column("pages", Integer),
    Column("text", Text, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("encoder_id", String(200), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("document_id", "number"),
)

passages = Table(
    "passages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("collection_id", String(36), nullable=False),
    Column("document_id", String(36), nullable=False, index=True),
    Column("version_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("page", Integer),
    Column("last_page", Integer),
    Column("sheet", Text),
    Column("part", Text),  # the attachment of a mail that it stands in
    Column("heading_path", JSON, nullable=False),
    Column("sha256", String(64), nullable=False),  # of the words as they are compared
    Column("words_sha256", String(64), nullable=False),  # of the words to the letter: the key of its vectors
    Column("flags", JSON, nullable=False),
    UniqueConstraint("version_id", "number"),
    Index("ix_passages_collection_id_words_sha256", "collection_id", "words_sha256"),
)

passage_vectors = Table(
    "passage_vectors",
    metadata,
    Column("collection_id", String(36), primary_key=True),
    Column("encoder_id", String(200), primary_key=True),
    Column("words_sha256", String(64), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("windows", Integer, nullable=False),
    Column("dim", Integer, nullable=False),
    Column("vectors", LargeBinary, nullable=False),  # float16, little end first, row by row
    Column("created_at", UtcDateTime, nullable=False),
)

ingestions = Table(
    "ingestions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("collection_id", String(36), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("stage", String(30), nullable=False),
    Column("fraction", Float, nullable=False),
    # Whoever holds it may go on; a later run takes it over, and the earlier one stops at its next word.
    Column("claim", String(36)),
    Column("job_id", String(36), index=True),
    Column("cancel_requested", Integer, nullable=False),
    Column("error", JSON),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
)

ingestion_items = Table(
    "ingestion_items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("collection_id", String(36), nullable=False),
    Column("ingestion_id", String(36), nullable=False),
    Column("position", Integer, nullable=False),
    Column("action", String(12), nullable=False),
    Column("origin", String(20), nullable=False),
    Column("source_key", String(500), nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("doc_type", String(40)),
    Column("metadata", JSON, nullable=False),
    Column("sha256", String(64), index=True),
    Column("bytes", BigInteger),
    Column("document_id", String(36)),
    Column("version", Integer),  # the one that answered when the plan was made
    Column("state", String(12), nullable=False),
    Column("stage", String(30), nullable=False),
    Column("error", JSON),
    Column("attempts", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("embedded", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("ingestion_id", "position"),
)

knowledge_index = Table(
    "knowledge_index",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("title", Text, nullable=False),
    Column("collection_ids", JSON, nullable=False),  # what is asked; empty means everything that may be read
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    Index("ix_conversations_owner_updated_at", "owner", "updated_at"),
)

chat_messages = Table(
    "chat_messages",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("conversation_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    Column("role", String(10), nullable=False),
    Column("text", Text, nullable=False),  # a question; of an answer only what a model has written so far
    Column("state", String(12), nullable=False),
    Column("answer", JSON),  # sentences with their passages: what may be shown of them is decided on reading
    Column("error", JSON),
    # The same question sent again within its window finds the first one.
    Column("request_key", String(200), unique=True),
    Column("stop_requested", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("conversation_id", "number"),
    Index("ix_chat_messages_owner_created_at", "owner", "created_at"),
    Index("ix_chat_messages_state_updated_at", "state", "updated_at"),
)

chat_hits = Table(
    "chat_hits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("message_id", String(36), nullable=False, index=True),
    Column("passage_id", Integer, nullable=False, index=True),
    Column("rank", Integer, nullable=False),
    Column("is_cited", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

chat_feedback = Table(
    "chat_feedback",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("conversation_id", String(36), nullable=False, index=True),
    Column("message_id", String(200), nullable=False),  # clients make up their own, so it may name no message
    Column("kind", String(12), nullable=False),
    Column("rating", Integer),
    Column("reason", String(40), nullable=False),
    Column("comment", Text, nullable=False),
    Column("correction", Text, nullable=False),
    Column("case_id", String(36)),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_chat_feedback_owner_message_id", "owner", "message_id"),
)

chat_preferences = Table(
    "chat_preferences",
    metadata,
    Column("owner", String(200), primary_key=True),
    Column("values", JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

evaluation_cases = Table(
    "evaluation_cases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(200), nullable=False, index=True),
    Column("set_name", String(80), nullable=False),
    Column("question", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("is_answerable", Boolean, nullable=False),
    # Documents and words that answer it, not passages: it outlives another way of cutting.
    Column("expected", JSON, nullable=False),
    Column("correction", Text, nullable=False),
    Column("feedback_id", String(36), unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
)
