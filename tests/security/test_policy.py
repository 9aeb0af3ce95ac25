"""Who may do what: the whole table, so that nobody gains or loses a right by accident."""

from __future__ import annotations

import pytest

from core.errors import NotAllowed
from core.security.policy import OPENABLE, PERMISSIONS, Permission, Principal, Role, is_allowed, opened, require

# What each role may beyond the one before it, from the least trusted on.
BEYOND: dict[Role, set[Permission]] = {
    Role.GUEST: {Permission.PUBLIC},
    Role.ANALYST: {
        Permission.CUSTOMERS_LOOKUP, Permission.DATASETS_READ, Permission.DATASETS_WRITE, Permission.JOBS_READ,
        Permission.JOBS_SUBMIT, Permission.CTR_READ, Permission.CTR_PREDICT, Permission.IMAGES_READ,
        Permission.KNOWLEDGE_READ, Permission.KNOWLEDGE_WRITE, Permission.CHAT_USE, Permission.FRAGRANCE_READ,
        Permission.FRAGRANCE_COMPOSE, Permission.DATA_EXPORT,
    },
    Role.RESEARCHER: {
        Permission.CHAMPIONS_PUBLISH, Permission.KNOWLEDGE_QUERY, Permission.FRAGRANCE_FORMULA,
        Permission.FRAGRANCE_WRITE,
    },
    Role.DEVELOPER: {Permission.SYSTEM_READ, Permission.SYSTEM_CONFIGURE},
    Role.ADMIN: {Permission.ACCOUNTS_MANAGE, Permission.AUDIT_READ, Permission.BACKUPS_MANAGE},
}  # fmt: skip


def test_when_a_role_is_more_trusted_then_it_may_exactly_so_much_more() -> None:
    allowed: set[Permission] = set()
    for role, more in BEYOND.items():
        assert not allowed & more, role
        allowed |= more
        assert PERMISSIONS[role] == allowed, role
    assert allowed == set(Permission)


@pytest.mark.parametrize("role", Role)
def test_when_a_permission_is_missing_then_it_is_refused_and_named(role: Role) -> None:
    principal = Principal("ana", role)

    for permission in Permission:
        if permission in PERMISSIONS[role]:
            require(principal, permission)
            continue
        with pytest.raises(NotAllowed) as refused:
            require(principal, permission)
        assert refused.value.details == {"permission": str(permission), "role": str(role)}


def test_when_a_permission_is_granted_to_everybody_then_a_guest_has_that_one_alone() -> None:
    guest = Principal("guest", Role.GUEST, granted=frozenset({"ctr.read"}))

    assert {one for one in Permission if is_allowed(guest, one)} == {Permission.PUBLIC, Permission.CTR_READ}


def test_when_more_than_an_analyst_holds_is_granted_to_everybody_then_nobody_gets_it() -> None:
    guest = Principal("guest", Role.GUEST, granted=opened(str(one) for one in Permission))

    assert {one for one in Permission if is_allowed(guest, one)} == PERMISSIONS[Role.ANALYST] == OPENABLE


def test_when_everything_is_to_be_seen_then_only_an_admin_sees_it() -> None:
    assert [role for role in Role if Principal("ana", role).sees_everything] == [Role.ADMIN]
