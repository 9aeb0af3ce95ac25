"""The audit log: what is tampered with is seen, nothing is lost between writers, and nothing secret goes in."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from core.accounts.accounts import create_account
from core.accounts.changing import change_password
from core.accounts.invitations import invite
from core.errors import NotAllowed
from core.jobs.records import submit
from core.knowledge.collections import create_collection
from core.security.policy import LOCAL_ANALYST, Permission, Principal, Role
from core.storage.audit import Verified, note, note_now, search_entries, verify
from core.storage.database import reading, writing
from core.storage.exports import FORMULA, REPORT, hand_out
from core.storage.operator_tables import audit_log
from tests.conftest import PROJECT

ANA = Principal("ana", Role.ANALYST, "Ana Lee")
CHANGES: dict[str, Any] = {
    "owner": "ben", "name": "Ben", "at": datetime(2020, 1, 1, tzinfo=UTC), "action": "dataset.added",
    "target": "another", "details": {"rows": 4}, "seal": "0" * 64,
}  # fmt: skip
SECRET, WORDS = "correct horse battery staple", "what nobody else should read"
SECRETIVE = re.compile(r"password|token|secret|prompt|question|answer|text|content|story|brief|hash|email")
WRITER = """
import sys
from core.security.policy import Principal, Role
from core.storage.audit import note_now
for number in range(25):
    note_now(Principal(sys.argv[1], Role.ANALYST, "Ana"), "dataset.added", str(number))
