"""A backup holds all rows and files of one moment, whole or not at all, also where it or a restore is killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, null, select

from core.errors import BadInput, Conflict, NotAllowed, NotFound, StorageFull, Unavailable
from core.jobs.states import add_event
from core.operations import archived_rows, backup, backup_archive
from core.operations.backup import back_up, list_backups
from core.operations.restoring import finish_interrupted, restore
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.settings.current import get_settings
from core.storage import tables
from core.storage.all_tables import metadata
from core.storage.audit import search_entries, verify
from core.storage.database import engine, utc_now, writing
from core.storage.migrations import HEAD
from tests.conftest import PROJECT
from tests.operations.archives import rows_of, with_manifest
from tests.operations.conftest import FilledHome


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
    row = {"owner": "local", "name": "n", "every_s": 0.1, "started_at": now, "failures": 0, "last_error": "é한\n\x01"}
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
@pytest.mark.sqlite
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


@pytest.mark.sqlite
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
