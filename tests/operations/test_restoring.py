"""A home restored from a backup answers the same; what cannot be restored leaves everything as it was."""

from __future__ import annotations

import hashlib
import json
import socket
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, inspect

from core import supervisor
from core.errors import BadInput, Conflict, StorageFull
from core.operations import backup, backup_archive, restoring
from core.operations.backup import back_up
from core.operations.restoring import restore
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from core.storage.all_tables import metadata
from core.storage.audit import search_entries
from core.storage.database import engine, utc_now, writing
from core.storage.migrations import is_current, migrate
from tests.conftest import MARK
from tests.operations.archives import ROWS, changed, rows_of, with_manifest
from tests.operations.conftest import FilledHome, what_it_tells


def test_when_a_backup_is_restored_on_an_empty_machine_then_everything_answers_the_same(
    filled_home: FilledHome, empty_home: Path
) -> None:
    restored = restore(filled_home.backup, principal=LOCAL_ANALYST)

    assert what_it_tells() == filled_home.told
    assert is_current()
    assert restored.rows == restored.manifest.rows > 30
    with closing(sqlite3.connect(empty_home / "models" / "mlflow.db")) as history:
        assert history.execute("SELECT id FROM runs").fetchall() == [("of today",)]
    assert (empty_home / "data" / "token.key").stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in (empty_home / "data").iterdir() if one.name.startswith((".", "before"))) == []
    last = search_entries(principal=LOCAL_ANALYST, action="backup")[0]
    assert (last.action, last.target) == ("backup.restored", filled_home.backup.name)


def test_when_a_home_is_not_empty_then_it_is_refused_and_stays_as_it_was(filled_home: FilledHome, home: Path) -> None:
    with writing() as connection:
        connection.execute(insert(metadata.tables["fragrance_generations"]).values(
            name="x", owner="o", generation=1, updated_at=utc_now()))  # fmt: skip

    with pytest.raises(Conflict, match="--replace"):
        restore(filled_home.backup, principal=LOCAL_ANALYST)

    assert rows_of("fragrance_generations") == 1
    assert rows_of("accounts") == 0


def test_when_a_file_lies_in_the_home_then_it_is_not_empty_either(filled_home: FilledHome, home: Path) -> None:
    (home / "models" / "room").mkdir(parents=True)
    (home / "models" / "room" / "file").write_text("mine", "utf-8")
    with pytest.raises(Conflict, match="models/room/file"):
        restore(filled_home.backup, principal=LOCAL_ANALYST)


@pytest.mark.sqlite
def test_when_a_home_is_replaced_then_what_was_there_lies_aside_whole(filled_home: FilledHome, home: Path) -> None:
    (home / "models" / "room").mkdir(parents=True)
    (home / "models" / "room" / "file").write_text("mine", "utf-8")
    (home / "data" / "cache").mkdir()
    (home / "data" / "cache" / "kept").touch()

    restored = restore(filled_home.backup, replace=True, principal=LOCAL_ANALYST)

    assert rows_of("accounts") == 1
    old = {folder.partition("/")[0]: home / folder for folder in restored.set_aside}
    assert (old["models"] / "room" / "file").read_text("utf-8") == "mine"
    with closing(sqlite3.connect(old["data"] / "workbench.db")) as connection:
        assert connection.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
    assert (home / "data" / "cache" / "kept").exists()
    made = back_up(home / "out", principal=LOCAL_ANALYST)
    assert made.manifest is not None
    assert not [one.name for one in made.manifest.files if "before-restore" in one.name]


def flip(name: str, content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 1]) + content[-2:] if name == ROWS else content


