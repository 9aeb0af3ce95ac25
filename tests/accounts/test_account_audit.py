"""Whatever happens to an account is in the audit log, by whom and to whom, and nothing secret is."""

from __future__ import annotations

import pytest

from core.accounts.accounts import find_account
from core.accounts.changing import (
    change_email,
    change_password,
    change_role,
    disable_account,
    enable_account,
    rename,
)
from core.accounts.invitations import invite, revoke
from core.accounts.resets import make_reset, reset_password
from core.accounts.sessions import end_all_sessions, end_session, open_browser_session
from core.accounts.sign_in import sign_in
from core.accounts.sign_up import sign_up
from core.accounts.throttling import account_hash
from core.accounts.token_pairs import exchange, open_client_session
from core.errors import Conflict, NotFound, NotSignedIn
from core.security.policy import LOCAL_ANALYST, Role
from core.storage import audit
from tests.accounts.conftest import PASSWORD, person_named, told_in_audit


def test_when_an_account_lives_then_every_step_is_told_with_who_did_it() -> None:
    admin = person_named("sora", role=Role.ADMIN)
    given = invite(role=Role.ANALYST, principal=admin.principal)
    spare = invite(role=Role.GUEST, principal=admin.principal)
    revoke(spare.invitation.id, principal=admin.principal)
    minji = sign_up("minji", PASSWORD, invitation=given.token)
    rename(minji.id, "민지", principal=minji.principal)
    change_email(minji.id, "minji@host.example", principal=admin.principal)
    change_role(minji.id, Role.RESEARCHER, principal=admin.principal)
    change_password(minji.id, "another password", current=PASSWORD, principal=minji.principal)
    disable_account(minji.id, principal=admin.principal)
    enable_account(minji.id, principal=admin.principal)
    reset_password(make_reset(minji.id, principal=admin.principal).token, PASSWORD)

    assert told_in_audit() == [
        ("account.created", admin.id),
        ("invitation.made", given.invitation.id),
        ("invitation.made", spare.invitation.id),
        ("invitation.revoked", spare.invitation.id),
        ("invitation.used", given.invitation.id),
        ("account.created", minji.id),
        ("account.renamed", minji.id),
        ("account.email_changed", minji.id),
        ("account.role_changed", minji.id),
        ("account.password_changed", minji.id),
        ("account.disabled", minji.id),
        ("account.enabled", minji.id),
        ("account.reset_made", minji.id),
        ("account.password_reset", minji.id),
    ]
    doers = {entry.action: entry.owner for entry in audit.search_entries(principal=LOCAL_ANALYST)}
    assert doers["account.role_changed"] == doers["account.reset_made"] == admin.id
    assert doers["account.renamed"] == doers["account.password_reset"] == minji.id


def test_when_sessions_come_and_go_then_that_is_told_and_a_replayed_token_too() -> None:
    minji = person_named("minji")
    first = open_browser_session(minji)
    refresh = open_client_session(minji).refresh
    exchange(refresh)
    with pytest.raises(NotSignedIn):
        exchange(refresh)
    end_session(first.id, principal=minji.principal)
    end_session(first.id, principal=minji.principal)  # ended before: nothing happened
    open_browser_session(minji)
    end_all_sessions(minji.id, principal=LOCAL_ANALYST)

    assert [action for action, _ in told_in_audit()] == [
        "account.created",
        "session.opened",
        "session.opened",
        "session.reused",
        "session.ended",
        "session.opened",
        "session.ended",
    ]


def test_when_a_sign_in_fails_then_the_account_is_told_or_a_hash_but_never_what_was_typed() -> None:
    minji = person_named("minji")
    typed = "my password in the wrong field"

    for name, password in (("minji", "a wrong guess"), (typed, "a wrong guess")):
        with pytest.raises(NotSignedIn):
            sign_in(name, password, address="203.0.113.7")

    entries = audit.search_entries(principal=LOCAL_ANALYST, action="sign_in.failed")
    assert [(one.target, one.details) for one in entries] == [
        (account_hash(typed), {"address": "203.0.113.7"}),
        (minji.id, {"address": "203.0.113.7"}),
    ]


def test_when_a_change_is_undone_then_it_was_never_said_to_be_done() -> None:
    admin = person_named("sora", role=Role.ADMIN)
    before = told_in_audit()

    with pytest.raises(Conflict):
        disable_account(admin.id, principal=LOCAL_ANALYST)
    with pytest.raises(Conflict):
        person_named("SORA")
    with pytest.raises(NotFound):
        revoke("unknown", principal=admin.principal)

    assert told_in_audit() == before


def test_when_secrets_pass_through_then_none_of_them_is_in_the_log() -> None:
    admin = person_named("sora", role=Role.ADMIN)
    given = invite(role=Role.ANALYST, email="minji@host.example", principal=admin.principal)
    minji = sign_up("minji", PASSWORD, invitation=given.token)
    session, pair = open_browser_session(minji), open_client_session(minji)
    reset = make_reset(minji.id, principal=admin.principal)
    reset_password(reset.token, "another password")

    kept = repr(audit.search_entries(principal=LOCAL_ANALYST))
    secrets = (PASSWORD, given.token, session.cookie, pair.access, pair.refresh, reset.token, "another password")
    assert [one for one in (*secrets, "minji@host.example") if one in kept] == []
    assert find_account("minji", principal=LOCAL_ANALYST).id in kept
