"""A backup holds all rows and files of one moment, whole or not at all; a home restored from it answers the same."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, insert, inspect, null, select

from core import supervisor
from core.errors import BadInput, Conflict, NotAllowed, NotFound, StorageFull, Unavailable
from core.jobs.states import add_event
from core.operations import archived_rows, backup, backup_archive, restoring
from core.operations.backup import back_up, list_backups
from core.operations.restoring import finish_interrupted, restore
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.settings.current import get_settings
from core.storage import tables
from core.storage.all_tables import metadata
from core.storage.audit import search_entries, verify
from core.storage.database import engine, reading, utc_now, writing
from core.storage.migrations import HEAD, is_current, migrate
from tests.conftest import PROJECT
from tests.operations.conftest import FilledHome, what_it_tells

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


def test_when_a_backup_is_made_then_only_its_owner_reads_it_and_it_says_what_is_not_in_it(
    filled_home: FilledHome,
) -> None:
    assert filled_home.backup.stat().st_mode & 0o777 == 0o600
    with backup_archive.opened(filled_home.backup) as (archive, manifest):
        backup_archive.verify(archive, manifest, filled_home.backup.name)
        names = archive.namelist()
    assert manifest.has_key
    assert manifest.revision == HEAD
    assert {one.shape.name for one in manifest.tables} == set(metadata.tables)
    assert "data/cache" in manifest.left_out
    assert not [name for name in names if "/cache/" in name or "workbench.db" in name]


@pytest.mark.parametrize("value", [{"a": 1}, None, "text", [1, None]])
def test_when_a_json_value_is_null_then_it_does_not_become_an_empty_column(home: Path, value: object) -> None:
    now = utc_now()
    row = {"owner": "local", "name": "n", "every_s": 0.1, "started_at": now, "failures": 0, "last_error": "é한\n\x00"}
    job = {
        "owner": "o", "notebook": "n", "room": "r", "parameters": {}, "state": "lost", "attempt": 1, "created_at": now,
        "cancel_requested": 0, "step": "", "fraction": 0.1 + 0.2,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(metadata.tables["periodic_rounds"]).values(**row))
        connection.execute(insert(tables.jobs).values(**job, id="with", result=value))
        connection.execute(insert(tables.jobs).values(**job, id="without", result=null()))
        lines = {
            name: list(archived_rows.lines_of(connection, metadata.tables[name]))
            for name in ("jobs", "periodic_rounds")
        }
        before = connection.execute(select(tables.jobs).order_by(tables.jobs.c.id)).all()
        for name, kept in lines.items():
            connection.execute(metadata.tables[name].delete())
            assert archived_rows.insert_lines(connection, archived_rows.shape_of(metadata.tables[name]), kept) == len(
                kept
            )
        after = connection.execute(select(tables.jobs).order_by(tables.jobs.c.id)).all()
        empty = connection.execute(select(tables.jobs.c.id).where(tables.jobs.c.result.is_(None))).scalars().all()
        rounds = connection.execute(select(metadata.tables["periodic_rounds"])).mappings().one()

    assert after == before
    assert empty == ["without"]
    assert (rounds["last_error"], rounds["started_at"]) == (row["last_error"], now)


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

    assert not [one for one in empty_home.rglob("*") if one.is_file()]


@pytest.mark.parametrize(
    "path",
    ["files/data/../../outside", "files/../etc/passwd", "files//etc/passwd", "files/models/..", "files/data/a\\b"],
)
@pytest.mark.fault(
    "path tricks", "a backup whose entries climb out of the home",
    "nothing is written",
)  # fmt: skip
def test_when_an_archive_names_a_path_elsewhere_then_nothing_is_written(
    filled_home: FilledHome, empty_home: Path, tmp_path: Path, path: str
) -> None:
    def edit(manifest: dict[str, Any]) -> None:
        manifest["files"][0]["name"] = path

    with pytest.raises(BadInput):
        restore(with_manifest(filled_home.backup, tmp_path / "odd.zip", edit), principal=LOCAL_ANALYST)
    assert not (tmp_path / "outside").exists()


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


STEPS = """
import os, sys
from pathlib import Path
from core.operations import restoring
from core.settings.current import get_settings
from core.security.policy import LOCAL_ANALYST
from core.storage import audit, database