@pytest.mark.parametrize(
    "change",
    [
        flip,
        lambda name, content: None if name == ROWS else content,
        lambda name, content: content + b"[]\n" if name == ROWS else content,
        lambda name, content: b"{}" if name == backup_archive.MANIFEST else content,
        lambda name, content: None if name == backup_archive.MANIFEST else content,
    ],
    ids=["changed", "missing", "longer", "manifest", "no manifest"],
)
def test_when_an_archive_is_damaged_then_nothing_is_touched(
    filled_home: FilledHome, empty_home: Path, tmp_path: Path, change: Callable[[str, bytes], bytes | None]
) -> None:
    damaged = changed(filled_home.backup, tmp_path / "damaged.zip", change)

    with pytest.raises(BadInput, match=r"damaged\.zip"):
        restore(damaged, principal=LOCAL_ANALYST)

    assert not [one for one in empty_home.rglob("*") if one.is_file() and one.name != MARK]


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda manifest: manifest.update(revision="9999"), Conflict),
        (lambda manifest: manifest.update(format_version=2), BadInput),
        (lambda manifest: manifest.update(format="another"), BadInput),
    ],
)
def test_when_an_archive_is_of_a_newer_version_then_it_is_refused(
    filled_home: FilledHome,
    empty_home: Path,
    tmp_path: Path,
    edit: Callable[[dict[str, Any]], None],
    problem: type[Exception],
) -> None:
    with pytest.raises(problem):
        restore(with_manifest(filled_home.backup, tmp_path / "newer.zip", edit), principal=LOCAL_ANALYST)


def test_when_a_backup_is_of_an_older_revision_then_its_rows_come_into_the_schema_of_today(
    filled_home: FilledHome, empty_home: Path, tmp_path: Path
) -> None:
    """Tables and columns that the last revision brought are taken out of an archive of today."""
    old_engine = create_engine("sqlite://")
    with old_engine.connect() as connection:
        migrate("0002", connection=connection)
        connection.commit()
        there = {name: {one["name"] for one in inspect(connection).get_columns(name)}
                 for name in inspect(connection).get_table_names()}  # fmt: skip
    old_engine.dispose()
    assert "audit_log" not in there
    with zipfile.ZipFile(filled_home.backup) as source:
        contents = {name: source.read(name) for name in source.namelist()}
    manifest = json.loads(contents.pop(backup_archive.MANIFEST))
    kept = []
    for one in manifest["tables"]:
        name, member = one["shape"]["name"], one["member"]["name"]
        if name not in there:
            del contents[member]
            continue
        places = [number for number, (column, _) in enumerate(one["shape"]["columns"]) if column in there[name]]
        one["shape"]["columns"] = [one["shape"]["columns"][number] for number in places]
        lines = [json.loads(line) for line in contents[member].splitlines()]
        contents[member] = b"".join(json.dumps([line[number] for number in places]).encode() + b"\n" for line in lines)
        one["member"] |= {"bytes": len(contents[member]), "sha256": hashlib.sha256(contents[member]).hexdigest()}
        kept.append(one)
    manifest |= {"tables": kept, "revision": "0002"}
    older = tmp_path / "older.zip"
    with zipfile.ZipFile(older, "w") as target:
        for name, content in {**contents, backup_archive.MANIFEST: json.dumps(manifest).encode()}.items():
            target.writestr(name, content)

    restored = restore(older, principal=LOCAL_ANALYST)

    assert restored.migrated_from == "0002"
    assert is_current()
    told = what_it_tells()
    assert {name: told[name] for name in told if name != "audit"} == {
        name: filled_home.told[name] for name in told if name != "audit"
    }


def test_when_the_database_lies_elsewhere_then_its_rows_are_filled_in_place(
    filled_home: FilledHome, empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    get_settings.cache_clear()
    engine.cache_clear()

    restore(filled_home.backup, principal=LOCAL_ANALYST)

    assert what_it_tells() == filled_home.told
    assert not (empty_home / "data" / "workbench.db").exists()
    engine().dispose()


def test_when_there_is_no_room_then_a_restore_does_not_begin(
    filled_home: FilledHome, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(StorageFull):
        restore(filled_home.backup, principal=LOCAL_ANALYST)


def test_when_the_workbench_runs_then_nothing_is_restored(filled_home: FilledHome, home: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", get_settings().api_port))
        listening.listen()
        with pytest.raises(Conflict, match="stop the workbench"):
            restore(filled_home.backup, principal=LOCAL_ANALYST)


def test_when_a_restore_was_interrupted_then_the_next_start_finishes_it_first(
    filled_home: FilledHome, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "put_in_place", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        restore(filled_home.backup, principal=LOCAL_ANALYST)
    monkeypatch.undo()
    monkeypatch.setenv("WORKBENCH_HOME", str(empty_home))
    get_settings.cache_clear()
    assert restoring.is_interrupted()

    supervisor._migrate(get_settings())

    assert rows_of("accounts") == 1
    assert not restoring.is_interrupted()
