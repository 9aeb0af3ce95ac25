"""Backups as tests look into them, and copies of them that were changed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from core.operations import backup_archive
from core.storage.all_tables import metadata
from core.storage.database import reading

ROWS = "rows/jobs.jsonl"


def rows_of(table: str) -> int:
    with reading() as connection:
        return int(connection.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one())


def changed(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """A copy of an archive; change: of each member's content, None leaves it out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def with_manifest(source: Path, target: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    def change(name: str, content: bytes) -> bytes:
        if name != backup_archive.MANIFEST:
            return content
        read = json.loads(content)
        edit(read)
        return json.dumps(read).encode()

    return changed(source, target, change)
