"""The kinds of user that the replaced systems knew, and which of the five roles each has here.

The one place where a foreign word becomes a role. What only looked after its own people (an organisation's
administrator) is no administrator of the workbench; what was no person (a service key) signs nobody in.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.accounts.accounts import AccountKind
from core.errors import NotFound, NotSignedIn
from core.security.policy import Role

CHAT = "chat"
CUSTOMERS = "customers"
SUPABASE = "supabase"
FRAGRANCE = "fragrance"


@dataclass(frozen=True)
class FormerKind:
    """One kind of user of a former system. role: None for what is no person."""

    system: str
    word: str
    role: Role | None
    kind: AccountKind = AccountKind.PERSONAL


FORMER_KINDS: tuple[FormerKind, ...] = (
    # chat: `user_type` of its tokens and `type` of its users
    FormerKind(CHAT, "personal", Role.ANALYST),
    FormerKind(CHAT, "organization_admin", Role.ANALYST, AccountKind.ORGANISATION_ADMIN),
    FormerKind(CHAT, "organization_member", Role.ANALYST, AccountKind.ORGANISATION_MEMBER),
    # customers: `role` of the payload it made up where sign-in was off
    FormerKind(CUSTOMERS, "user", Role.ANALYST),
    # customers: `role` of the tokens of its Supabase project
    FormerKind(SUPABASE, "anon", Role.GUEST),
    FormerKind(SUPABASE, "authenticated", Role.ANALYST),
    FormerKind(SUPABASE, "service_role", None),
    # fragrance: its shop knew three, of which two were administrators
    FormerKind(FRAGRANCE, "customer", Role.ANALYST),
    FormerKind(FRAGRANCE, "super_admin", Role.ADMIN),
    FormerKind(FRAGRANCE, "admin", Role.ADMIN),
    # fragrance: its table of permissions knew these five, the administrator's word being the same
    FormerKind(FRAGRANCE, "developer", Role.DEVELOPER),
    FormerKind(FRAGRANCE, "researcher", Role.RESEARCHER),
    FormerKind(FRAGRANCE, "user", Role.ANALYST),
    FormerKind(FRAGRANCE, "guest", Role.GUEST),
)
_BY_WORD = {(one.system, one.word): one for one in FORMER_KINDS}


def former_kind(system: str, word: str) -> FormerKind:
    """Raises NotFound for a word that the system did not know; words are taken as they are written."""
    found = _BY_WORD.get((system, word))
    if found is None:
        known = ", ".join(one.word for one in FORMER_KINDS if one.system == system)
        raise NotFound("security.no_such_kind", word=word[:80], system=system[:80], known=known)
    return found


def role_of(system: str, word: str) -> Role:
    """The role of whoever was of that kind. Raises NotFound, and NotSignedIn for what is no person."""
    found = former_kind(system, word)
    if found.role is None:
        raise NotSignedIn("security.no_person")
    return found.role
