"""The old system's permission words: each stands for permissions of ours, with the roles it had or a reason why not."""

from __future__ import annotations

import pytest

from core.security.former_permissions import FORMER_WORDS, LADDER, FormerWord
from core.security.policy import PERMISSIONS, Permission, Role

# The documented roles: what each had beyond the one before it.
DOCUMENTED: dict[Role, set[str]] = {
    Role.GUEST: {"search:basic"},
    Role.ANALYST: {"api:read", "model:inference", "generation:basic"},
    Role.RESEARCHER: {"data:read", "search:advanced"},
    Role.DEVELOPER: {"model:train", "api:write", "data:write", "system:monitor", "generation:advanced"},
    Role.ADMIN: {
        "system:admin", "system:config", "api:admin", "model:deploy", "model:manage", "data:delete", "data:export",
    },
}  # fmt: skip


def test_when_the_documented_roles_are_read_then_every_word_of_theirs_is_mapped_with_its_role() -> None:
    mapped: dict[Role, set[str]] = {role: set() for role in Role}
    for one in FORMER_WORDS:
        mapped[one.from_role].add(one.word)

    assert mapped == DOCUMENTED


@pytest.mark.parametrize("one", FORMER_WORDS, ids=lambda one: one.word)
def test_when_a_word_begins_at_another_role_here_then_a_reason_is_given_and_else_none(one: FormerWord) -> None:
    assert bool(one.why) == (one.from_role_here is not one.from_role)


def test_when_somebody_had_a_word_then_they_hold_what_stands_for_it_unless_they_were_a_guest() -> None:
    for one in FORMER_WORDS:
        for role in LADDER[max(LADDER.index(one.from_role), 1) :]:
            assert set(one.permissions) <= PERMISSIONS[role], (one.word, role)


def test_when_administrators_alone_had_the_running_of_the_system_then_it_is_still_so() -> None:
    kept = {Permission.ACCOUNTS_MANAGE, Permission.AUDIT_READ, Permission.BACKUPS_MANAGE}

    assert [role for role in LADDER if kept & PERMISSIONS[role]] == [Role.ADMIN]
