"""Alembic's entry: migrates the database that the settings name, or the one whose connection is handed in."""

from contextlib import nullcontext

from alembic import context

from core.storage.all_tables import metadata
from core.storage.database import engine
from core.storage.postgresql import lock_schema

given = context.config.attributes.get("connection")
opened = nullcontext(given) if given is not None else engine().connect().execution_options(writes=True)
with opened as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            lock_schema(connection)
        context.run_migrations()
