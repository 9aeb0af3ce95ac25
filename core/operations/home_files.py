"""Which files of the home folder belong to a backup: all but what is made again, passes, or is nobody's any more.

What nobody recognises is kept: a room that begins to store files is backed up before anybody thinks of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, select

from core.operations.disk import files_below
from core.settings.current import get_settings
from core.storage.knowledge_tables import document_versions, ingestion_items
from core.storage.tables import datasets

TOPS = ("data", "models")
# Left out, and named in the manifest with the reason.
LEFT_OUT = {
    "data/cache": "made again when it is needed: indexes, compiled encoders, pictures of pages",
    "data/logs": "what the processes said here",
    "data/metrics": "counters of the processes that ran here",
    "data/incoming": "files on their way in",
    "data/reports": "made again from the runs",
    "data/backups": "backups themselves",
    ".env and the environment": "settings; secrets among them are not put into a file by the workbench",
}
MLFLOW = "models/mlflow.db"
KEY = "data/token.key"
SET_ASIDE = "before-restore-"  # folders that hold what a restore replaced


def database_file() -> Path | None:
    """The SQLite file of the settings; None for a server."""
    url = get_settings().resolved_database_url
    return Path(url.removeprefix("sqlite:///")).resolve() if url.startswith("sqlite:///") else None


def belonging(connection: Connection) -> Iterator[Path]:
    """Every file that a backup made in this view of the database holds, except SQLite files, which are copied apart."""
    settings = get_settings()
    home, backups = settings.home, settings.backup_dir and Path(settings.backup_dir).expanduser().resolve()
    tables_named = {Path(path).name for path in connection.execute(select(datasets.c.path)).scalars()}
    originals = {
        one
        for table in (document_versions, ingestion_items)
        for one in connection.execute(select(table.c.sha256).where(table.c.sha256.is_not(None))).scalars()
    }
    for top in TOPS:
        for path, _ in files_below(home / top):
            name = path.relative_to(home).as_posix()
            if path.is_symlink() or not path.is_file() or is_left_out(name):
                continue
            if backups and path.resolve().is_relative_to(backups):
                continue
            folder = path.parent.relative_to(home).as_posix()
            if folder == "data/datasets" and path.name not in tables_named:
                continue
            if folder == "data/documents" and path.name not in originals:
                continue
            yield path


def is_left_out(name: str) -> bool:
    """Whether a path below the home folder is of those that a backup leaves out. name: with forward slashes."""
    if any(name == one or name.startswith(f"{one}/") for one in LEFT_OUT):
        return True
    parts = name.split("/")
    if any(part.startswith(".") for part in parts[1:]):  # unfinished, locks
        return True
    if parts[1:2] and parts[1].startswith(SET_ASIDE):
        return True
    is_sqlite = name.startswith(("data/workbench.db", MLFLOW))
    file = database_file()
    is_database = file is not None and (get_settings().home.resolve() / name).as_posix().startswith(file.as_posix())
    return is_sqlite or is_database
