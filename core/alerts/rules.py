"""The rules of alerts as data: `rules.toml`, with what an operator switched off or set another limit for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Literal

from sqlalchemy import delete, insert, select

from core.errors import BadInput, NotFound
from core.messages import say
from core.security.policy import Permission, Principal, require
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing
from core.storage.operator_tables import alert_rule_switches

Severity = Literal["critical", "warning", "info"]
Comparison = Literal["above", "below", "own"]
HUNDREDTHS = "share"  # the unit whose figures are shown as percent


@dataclass(frozen=True)
class Rule:
    """One rule: which figure, against which limit, how bad, and how often in a row before an incident opens.

    comparison: "own" is judged by the room itself against a reference of the run; such a rule has no limit.
    unit: of figure and limit; a share is shown as percent. per: what the figure is told for, one incident each.
    every_s: shortest time between two looks. is_shared: whoever may see a page may see its incidents, too; all
    others need the right to see the system. changed_by: who switched it or set its limit last; empty for nobody.
    """

    name: str
    figure: str
    comparison: Comparison
    limit: float | None
    severity: Severity
    in_a_row: int
    every_s: float
    unit: str
    per: str
    is_shared: bool = False
    at_least: float | None = None  # under this another, graver rule of the same figure speaks
    is_on: bool = True
    default_limit: float | None = None
    changed_by: str = ""
    changed_at: datetime | None = None

    def is_crossed(self, value: float) -> bool:
        """Whether a figure is bad. Raises ValueError for a rule that its room judges itself."""
        if self.comparison == "own" or self.limit is None:
            raise ValueError(f"rule {self.name} has no limit")
        if self.comparison == "above":
            return value > self.limit
        return value < self.limit and (self.at_least is None or value >= self.at_least)

    def title(self, language: str = "en") -> str:
        """What it is called, some words."""
        return say(f"alerts.title_{self.name}", language)

    def meaning(self, language: str = "en") -> str:
        """What a crossed limit means."""
        return say(f"alerts.meaning_{self.name}", language)

    def advice(self, language: str = "en") -> str:
        """What to do about it."""
        return say(f"alerts.advice_{self.name}", language)

    def shown(self, value: float | None) -> str:
        """A figure or limit with its unit, for a page; a dash where there is none."""
        if value is None:
            return "–"
        return f"{100 * value:.4g} %" if self.unit == HUNDREDTHS else f"{value:,.6g} {self.unit}".rstrip()


def rules() -> tuple[Rule, ...]:
    """Every rule as it stands now, in the order of the file. Raises Unavailable without a database."""
    with reading() as connection:
        switched = {row["rule"]: row for row in connection.execute(select(alert_rule_switches)).mappings()}
    return tuple(_switched(one, switched.get(one.name)) for one in shipped_rules())


def rule(name: str) -> Rule:
    """One rule as it stands now. Raises NotFound."""
    found = next((one for one in rules() if one.name == name), None)
    if found is None:
        raise NotFound("alerts.no_such_rule", name=name)
    return found


def switch(name: str, *, is_on: bool, limit: float | None = None, principal: Principal) -> Rule:
    """Switch a rule on or off, or set its limit; None is the limit of the file. Raises NotFound, BadInput, NotAllowed.

    A rule that is off is not looked at; an incident it had opened is closed by the next round without a message.
    """
    require(principal, Permission.SYSTEM_CONFIGURE)
    known = next((one for one in shipped_rules() if one.name == name), None)
    if known is None:
        raise NotFound("alerts.no_such_rule", name=name)
    if limit is not None and known.limit is None:
        raise BadInput("alerts.no_limit", name=name)
    if limit is not None and not -1e15 < limit < 1e15:
        raise BadInput("alerts.bad_limit", limit=limit)
    now = utc_now()
    with writing() as connection:
        connection.execute(delete(alert_rule_switches).where(alert_rule_switches.c.rule == name))
        if not is_on or limit is not None:
            values = {"rule": name, "owner": principal.id, "is_on": is_on, "limit": limit, "changed_at": now}
            connection.execute(insert(alert_rule_switches).values(**values))
        note(connection, principal, "alert_rule.changed", name, is_on=is_on, limit=limit)
    return rule(name)


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """The rules of the file, without switches."""
    read = tomllib.loads(resources.files(__package__).joinpath("rules.toml").read_text("utf-8"))
    defaults = read.pop("defaults")
    return tuple(_rule(name, {**defaults, **values}) for name, values in read.items())


def _rule(name: str, values: dict[str, Any]) -> Rule:
    limit = values.pop("limit", None)
    return Rule(name=name, limit=limit, default_limit=limit, **values)


def _switched(shipped: Rule, row: Mapping[Any, Any] | None) -> Rule:
    if row is None:
        return shipped
    limit = shipped.limit if row["limit"] is None else row["limit"]
    changed = {"changed_by": row["owner"], "changed_at": row["changed_at"]}
    return replace(shipped, is_on=row["is_on"], limit=limit, **changed)
