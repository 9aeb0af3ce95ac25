"""The operations page: the disk and what may be cleaned from it, settings, backups."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.operations import setting_words
from core.operations import backup, disk
from core.operations.backup import back_up
from core.operations.settings_view import settings_seen
from core.security.policy import LOCAL_ANALYST
from tests.ui.conftest import visible_text
from tests.ui.operations_tabs import open_incident, table


def abandoned_file(home: Path, name: str = "left.bin") -> Path:
    """What a process left that died two days ago."""
    file = home / "data" / "incoming" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * 5000)
    long_ago = time.time() - 2 * 86_400
    os.utime(file, (long_ago, long_ago))
    disk.forget()
    return file


def test_when_a_plan_is_made_then_nothing_goes_until_it_is_agreed_to(
    home: Path, operations_tab: Callable[..., AppTest]
) -> None:
    file = abandoned_file(home)
    app = operations_tab("Disk")
    app.button(key="clean-plan-make").click().run()
    assert file.exists()
    [item] = table(app, -1)
    assert item["path"] == "data/incoming/left.bin"
    assert item["size"] == "5 kB"
    assert item["why"]

    app.button(key="clean-do").click().run()
    assert not app.exception
    assert not file.exists()
    assert "1 items are gone, 5 kB are free again" in visible_text(app)


def test_when_a_file_changed_since_the_plan_then_it_stays_and_the_page_says_so(
    home: Path, operations_tab: Callable[..., AppTest]
) -> None:
    file = abandoned_file(home)
    app = operations_tab("Disk")
    app.button(key="clean-plan-make").click().run()
    os.utime(file)
    app.button(key="clean-do").click().run()
    assert file.exists()
    assert "left.bin" in app.warning[0].value


def test_when_a_secret_is_set_then_its_value_is_masked_and_its_origin_told(
    settings_from: Any, operations_tab: Callable[..., AppTest]
) -> None:
    settings_from(WORKBENCH_OPENAI_API_KEY="sk-very-secret-1234")
    app = operations_tab("Settings")
    rows = {row["name"]: row for row in table(app)}
    assert rows["WORKBENCH_OPENAI_API_KEY"]["value"] == "***"
    assert rows["WORKBENCH_OPENAI_API_KEY"]["origin"] == "environment, WORKBENCH_OPENAI_API_KEY"
    assert "sk-very-secret" not in str(rows)


def test_when_only_what_was_set_is_asked_for_then_defaults_are_left_out(operations_tab: Callable[..., AppTest]) -> None:
    app = operations_tab("Settings")
    assert {row["origin"] for row in table(app)} > {"default"}
    app.toggle[0].set_value(True).run()
    assert "default" not in {row["origin"] for row in table(app)}


def test_when_there_is_a_setting_then_it_is_explained_in_korean_too(home: Path) -> None:
    every = settings_seen(principal=LOCAL_ANALYST)
    assert set(setting_words.korean_meanings()) == {one.name for one in every}
    for one in every:
        assert ("[" in one.description) == ("[" in setting_words.korean_meanings()[one.name]), one.name


def test_when_a_backup_is_asked_for_then_the_page_follows_it_and_then_lists_it(
    operations_tab: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    may_go_on, begun = threading.Event(), threading.Event()
    filled = backup._filled

    def slowly(*given: Any) -> Any:
        begun.set()
        assert may_go_on.wait(30)
        return filled(*given)

    monkeypatch.setattr(backup, "_filled", slowly)
    open_incident()
    app = operations_tab("Backups")
    assert "No backup yet" in visible_text(app)
    app.button(key="back-up").click().run()
    assert begun.wait(30)
    app.run()
    assert not app.exception
    assert not [one for one in app.button if one.key == "back-up"], "a second one would be refused"

    may_go_on.set()
    assert app.session_state["kept:backup-work"].finished.wait(30)
    app.run()
    assert not app.exception
    [made] = table(app)
    assert made["state"] == "complete"
    assert made["rows"] > 0
    assert "The backup is made" in visible_text(app)
    assert app.code[0].value.startswith("workbench restore ")
    assert app.code[0].value.endswith(made["name"])


def test_when_a_backup_cannot_be_read_then_it_is_listed_with_the_reason(
    home: Path, operations_tab: Callable[..., AppTest]
) -> None:
    made = back_up(principal=LOCAL_ANALYST)
    made.path.with_name("workbench-20200101T000000000Z.zip").write_bytes(b"not a backup")
    rows = table(operations_tab("Backups"))
    assert rows[0]["state"] == "complete"
    assert rows[1]["state"] not in ("complete", "–")


def test_when_a_killed_backup_left_its_file_then_nothing_is_said_to_be_running(home: Path) -> None:
    folder = backup.backup_folder()
    folder.mkdir(parents=True)
    (folder / ".unfinished-1").write_bytes(b"half")
    assert backup.being_written() is None
    with backup._alone_in(folder):
        (folder / ".unfinished-2").write_bytes(b"whole")
        assert backup.being_written() == 5
