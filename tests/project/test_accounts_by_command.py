"""Accounts made from the command line, the sample analyst's greeting, and what the check-up says of signing in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import cli, doctor, supervisor
from core.accounts.accounts import create_account, find_account
from core.accounts.sign_in import sign_in
from core.errors import Conflict
from core.jobs.records import list_jobs
from core.knowledge.aptitude.records import results_collection_id
from core.knowledge.ingestion.plans import list_ingestions
from core.security.policy import LOCAL_ANALYST, Role
from core.settings.current import get_settings
from tests.api.conftest import SECRET

PASSWORD = r"password (\S+?)\.? "


@pytest.fixture(autouse=True)
def cheap_hashing(home: Path, settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_PASSWORD_MEMORY_MB="1", WORKBENCH_PASSWORD_PASSES="1")


def told_by(*words: str) -> str:
    done = CliRunner().invoke(cli.app, ["account", *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_when_an_account_is_added_then_its_password_is_told_and_works() -> None:
    told = told_by("add", "김민지", "--role", "researcher")

    account = sign_in("김민지", re.search(PASSWORD, told).group(1))  # type: ignore[union-attr]
    assert (account.role, account.display_name) == (Role.RESEARCHER, "김민지")


def test_when_a_password_is_renewed_then_the_new_one_is_told_and_works() -> None:
    told_by("add", "minji")

    told = told_by("password", "MinJi")

    assert sign_in("minji", re.search(PASSWORD, told).group(1)).login_name == "minji"  # type: ignore[union-attr]


def test_when_the_name_is_taken_then_nothing_is_told() -> None:
    told_by("add", "minji")

    with pytest.raises(Conflict):
        told_by("add", "minji")


def test_when_the_workbench_starts_first_then_the_sample_password_is_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    supervisor._tell_first_accounts()
    told = capsys.readouterr().out
    supervisor._tell_first_accounts()

    account = sign_in("analyst", re.search(r"password (\S+)\n", told).group(1))  # type: ignore[union-attr]
    assert account.client_fields.ins_seq == 17
    assert capsys.readouterr().out == ""


def test_when_the_workbench_starts_first_then_the_sample_analysts_own_results_are_queued_once() -> None:
    supervisor._tell_first_accounts()
    supervisor._tell_first_accounts()

    analyst = find_account("analyst", principal=LOCAL_ANALYST).principal
    (job,) = list_jobs(principal=LOCAL_ANALYST)
    (waiting,) = list_ingestions(collection_id=results_collection_id(analyst.id), principal=analyst)
    assert (job.owner, job.notebook, job.state) == (analyst.id, "knowledge_ingest", "queued")
    assert (job.parameters["ingestion"], waiting.states) == (waiting.id, {"waiting": 7})


def test_when_a_workbench_on_a_network_starts_first_then_its_operator_is_told_an_administrators_password_once(
    settings_from: Callable[..., object], capsys: pytest.CaptureFixture[str]
) -> None:
    settings_from(APP_ENV="dev", WORKBENCH_TOKEN_SECRET=2 * SECRET, WORKBENCH_PASSWORD_MEMORY_MB="19", DISABLE_AUTH="0")

    supervisor._tell_first_accounts()
    told = capsys.readouterr().out
    supervisor._tell_first_accounts()

    roles = [sign_in(name, password).role for name, password in re.findall(r"as (\S+) with password (\S+)\n", told)]
    assert roles == [Role.ANALYST, Role.ADMIN]
    assert capsys.readouterr().out == ""


def test_when_samples_are_off_then_neither_account_nor_job_is_made(settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_SAMPLE_DATA="0")

    supervisor._tell_first_accounts()

    assert list_jobs(principal=LOCAL_ANALYST) == ()


@pytest.mark.sqlite
def test_when_the_database_is_not_prepared_then_the_greeting_says_so(
    tmp_path: Path, settings_from: Callable[..., object], capsys: pytest.CaptureFixture[str]
) -> None:
    from core.storage.database import engine

    engine.cache_clear()
    settings_from(WORKBENCH_HOME=str(tmp_path / "bare"))
    try:
        supervisor._tell_first_accounts()
    finally:
        engine.cache_clear()

    assert "No account to sign in with" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "has_account", "mark", "words"),
    [
        ({"DISABLE_AUTH": "1"}, False, "note", "nobody has to sign in"),
        ({"DISABLE_AUTH": "0"}, False, "BAD ", "workbench account add"),
        ({"DISABLE_AUTH": "0"}, True, "ok  ", "tokens of accounts here count"),
        ({"DISABLE_AUTH": "0", "SUPABASE_JWT_SECRET": SECRET}, True, "ok  ", "and of the Supabase project"),
        ({"DISABLE_AUTH": "0", "SUPABASE_JWT_SECRET": SECRET}, False, "note", "no account for the pages"),
        (
            {"DISABLE_AUTH": "0", "WORKBENCH_JWKS_URL": "https://login.example/keys"},
            True,
            "ok  ",
            "and of the identity provider",
        ),
    ],
    ids=["open", "nobody", "ours", "both", "project", "provider"],
)
def test_when_the_check_up_runs_then_it_tells_whose_tokens_count(
    settings_from: Callable[..., object], settings: dict[str, str], has_account: bool, mark: str, words: str
) -> None:
    settings_from(**settings)
    if has_account:
        create_account("minji", "correct horse", display_name="Minji", principal=LOCAL_ANALYST)

    found = doctor._sign_in(get_settings())

    assert found[0] == mark
    assert words in found[1]


def test_when_accounts_are_listed_then_only_those_who_manage_them_see_them() -> None:
    from core.accounts.accounts import list_accounts
    from core.errors import NotAllowed

    for name in ("sora", "minji"):
        told_by("add", name)
    minji = find_account("minji", principal=LOCAL_ANALYST)

    assert [one.login_name for one in list_accounts(principal=LOCAL_ANALYST)] == ["minji", "sora"]
    with pytest.raises(NotAllowed):
        list_accounts(principal=minji.principal)
