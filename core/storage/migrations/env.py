"""Alembic's entry: migrates the database that the settings name."""

from alembic import context

from core.storage.all_tables import metadata
from core.storage.database import engine

with engine().connect().execution_options(writes=True) as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
