"""Every setting as an operator may see it: value, where it comes from, and whether it is the default; no secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from inspect import get_annotations

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from core.security.policy import Permission, Principal, require
from core.settings.current import Settings, get_settings, names_of, origins

MASK = "***"
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+(?=@)")  # in a database, tracking or mail address
_KEY_IN_ADDRESS = re.compile(r"([?&][^=&]*(?:key|token|secret|password|sig)[^=&]*=)[^&\s]+", re.IGNORECASE)


@dataclass(frozen=True)
class SettingSeen:
    """One setting. value: secrets masked; an empty secret is shown empty. origin: as `workbench doctor` words it.

    names: the first is ours, the others are those of the systems this workbench replaces. group: its subject.
    """

    name: str
    names: tuple[str, ...]
    group: str
    value: str
    default: str
    origin: str
    is_default: bool
    is_secret: bool
    description: str


def settings_seen(*, principal: Principal) -> tuple[SettingSeen, ...]:
    """All settings of this process, by group. Raises NotAllowed."""
    require(principal, Permission.SYSTEM_READ)
    settings, where = get_settings(), origins()
    found = []
    for field, about in Settings.model_fields.items():
        value = getattr(settings, field)
        default = None if about.default is PydanticUndefined else about.default
        is_secret = isinstance(value, SecretStr) or isinstance(default, SecretStr) or _holds_secrets(value)
        found.append(
            SettingSeen(
                name=names_of(field)[0], names=names_of(field), group=_group_of(field), value=shown(value),
                default=shown(default), origin=where[field], is_default=value == default, is_secret=is_secret,
                description=about.description or "",
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.group, one.name)))


def shown(value: object) -> str:
    """A value without what nobody should read over a shoulder."""
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(shown(one) for one in value)
    if isinstance(value, dict):
        return ",".join(f"{name}={shown(one)}" for name, one in value.items())
    text = "" if value is None else str(value)
    return _KEY_IN_ADDRESS.sub(rf"\1{MASK}", _PASSWORD.sub(MASK, text))


def _holds_secrets(value: object) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(one, SecretStr) for one in value)


def _group_of(field: str) -> str:
    """The class of settings that the field is of; each keeps a file of core/settings."""
    for group in Settings.__mro__[1:]:
        if field in get_annotations(group):
            return group.__module__.rpartition(".")[2]
    return ""
