"""The schema's history. `migrate()` brings any database to the newest revision."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

HEAD = "0004"


def is_current() -> bool:
    """Whether the database is at HEAD; answered without loading Alembic."""
    from sqlalchemy import text

    from core.errors import Unavailable
    from core.storage.database import reading

    try:
        with reading() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD
    except Unavailable as error:
        if error.key != "storage.not_migrated":
            raise
        return False


def is_current_sqlite(url: str) -> bool:
    """The same for a SQLite file, without loading SQLAlchemy either; False where the URL names no such file."""
    path = Path(url.removeprefix("sqlite:///"))
    if not url.startswith("sqlite:///") or not path.exists():
        return False
    with closing(sqlite3.connect(path, timeout=15)) as connection:
        try:
            return connection.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
        except sqlite3.OperationalError:
            return False


def configuration() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def migrate(revision: str = "head", *, connection: Connection | None = None) -> None:
    """Bring the database to `revision`; does nothing when it is there.

    connection: to a database other than the one that the settings name.
    """
    from alembic import command

    if revision == "head" and connection is None and is_current():
        return
    config = configuration()
    config.attributes["connection"] = connection
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


def known_revisions() -> tuple[str, ...]:
    """Every revision, the first one first."""
    from alembic.script import ScriptDirectory

    return tuple(reversed([one.revision for one in ScriptDirectory.from_config(configuration()).walk_revisions()]))
