"""`workbench restore`: a backup becomes the home folder, whole or not at all, and whenever it was interrupted.

Everything is proven and laid out beside its place first. Then a journal is written, and from there on every step can
be made again: whoever starts the workbench next finishes what a killed restore began (`finish_interrupted`).
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, inspect, select

from core.errors import Conflict, WorkbenchError
from core.operations import disk, home_files
from core.operations.backup import room_for
from core.operations.backup_archive import Manifest, opened, verify
from core.operations.restore_applying import put_in_place
from core.operations.restore_staging import JOURNAL, STAGING, lay_out
from core.security import signing_key
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage.all_tables import metadata
from core.storage.audit import note_now
from core.storage.database import reading
from core.storage.migrations import HEAD, known_revisions
from core.telemetry.logs import get_logger
from core.telemetry.ports import answers

ROOM = 1.2  # of what is in the archive: rows take indexes with them

log = get_logger("restore")


@dataclass(frozen=True)
class Restored:
    """What was brought back. set_aside: folders that hold what was there before, relative to the home folder."""

    manifest: Manifest
    rows: int
    files: int
    migrated_from: str | None
    set_aside: tuple[str, ...]


def restore(file: Path, *, replace: bool = False, principal: Principal) -> Restored:
    """Bring a backup back into this home. replace: set aside what is there, else the home has to be empty. Audited.

    Raises NotAllowed, NotFound, BadInput for a file that is no backup or is damaged, Conflict for a home that is not
    empty, a workbench that is running, or a backup of a newer version, StorageFull. Nothing is touched before
    every checksum has been looked at.
    """
    require(principal, Permission.BACKUPS_MANAGE)
    _refuse_running()
    finish_interrupted()
    with opened(file) as (archive, manifest):
        if manifest.revision not in known_revisions():
            raise Conflict("alerts.backup_newer", name=file.name, product=manifest.product, revision=manifest.revision)
        verify(archive, manifest, file.name)
        if not replace and (found := what_is_here()):
            raise Conflict("alerts.home_not_empty", home=get_settings().home, found=found)
        room_for(_made(get_settings().data_dir), int(manifest.bytes * ROOM))
        journal = lay_out(archive, manifest, replace=replace)
    put_in_place(journal)
    disk.forget()
    signing_key.forget_keys()  # the key that came with the backup is the one that counts now
    set_aside = tuple(journal["set_aside"])
    note_now(principal, "backup.restored", file.name, revision=manifest.revision, rows=manifest.rows)
    log.info("backup_restored", name=file.name, rows=manifest.rows, files=len(manifest.files))
    older = manifest.revision if manifest.revision != HEAD else None
    return Restored(manifest, manifest.rows, len(manifest.files), older, set_aside)


def is_interrupted() -> bool:
    """Whether a restore was killed here after all was laid out, so that it has to be finished."""
    return (get_settings().data_dir / STAGING / JOURNAL).is_file()


def finish_interrupted() -> bool:
    """Finish a restore that was killed while things were moved, drop one that was killed before; whether one was."""
    staging = get_settings().data_dir / STAGING
    if is_interrupted():
        put_in_place(json.loads((staging / JOURNAL).read_text("utf-8")))
        log.info("restore_finished")
        return True
    for top in home_files.TOPS:
        shutil.rmtree(get_settings().home / top / STAGING, ignore_errors=True)
    return False


def what_is_here() -> str:
    """What keeps a home from being empty, in a word; "" for an empty one. Folders that are made again do not count."""
    try:
        with reading() as connection:
            there = set(inspect(connection).get_table_names())
            for name in sorted(set(metadata.tables) & there):
                if connection.execute(select(func.count()).select_from(metadata.tables[name])).scalar():
                    return f"{name} (table)"
    except WorkbenchError as error:
        if error.key != "storage.not_migrated":
            raise
    home = get_settings().home
    for top in home_files.TOPS:
        for path, _ in disk.files_below(home / top):
            name = path.relative_to(home).as_posix()
            if not home_files.is_left_out(name) and path.name != "README.md" and name != home_files.KEY:
                return name
    return ""


def _refuse_running() -> None:
    settings = get_settings()
    for host, port in ((settings.ui_host, settings.ui_port), (settings.api_host, settings.api_port)):
        if answers((host, port)):
            raise Conflict("alerts.restore_running", port=port)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (get_settings().models_dir).mkdir(parents=True, exist_ok=True)
    return folder
