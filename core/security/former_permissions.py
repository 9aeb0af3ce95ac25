"""The permission words of the perfumery system that this workbench replaces, and which permissions stand for them.

Where a word belongs to other roles here than there, `why` says so; a test holds both to the documented roles.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.security.policy import PERMISSIONS, Permission, Role

LADDER: tuple[Role, ...] = (Role.GUEST, Role.ANALYST, Role.RESEARCHER, Role.DEVELOPER, Role.ADMIN)


@dataclass(frozen=True)
class FormerWord:
    """One word of the old system. from_role: the least trusted role that had it there. why: it is another one here."""

    word: str
    from_role: Role
    permissions: tuple[Permission, ...]
    why: str = ""

    @property
    def from_role_here(self) -> Role:
        """The least trusted role that holds all of them; the roles are a ladder in both systems."""
        return next(role for role in LADDER if set(self.permissions) <= PERMISSIONS[role])


_P = Permission
FORMER_WORDS: tuple[FormerWord, ...] = (
    FormerWord(
        "search:basic", Role.GUEST, (_P.FRAGRANCE_READ,),
        "nobody is let in unasked: WORKBENCH_OPEN_ROUTES=fragrance.read opens it to guests",
    ),
    FormerWord("api:read", Role.ANALYST, (_P.JOBS_READ, _P.CTR_READ, _P.IMAGES_READ, _P.KNOWLEDGE_READ)),
    FormerWord("model:inference", Role.ANALYST, (_P.CUSTOMERS_LOOKUP, _P.CTR_PREDICT, _P.CHAT_USE)),
    FormerWord("generation:basic", Role.ANALYST, (_P.FRAGRANCE_COMPOSE,)),
    FormerWord(
        "data:read", Role.RESEARCHER, (_P.DATASETS_READ,),
        "analysts bring tables of their own; somebody else's are not theirs to see",
    ),
    FormerWord(
        "search:advanced", Role.RESEARCHER, (_P.FRAGRANCE_READ, _P.KNOWLEDGE_READ),
        "filters and several collections are part of every search",
    ),
    FormerWord(
        "model:train", Role.DEVELOPER, (_P.JOBS_SUBMIT,),
        "a training is a queued job of its owner; what blocks its result takes champions.publish to overrule",
    ),
    FormerWord(
        "api:write", Role.DEVELOPER, (_P.DATASETS_WRITE, _P.KNOWLEDGE_WRITE),
        "one's own datasets and collections; what everybody shares is data:write",
    ),
    FormerWord(
        "data:write", Role.DEVELOPER, (_P.FRAGRANCE_WRITE,),
        "researchers keep the catalogue; each change has a reason and can be taken back",
    ),
    FormerWord(
        "generation:advanced", Role.DEVELOPER, (_P.FRAGRANCE_FORMULA,), "formulas are the researchers' own work"
    ),
    FormerWord("system:monitor", Role.DEVELOPER, (_P.SYSTEM_READ,)),
    FormerWord(
        "system:config", Role.ADMIN, (_P.SYSTEM_CONFIGURE,),
        "developers switch breakers and alert rules and clean up; people, backups and the audit log stay with admin",
    ),
    FormerWord("system:admin", Role.ADMIN, (_P.ACCOUNTS_MANAGE, _P.AUDIT_READ, _P.BACKUPS_MANAGE)),
    FormerWord("api:admin", Role.ADMIN, (_P.ACCOUNTS_MANAGE,)),
    FormerWord(
        "model:deploy", Role.ADMIN, (_P.CHAMPIONS_PUBLISH,),
        "publishing adds to a history that can be rolled back, and is in the audit log",
    ),
    FormerWord("model:manage", Role.ADMIN, (_P.SYSTEM_CONFIGURE,), "as system:config: models are let go of, not lost"),
    FormerWord(
        "data:delete", Role.ADMIN, (_P.DATASETS_WRITE, _P.KNOWLEDGE_WRITE),
        "one's own alone; documents and collections can be put back",
    ),
    FormerWord(
        "data:export", Role.ADMIN, (_P.DATA_EXPORT,), "what somebody may see may be taken along; the audit log says so"
    ),
)  # fmt: skip
