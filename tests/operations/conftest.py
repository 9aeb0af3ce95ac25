"""A home with something of everything that a backup has to bring back, made once for the tests of a file."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.knowledge.retrieval import find as search
from core.security.policy import LOCAL_ANALYST
from tests.api.conftest import trained_home
from tests.conftest import process_home
from tests.knowledge.collections_home import ANA, POLICY, HashModel, filled

__all__ = ["trained_home"]
PASSWORD = "a long enough password"
QUERY = "환불 기간"


@dataclass(frozen=True)
class FilledHome:
    """folder: the home as it was when the backup was made. told: what it answered."""

    folder: Path
    backup: Path
    told: dict[str, Any]


def what_it_tells() -> dict[str, Any]:
    """What a person sees of the home: signing in, runs, what is served, documents, conversations, the audit log."""
    from core.accounts.sign_in import sign_in
    from core.chat.conversations import list_conversations
    from core.chat.messages import list_messages
    from core.ctr.runs import list_runs, report_of
    from core.customers.profiles import CustomerProfile
    from core.customers.serving import current_model
    from core.datasets.records import list_datasets, load_frame
    from core.storage.audit import verify

    found = search.find(QUERY, principal=ANA, k=3)
    held = list_conversations(principal=ANA).conversations
    messages = [message for one in held for message in list_messages(one.id, principal=ANA)]
    answers = [
        (one.id, one.state, one.text, [c for s in one.answer.sentences for c in s.citations] if one.answer else [])
        for one in messages
    ]
    return {
        "account": sign_in("somebody", PASSWORD).id,
        "runs": [(one.id, one.state, report_of(one.id, principal=LOCAL_ANALYST).document["evaluation"])
                 for one in list_runs(principal=LOCAL_ANALYST)],
        "lookup": current_model().assign_cluster(CustomerProfile(30, 55.0, True, "Weekly")),
        "tables": [(one.id, load_frame(one).height) for one in list_datasets(principal=LOCAL_ANALYST)],
        "passages": [(one.passage.id, one.passage.text) for one in found.passages],
        "answers": answers,
        "audit": (verify(principal=LOCAL_ANALYST).is_intact, verify(principal=LOCAL_ANALYST).entries >= 2),
    }  # fmt: skip


@pytest.fixture(scope="module")
def filled_home(tmp_path_factory: pytest.TempPathFactory, trained_home: Path) -> Iterator[FilledHome]:
    """Rows and files of every room, a backup of them, and what they answered."""
    from core.accounts.accounts import create_account
    from core.customers.training import keep_sample, load_customers
    from core.operations.backup import back_up
    from core.storage.database import engine
    from tests.chat.conversations_home import OTHERS, answered
    from tests.ctr.finished_runs import finish_run

    home, place = tmp_path_factory.mktemp("filled"), tmp_path_factory.mktemp("backups")
    shutil.copytree(trained_home, home, dirs_exist_ok=True)
    with process_home(home, migrated=False) as patch:
        patch.setattr(search, "text_model", HashModel)
        create_account("somebody", PASSWORD, display_name="Somebody", principal=LOCAL_ANALYST)
        filled(policy=POLICY + OTHERS)
        answered()
        finish_run()
        keep_sample(load_customers("", principal=LOCAL_ANALYST), principal=LOCAL_ANALYST)
        history = _run_history(home)
        made = back_up(place, principal=LOCAL_ANALYST)
        told = what_it_tells()
        history.close()
        engine().dispose()
    yield FilledHome(home, made.path, told)
    shutil.rmtree(home, ignore_errors=True)


def _run_history(home: Path) -> sqlite3.Connection:
    """A run history that somebody is writing to: its last row is not in the file yet."""
    connection = sqlite3.connect(home / "models" / "mlflow.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE runs (id TEXT)")
    connection.execute("INSERT INTO runs VALUES ('of today')")
    connection.commit()
    return connection


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with nothing in it, as on a new machine."""
    with process_home(tmp_path / "new", migrated=False) as patch:
        (tmp_path / "new").mkdir(exist_ok=True)
        patch.setattr(search, "text_model", HashModel)
        yield tmp_path / "new"
