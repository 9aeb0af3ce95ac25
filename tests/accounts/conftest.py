"""A home that the tests here share and find empty, with passwords that are hashed cheaply."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import delete

from core.accounts import letters
from core.accounts.accounts import Account, create_account
from core.accounts.organisations import Organisation, create_organisation
from core.security.policy import LOCAL_ANALYST, PERMISSIONS, Permission, Principal, Role
from core.storage import audit, operator_tables, tables
from core.storage.database import writing
from core.storage.migrations import migrate
from tests.conftest import MARK, ON_POSTGRESQL, _forget_process_state
from tests.notifications.conftest import MailServer
from tests.workers import free_port

PASSWORD = "네 개의 낱말 correct"
NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
OURS = (
    tables.accounts, tables.organisations, tables.sessions, tables.refresh_tokens, tables.sign_in_attempts,
    operator_tables.invitations, operator_tables.password_resets, operator_tables.outside_identities,
    operator_tables.audit_log,
)  # fmt: skip


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("accounts")
    if ON_POSTGRESQL:
        from tests.postgres.server import fresh_database

        (folder / MARK).write_text(fresh_database(), "utf-8")
    return folder


@pytest.fixture(autouse=True)
def empty_home(shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Emptied rather than made anew, which takes longer than most of the tests."""
    monkeypatch.setenv("WORKBENCH_HOME", str(shared_home))
    monkeypatch.setenv("WORKBENCH_PASSWORD_MEMORY_MB", "1")
    monkeypatch.setenv("WORKBENCH_PASSWORD_PASSES", "1")
    if (mark := shared_home / MARK).exists():
        monkeypatch.setenv("WORKBENCH_DATABASE_URL", mark.read_text("utf-8"))
    _forget_process_state()
    migrate()
    with writing() as connection:
        for table in OURS:
            connection.execute(delete(table))
    yield shared_home
    _forget_process_state()


@pytest.fixture
def mail(settings_from: Callable[..., object]) -> Iterator[MailServer]:
    """A real mail server, and settings that name it; what arrived is complete after `letters.wait_until_sent`."""
    server = MailServer(free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    settings_from(WORKBENCH_SMTP_URL=f"smtp://127.0.0.1:{server.port}", WORKBENCH_NOTIFY_FROM="desk@example.com")
    yield server
    letters.wait_until_sent()
    controller.stop()


@pytest.fixture
def person() -> Account:
    return person_named("minji")


@pytest.fixture
def school() -> Organisation:
    return create_organisation("한빛고등학교", session_code="HB-2026", principal=LOCAL_ANALYST)


@pytest.fixture
def clerk(monkeypatch: pytest.MonkeyPatch) -> Principal:
    """Somebody who manages accounts without being an administrator, as a later table of permissions might have it."""
    manages = PERMISSIONS[Role.RESEARCHER] | {Permission.ACCOUNTS_MANAGE}
    monkeypatch.setitem(PERMISSIONS, Role.RESEARCHER, manages)
    return Principal("clerk", Role.RESEARCHER)


def person_named(login_name: str, **values: Any) -> Account:
    values = {"display_name": "김민지", **values}
    return create_account(login_name, PASSWORD, principal=LOCAL_ANALYST, **values)


def told_in_audit() -> list[tuple[str, str]]:
    """Every action with its target, oldest first, in a log whose seals all fit."""
    assert audit.verify(principal=LOCAL_ANALYST).is_intact
    return [
        (entry.action, entry.target) for entry in reversed(audit.search_entries(principal=LOCAL_ANALYST, limit=1000))
    ]


def letter(arrived: Any) -> tuple[str, str, str]:
    """To whom, subject and text of what a mail server took."""
    message = email.message_from_bytes(arrived.content, policy=email.policy.default)
    return arrived.rcpt_tos[0], str(message["Subject"]), message.get_content()


def token_in(text: str, name: str) -> str:
    """The token of the link in a letter."""
    return re.findall(rf"/\?{name}=([A-Za-z0-9_-]+)", text)[0]