"""


def check(**expected: Any) -> Verified:
    return verify(principal=LOCAL_ANALYST, **expected)


@pytest.fixture
def five(home: Path) -> Path:
    """Five entries; the home they are in."""
    for number in range(1, 6):
        note_now(ANA, "dataset.removed", f"table {number}", rows=number)
    return home


def change(statement: Any) -> None:
    with writing() as connection:
        connection.execute(statement)


def test_when_nothing_was_done_then_the_log_is_whole(home: Path) -> None:
    assert check() == Verified(0, "0" * 64, None)


def test_when_nobody_touched_it_then_all_seals_fit_and_the_last_one_is_told(five: Path) -> None:
    found = check()

    assert found.is_intact
    assert found.entries == 5
    assert check(expected_number=5, expected_seal=found.last_seal).is_intact


def test_when_any_part_of_a_row_is_changed_then_that_row_is_named(five: Path) -> None:
    third = audit_log.c.id == 3
    with reading() as connection:
        as_written = dict(connection.execute(select(audit_log).where(third)).mappings().one())
    for name, value in CHANGES.items():
        change(update(audit_log).where(third).values({name: value}))
        found = check()
        assert (found.broken_at, found.entries) == (3, 2), name
        change(update(audit_log).where(third).values(as_written))
    assert check().is_intact


@pytest.mark.parametrize("number", [1, 3])
def test_when_a_row_is_taken_out_then_the_row_behind_the_gap_is_named(five: Path, number: int) -> None:
    change(delete(audit_log).where(audit_log.c.id == number))

    assert check().broken_at == number + 1


def test_when_a_row_is_taken_out_and_the_gap_is_closed_then_the_seal_still_tells(five: Path) -> None:
    change(delete(audit_log).where(audit_log.c.id == 3))
    for number in (4, 5):
        change(update(audit_log).where(audit_log.c.id == number).values(id=number - 1))

    assert check().broken_at == 3


def test_when_a_row_is_put_in_then_it_is_named(five: Path) -> None:
    with reading() as connection:
        copied = dict(connection.execute(select(audit_log).where(audit_log.c.id == 5)).mappings().one())
    change(insert(audit_log).values({**copied, "id": 6, "owner": "ben"}))

    assert check().broken_at == 6


def test_when_two_rows_change_places_then_the_first_of_them_is_named(five: Path) -> None:
    for here, there in ((2, 99), (4, 2), (99, 4)):
        change(update(audit_log).where(audit_log.c.id == here).values(id=there))

    assert check().broken_at == 2


def test_when_the_end_is_cut_off_then_only_who_kept_the_last_seal_sees_it(five: Path) -> None:
    kept = check()
    change(delete(audit_log).where(audit_log.c.id > 3))

    assert check().is_intact
    found = check(expected_number=kept.entries, expected_seal=kept.last_seal)
    assert not found.is_intact
    assert found.is_cut_off
    assert found.broken_at is None


def test_when_other_entries_were_written_after_a_cut_then_the_kept_seal_still_tells(five: Path) -> None:
    kept = check()
    change(delete(audit_log).where(audit_log.c.id > 3))
    for _ in range(4):
        note_now(ANA, "dataset.added", "table")

    assert check().is_intact
    assert check(expected_number=kept.entries, expected_seal=kept.last_seal).is_cut_off


def test_when_entries_were_added_since_then_an_earlier_seal_still_counts(five: Path) -> None:
    kept = check()
    note_now(ANA, "dataset.added", "table")

    assert check(expected_number=kept.entries, expected_seal=kept.last_seal).is_intact


def test_when_threads_write_at_once_then_each_entry_is_there_and_sealed(home: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: note_now(ANA, "dataset.added", str(number)), range(40)))

    assert check().is_intact
    told = search_entries(principal=LOCAL_ANALYST, limit=100)
    assert sorted(int(entry.target) for entry in told) == list(range(40))


def test_when_processes_write_at_once_then_each_entry_is_there_and_sealed(home: Path) -> None:
    note_now(ANA, "dataset.added", "first")  # makes the key that all of them share
    environment = {**os.environ, "WORKBENCH_HOME": str(home)}
    command = [sys.executable, "-c", WRITER]
    writers = [subprocess.Popen([*command, owner], cwd=PROJECT, env=environment) for owner in ("ben", "eva")]
    assert [writer.wait(60) for writer in writers] == [0, 0]

    assert check().entries == 51
    assert check().is_intact
    for owner in ("ben", "eva"):
        mine = search_entries(principal=LOCAL_ANALYST, owner=owner)
        assert [int(entry.target) for entry in reversed(mine)] == list(range(25))


def test_when_the_secret_is_replaced_then_what_the_earlier_one_sealed_still_fits(
    home: Path, settings_from: Callable[..., object]
) -> None:
    first, second = "first-secret-of-this-workbench-0123456789", "second-secret-of-this-workbench-012345678"
    settings_from(WORKBENCH_TOKEN_SECRET=first)
    note_now(ANA, "dataset.added", "before")
    settings_from(WORKBENCH_TOKEN_SECRET=second, WORKBENCH_PREVIOUS_TOKEN_SECRETS=first)
    note_now(ANA, "dataset.added", "after")
    assert check().is_intact

    settings_from(WORKBENCH_TOKEN_SECRET=second, WORKBENCH_PREVIOUS_TOKEN_SECRETS="")
    assert check().broken_at == 1


def test_when_a_change_is_rolled_back_then_nothing_says_that_it_was_made(home: Path) -> None:
    class Stopped(Exception):
        pass

    with pytest.raises(Stopped), writing() as connection:
        note(connection, ANA, "dataset.removed", "table")
        raise Stopped

    note_now(ANA, "dataset.added", "table")
    assert [entry.action for entry in search_entries(principal=LOCAL_ANALYST)] == ["dataset.added"]
    assert check().is_intact


def test_when_values_are_no_json_then_they_are_kept_as_text_and_still_fit(home: Path) -> None:
    note_now(ANA, "dataset.added", "표 · table", path=Path("a/b"), when=datetime(2026, 1, 5, tzinfo=UTC), share=0.1)

    (entry,) = search_entries(principal=LOCAL_ANALYST)
    assert entry.details == {"path": "a/b", "when": "2026-01-05 00:00:00+00:00", "share": 0.1}
    assert check().is_intact


def test_when_a_target_is_long_then_it_is_cut_and_the_seal_is_of_what_is_stored(home: Path) -> None:
    note_now(ANA, "dataset.added", "x" * 5000)

    assert len(search_entries(principal=LOCAL_ANALYST)[0].target) == 300
    assert check().is_intact


def test_when_entries_are_searched_then_every_filter_narrows_and_pages_go_on(home: Path) -> None:
    note_now(ANA, "dataset.added", "clicks_2026", rows=3)
    note_now(LOCAL_ANALYST, "dataset.removed", "100% off")
    note_now(ANA, "champion.promoted", "ctr/champion")

    def targets(**filters: Any) -> list[str]:
        return [entry.target for entry in search_entries(principal=LOCAL_ANALYST, **filters)]

    assert targets() == ["ctr/champion", "100% off", "clicks_2026"]
    assert targets(owner="ana") == ["ctr/champion", "clicks_2026"]
    assert targets(action="dataset") == ["100% off", "clicks_2026"]
    assert targets(action="dataset.added") == ["clicks_2026"]
    assert targets(action="data") == []
    assert targets(words="LEE clicks") == ["clicks_2026"]
    assert targets(words="100%") == ["100% off"]
    assert targets(words="_") == ["clicks_2026"]
    assert targets(limit=1) == ["ctr/champion"]
    assert targets(before=3, limit=1) == ["100% off"]
    now = datetime.now(UTC)
    assert targets(since=now - timedelta(hours=1)) == targets()
    assert targets(until=now - timedelta(hours=1)) == []


def test_when_somebody_else_than_an_administrator_asks_then_the_log_stays_closed() -> None:
    for role in set(Role) - {Role.ADMIN}:
        for ask in (search_entries, verify):
            with pytest.raises(NotAllowed) as refused:
                ask(principal=Principal("ana", role))
            assert refused.value.details["permission"] == str(Permission.AUDIT_READ)


def test_when_a_file_is_taken_then_it_is_noted_and_a_refused_one_is_not(home: Path) -> None:
    hand_out(REPORT, "run 1", principal=ANA, form="pdf")
    with pytest.raises(NotAllowed):
        hand_out(FORMULA, "secret formula", principal=ANA, form="csv")

    (entry,) = search_entries(principal=LOCAL_ANALYST)
    assert (entry.owner, entry.name, entry.action, entry.target) == ("ana", "Ana Lee", "report.exported", "run 1")
    assert entry.details == {"form": "pdf"}


def test_when_people_work_then_their_secrets_and_their_words_stay_out_of_the_log(
    home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_PASSWORD_MEMORY_MB="1")
    account = create_account("ana", SECRET, display_name="Ana", principal=LOCAL_ANALYST)
    change_password(account.id, SECRET * 2, principal=LOCAL_ANALYST)
    invited = invite(role=Role.ANALYST, principal=LOCAL_ANALYST)
    submit("ctr_train", {"publish_reason": WORDS}, principal=account.principal)
    create_collection("notes", description=WORDS, principal=account.principal)

    told = search_entries(principal=LOCAL_ANALYST)
    assert {"account.created", "account.password_changed", "invitation.made", "job.submitted"} <= {
        entry.action for entry in told
    }
    for secret in (SECRET, WORDS, invited.token):
        assert secret not in str(told)


def test_when_details_are_noted_then_none_is_named_like_a_secret_or_like_what_somebody_wrote() -> None:
    named = {
        (path.relative_to(PROJECT).as_posix(), keyword.arg)
        for folder in ("core", "app")
        for path in (PROJECT / folder).rglob("*.py")
        if "audit" in (source := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and re.search(r"\bnote(_now)?$", ast.unparse(node.func))
        for keyword in node.keywords
    }

    assert len(named) > 20
    assert {one for one in named if one[1] and SECRETIVE.search(one[1])} == set()
