"""One table of roles and permissions. Each route and page names the permission it needs where it is defined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.errors import NotAllowed


class Role(StrEnum):
    """The five roles, from most to least trusted."""

    ADMIN = "admin"
    DEVELOPER = "developer"
    RESEARCHER = "researcher"
    ANALYST = "user"
    GUEST = "guest"


class Permission(StrEnum):
    """What can be asked for; `PUBLIC` needs nobody to be signed in."""

    PUBLIC = "public"
    CUSTOMERS_LOOKUP = "customers.lookup"
    DATASETS_READ = "datasets.read"
    DATASETS_WRITE = "datasets.write"
    JOBS_READ = "jobs.read"
    JOBS_SUBMIT = "jobs.submit"
    CHAMPIONS_PUBLISH = "champions.publish"
    CTR_READ = "ctr.read"
    CTR_PREDICT = "ctr.predict"
    IMAGES_READ = "images.read"
    KNOWLEDGE_READ = "knowledge.read"
    KNOWLEDGE_WRITE = "knowledge.write"
    KNOWLEDGE_QUERY = "knowledge.query"  # what a named database connection can see
    CHAT_USE = "chat.use"
    FRAGRANCE_READ = "fragrance.read"  # searches and the prose of perfumes
    FRAGRANCE_COMPOSE = "fragrance.compose"
    FRAGRANCE_FORMULA = "fragrance.formula"  # amounts, costs, limits: what a customer does not see
    FRAGRANCE_WRITE = "fragrance.write"  # the catalogue and the tables of limits
    DATA_EXPORT = "data.export"  # files that leave the workbench: tables, reports, conversations
    SYSTEM_READ = "system.read"  # metrics, health in detail, alerts
    SYSTEM_CONFIGURE = "system.configure"  # breakers, alert rules, maintenance, cleaning up
    AUDIT_READ = "audit.read"
    BACKUPS_MANAGE = "backups.manage"
    ACCOUNTS_MANAGE = "accounts.manage"


_READING = {
    Permission.PUBLIC,
    Permission.CUSTOMERS_LOOKUP,
    Permission.DATASETS_READ,
    Permission.JOBS_READ,
    Permission.CTR_READ,
    Permission.IMAGES_READ,
    Permission.KNOWLEDGE_READ,
    Permission.FRAGRANCE_READ,
}
_WORKING = _READING | {
    Permission.DATASETS_WRITE,
    Permission.JOBS_SUBMIT,
    Permission.CTR_PREDICT,
    Permission.KNOWLEDGE_WRITE,
    Permission.CHAT_USE,
    Permission.FRAGRANCE_COMPOSE,
    Permission.DATA_EXPORT,
}
_MAKING = _WORKING | {
    Permission.CHAMPIONS_PUBLISH,
    Permission.KNOWLEDGE_QUERY,
    Permission.FRAGRANCE_FORMULA,
    Permission.FRAGRANCE_WRITE,
}

# What an operator can open to whoever comes without a token.
OPENABLE: frozenset[Permission] = frozenset(_WORKING)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.DEVELOPER: frozenset(_MAKING | {Permission.SYSTEM_READ, Permission.SYSTEM_CONFIGURE}),
    Role.RESEARCHER: frozenset(_MAKING),
    Role.ANALYST: frozenset(_WORKING),
    Role.GUEST: frozenset({Permission.PUBLIC}),
}


@dataclass(frozen=True)
class Principal:
    """Who is asking. granted: permissions beyond the role, which the entry gave to everybody (`open_routes`)."""

    id: str
    role: Role
    name: str = ""
    granted: frozenset[str] = frozenset()

    @property
    def sees_everything(self) -> bool:
        return self.role is Role.ADMIN


def opened(words: Iterable[str]) -> frozenset[str]:
    """What of the setting `open_routes` is granted to everybody: never more than an analyst holds."""
    return frozenset(words) & {str(one) for one in OPENABLE}


def may_see(principal: Principal, owner: str | None) -> bool:
    """Whether something of `owner` is the principal's to see and change: one's own, an administrator everybody's.

    owner: None where there is no such thing. For conditions of queries see `core.storage.ownership`.
    """
    return owner is not None and (principal.sees_everything or owner == principal.id)


LOCAL_ANALYST = Principal("local", Role.ADMIN, "local")  # APP_ENV=local without sign-in
GUEST = Principal("guest", Role.GUEST, "guest")


def is_allowed(principal: Principal, permission: Permission) -> bool:
    """Whether the role, or an explicit grant (`open_routes`, `opened`), covers the permission."""
    return permission in PERMISSIONS[principal.role] or str(permission) in principal.granted


def require(principal: Principal, permission: Permission) -> None:
    """Raises NotAllowed when the principal's role does not hold the permission."""
    if not is_allowed(principal, permission):
        raise NotAllowed("security.not_allowed", permission=str(permission), role=str(principal.role))