def dying(name, left):
    real = getattr(Path, name)
    def step(self, *given):
        if "/home-of-test/" in str(self):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), 9)
        return real(self, *given)
    return step

for number in sys.argv[2:]:
    child = os.fork()
    if not child:
        os.environ["WORKBENCH_HOME"] = os.environ["PLACES"].replace("*", number)
        left = [int(number)]
        Path.rename, Path.replace = dying("rename", left), dying("replace", left)
        restoring.restore(Path(sys.argv[1]), replace=True, principal=LOCAL_ANALYST)
        os._exit(0)
    print(number, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.mark.parametrize(
    "steps", [(0, 1, 5), pytest.param(tuple(range(16)), marks=pytest.mark.soak)], ids=["some", "every"]
)
@pytest.mark.fault(
    "SIGKILL of a restore", "killed at every step",
    "the home is the old one or the new one",
)  # fmt: skip
def test_when_a_restore_is_killed_at_any_step_then_the_home_is_the_old_or_the_new_one(
    filled_home: FilledHome, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: tuple[int, ...]
) -> None:
    """Killed as things begin to be moved, in between and after; whoever comes next finds one of them."""
    engine().dispose()
    places = tmp_path / "killed-*" / "home-of-test"
    for number in steps:
        place = Path(str(places).replace("*", str(number)))
        shutil.copytree(home / "data", place / "data")
        (place / "models").mkdir()
        (place / "models" / "mine").write_text("mine", "utf-8")
    killed = subprocess.run(
        [sys.executable, "-c", STEPS, str(filled_home.backup), *map(str, steps)], cwd=PROJECT, check=True, timeout=100,
        env={**os.environ, "PLACES": str(places)}, capture_output=True, text=True,
    )  # fmt: skip
    codes = [int(line.split()[1]) for line in killed.stdout.splitlines() if line.split()[0].isdigit()]
    assert len(codes) == len(steps)
    assert codes[:2] == [-signal.SIGKILL] * 2
    outcomes = []
    for number in steps:
        place = Path(str(places).replace("*", str(number)))
        monkeypatch.setenv("WORKBENCH_HOME", str(place))
        get_settings.cache_clear()
        engine.cache_clear()
        finish_interrupted()
        is_new = rows_of("accounts") == 1
        assert (place / "models" / "mine").exists() is not is_new
        assert is_new is bool(list((place / "models").glob("before-restore-*/mine")))
        assert not list(place.glob("*/.restoring"))
        assert not is_new or verify(principal=LOCAL_ANALYST).is_intact
        outcomes.append(is_new)
        engine().dispose()
    assert outcomes == [number > 0 for number in steps]


@pytest.mark.fault(
    "SIGKILL of a backup", "killed while it writes",
    "no half of one is listed, the next tidies up",
)  # fmt: skip
def test_when_a_backup_is_killed_then_no_half_of_one_is_listed_and_the_next_one_tidies_up(
    filled_home: FilledHome, tmp_path: Path
) -> None:
    slow = (
        "import time, sys\nfrom pathlib import Path\nfrom core.operations import backup\n"
        "from core.security.policy import LOCAL_ANALYST\nreal = backup._add_file\n"
        "def slowly(*given):\n    print('half', flush=True)\n    time.sleep(60)\n    return real(*given)\n"
        "backup._add_file = slowly\nbackup.back_up(Path(sys.argv[1]), principal=LOCAL_ANALYST)\n"
    )
    environment = {**os.environ, "WORKBENCH_HOME": str(filled_home.folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", slow, str(tmp_path)], cwd=PROJECT, env=environment, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"half"
    os.environ["WORKBENCH_HOME"], before = str(filled_home.folder), os.environ.get("WORKBENCH_HOME", "")
    get_settings.cache_clear()
    engine.cache_clear()
    try:
        with pytest.raises(Conflict):
            back_up(tmp_path, principal=LOCAL_ANALYST)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert list_backups(tmp_path, principal=LOCAL_ANALYST) == ()
        assert [one.name[:12] for one in tmp_path.iterdir() if one.name != ".backup.lock"] == [".unfinished-"]

        made = back_up(tmp_path, principal=LOCAL_ANALYST)

        assert [one.path for one in list_backups(tmp_path, principal=LOCAL_ANALYST)] == [made.path]
        assert sorted(one.name for one in tmp_path.iterdir()) == [".backup.lock", made.name]
    finally:
        engine().dispose()
        os.environ["WORKBENCH_HOME"] = before
        get_settings.cache_clear()
        engine.cache_clear()


def test_when_the_disk_is_full_then_one_sentence_says_so_and_nothing_half_is_left(
    filled_home: FilledHome, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.os, "fsync", full)
    with pytest.raises(StorageFull, match="no backup was made"):
        back_up(tmp_path / "out", principal=LOCAL_ANALYST)
    assert [one.name for one in (tmp_path / "out").iterdir()] == [".backup.lock"]

    with pytest.raises(StorageFull, match="nothing was changed"):
        restore(filled_home.backup, principal=LOCAL_ANALYST)
    assert rows_of("accounts") == 0
    assert not list(home.glob("*/.restoring"))


def test_when_there_is_no_room_then_a_restore_does_not_begin(
    filled_home: FilledHome, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(StorageFull):
        restore(filled_home.backup, principal=LOCAL_ANALYST)


def test_when_backups_are_more_than_are_kept_then_the_oldest_go(home: Path, settings_from) -> None:
    settings_from(WORKBENCH_KEEP_BACKUPS="2")
    made = [back_up(principal=LOCAL_ANALYST) for _ in range(4)]

    kept = list_backups(principal=LOCAL_ANALYST)

    assert [one.path for one in kept] == [made[3].path, made[2].path]
    assert len(search_entries(principal=LOCAL_ANALYST, action="backup.made")) == 4


def test_when_something_else_lies_there_then_it_is_listed_with_its_problem(home: Path) -> None:
    folder = backup.backup_folder()
    folder.mkdir(parents=True)
    (folder / "workbench-20260101T000000000Z.zip").write_bytes(b"no zip")
    (folder / "notes.txt").touch()

    (listed,) = list_backups(principal=LOCAL_ANALYST)

    assert listed.manifest is None
    assert "no backup" in str(listed.problem)


def test_when_somebody_may_not_or_names_nothing_then_it_is_refused(home: Path, tmp_path: Path) -> None:
    developer = Principal("d", Role.DEVELOPER)
    with pytest.raises(NotAllowed):
        back_up(principal=developer)
    with pytest.raises(NotAllowed):
        restore(tmp_path / "none.zip", principal=developer)
    with pytest.raises(NotFound):
        restore(tmp_path / "none.zip", principal=LOCAL_ANALYST)


def test_when_the_workbench_runs_then_nothing_is_restored(filled_home: FilledHome, home: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", get_settings().api_port))
        listening.listen()
        with pytest.raises(Conflict, match="stop the workbench"):
            restore(filled_home.backup, principal=LOCAL_ANALYST)


def test_when_the_database_is_not_prepared_then_no_backup_is_made(empty_home: Path) -> None:
    with pytest.raises(Unavailable):
        back_up(empty_home / "out", principal=LOCAL_ANALYST)


def test_when_rows_are_written_meanwhile_then_the_backup_is_of_one_moment(home: Path, tmp_path: Path) -> None:
    """A job and its event are written in one transaction; whoever reads them table by table could see half of it."""
    stopping, begun = threading.Event(), threading.Event()

    def writes() -> None:
        number = 0
        while not stopping.is_set():
            number += 1
            with writing() as connection:
                connection.execute(insert(tables.jobs).values(
                    id=f"j{number}", owner="o", notebook="n", room="r", parameters={}, state="lost", attempt=1,
                    created_at=utc_now(), cancel_requested=0, step="", fraction=0.0))  # fmt: skip
                add_event(connection, f"j{number}", "o", "state", {})
            begun.set()
            time.sleep(0.001)

    thread = threading.Thread(target=writes)
    thread.start()
    try:
        assert begun.wait(20)
        counts = []
        for _ in range(3):
            manifest = back_up(tmp_path, principal=LOCAL_ANALYST).manifest
            assert manifest is not None
            counts.append({one.shape.name: one.rows for one in manifest.tables})
    finally:
        stopping.set()
        thread.join()

    assert [one["jobs"] for one in counts] == [one["job_events"] for one in counts]
    assert counts[-1]["jobs"] > counts[0]["jobs"] > 0


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
