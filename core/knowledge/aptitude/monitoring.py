"""How the making of aptitude documents went in a stretch of time, from its ingestions, and the alerts that follow.

Rules are data and are judged when somebody asks; a figure that nothing was measured for crosses no limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean
from typing import Any, Literal

from sqlalchemy import select

from core.knowledge.aptitude.diagnosis import completeness
from core.knowledge.aptitude.documents import aptitude_mapping
from core.knowledge.aptitude.records import record_key, record_numbers, source_prefix
from core.knowledge.ingestion.progress import OVER, state_of, was_begun
from core.messages import say
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables, tables
from core.storage.database import reading, utc_now

Severity = Literal["critical", "warning"]
Band = Literal["critical", "moderate", "minor"]
CRITICAL_BELOW, MINOR_ABOVE = 0.3, 0.7  # completeness of a person's preferences
INGESTIONS, ITEMS, JOBS, DOCUMENTS = (
    knowledge_tables.ingestions,
    knowledge_tables.ingestion_items,
    tables.jobs,
    knowledge_tables.documents,
)


@dataclass(frozen=True)
class Attempts:
    """How many were tried and how many succeeded. rate: 0..1, None where nothing was tried."""

    tried: int
    succeeded: int

    @property
    def rate(self) -> float | None:
        return self.succeeded / self.tried if self.tried else None


@dataclass(frozen=True)
class Figures:
    """One stretch of time. reads, documents: by type of document. mean_ms: of the runs that ended.

    completeness: mean over the records that were processed. stalled_minutes: how long something has been waiting
    while nothing ended. Each is None where there is nothing to measure.
    """

    since: datetime
    until: datetime
    runs: Mapping[str, int]
    reads: Mapping[str, Attempts]
    documents: Mapping[str, Attempts]
    records: tuple[int, ...]
    mean_ms: float | None
    completeness: float | None
    waiting: int
    stalled_minutes: float | None

    @property
    def measured(self) -> Mapping[str, float | None]:
        """What rules are about, by name."""
        return {
            "query_success_rate": together(self.reads.values()).rate,
            "document_creation_rate": together(self.documents.values()).rate,
            "completeness": self.completeness,
            "stalled_minutes": self.stalled_minutes,
            "mean_processing_ms": self.mean_ms,
        }


@dataclass(frozen=True)
class AlertRule:
    """Raised where the figure is within the bounds there are. minutes: how often it is meant to be looked at."""

    name: str
    severity: Severity
    figure: str
    minutes: int
    at_least: float | None = None
    above: float | None = None
    below: float | None = None

    def is_crossed(self, value: float | None) -> bool:
        if value is None:
            return False
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )


@dataclass(frozen=True)
class Alert:
    """A rule whose bounds were crossed, by which value."""

    rule: AlertRule
    value: float

    def text(self, language: str) -> str:
        shown = f"{self.value:.0%}" if self.rule.figure.endswith(("rate", "completeness")) else f"{self.value:,.0f}"
        return say(f"aptitude.alert_{self.rule.name}", language, value=shown)


@dataclass(frozen=True)
class Affected:
    """A person whose documents rest on a record. band: by how much of the preferences is there."""

    user_id: str
    anp_seq: int
    completeness: float
    band: Band


RULES = (
    AlertRule("query_success_critical", "critical", "query_success_rate", 2, below=0.5),
    AlertRule("query_success_warning", "warning", "query_success_rate", 5, at_least=0.5, below=0.8),
    AlertRule("document_creation_critical", "critical", "document_creation_rate", 2, below=0.7),
    AlertRule("completeness_warning", "warning", "completeness", 10, below=0.6),
    AlertRule("processing_stalled", "critical", "stalled_minutes", 15, at_least=15),
    AlertRule("slow_processing", "warning", "mean_processing_ms", 10, above=30_000),
)


def figures(*, hours: int, principal: Principal) -> Figures:
    """The last `hours`. Raises NotAllowed for anybody but an administrator."""
    require(principal, Permission.ACCOUNTS_MANAGE)
    until = utc_now()
    since = until - timedelta(hours=hours)
    ours = (
        ITEMS.c.source_key.startswith(source_prefix(), autoescape=True),
        ITEMS.c.action.in_(("add", "change", "refuse")),
    )
    names = ("ingestion_id", "doc_type", "source_key", "state", "stage")
    items = select(*(ITEMS.c[name] for name in names)).where(*ours, ITEMS.c.updated_at >= since)
    columns = [
        INGESTIONS.c[name] for name in ("id", "state", "cancel_requested", "created_at", "started_at", "finished_at")
    ]
    runs = (
        select(*columns, JOBS.c.state.label("job_state"), JOBS.c.finished_at.label("job_finished_at"))
        .outerjoin_from(INGESTIONS, JOBS, JOBS.c.id == INGESTIONS.c.job_id)
        .where(was_begun(), INGESTIONS.c.id.in_(select(ITEMS.c.ingestion_id).where(*ours)))
    )
    with reading() as connection:
        touched = connection.execute(items).mappings().all()
        begun = [dict(row) for row in connection.execute(runs).mappings()]
    for one in begun:
        one["now"] = state_of(one)
        one["end"] = (one["finished_at"] or one["job_finished_at"]) if one["now"] in OVER else None
    # What a failed run left undone was not made either.
    given_up = {one["id"] for one in begun if one["now"] == "failed"}
    found = [row for row in touched if row["state"] in ("done", "failed") or row["ingestion_id"] in given_up]
    recent = [one for one in begun if (one["end"] or until) >= since]
    lasted = [(one["end"] - one["started_at"]).total_seconds() for one in recent if one["end"] and one["started_at"]]
    numbers = _numbers(row["source_key"] for row in found)
    return Figures(
        since, until, _counted(one["now"] for one in recent),
        {kind: _attempts(found, kind, "read") for kind in aptitude_mapping().types},
        {kind: _attempts(found, kind, "made") for kind in aptitude_mapping().types},
        numbers, 1000 * mean(lasted) if lasted else None,
        mean(completeness(one) for one in numbers) if numbers else None,
        sum(one["now"] == "pending" for one in recent), _stalled(begun, until),
    )  # fmt: skip


def alerts(measured: Figures) -> tuple[Alert, ...]:
    """Exactly the rules whose bounds are crossed."""
    values = measured.measured
    crossed = [(rule, values[rule.figure]) for rule in RULES if rule.is_crossed(values[rule.figure])]
    return tuple(Alert(rule, value) for rule, value in crossed if value is not None)


def affected(*, principal: Principal) -> tuple[Affected, ...]:
    """Everybody who has documents made of a record, and how much of the preferences they rest on."""
    require(principal, Permission.ACCOUNTS_MANAGE)
    held = DOCUMENTS.c.source_key.startswith(source_prefix(), autoescape=True), DOCUMENTS.c.removed_at.is_(None)
    with reading() as connection:
        rows = connection.execute(select(DOCUMENTS.c.owner, DOCUMENTS.c.source_key).where(*held)).all()
    pairs = sorted({(row.owner, number) for row in rows for number in _numbers([row.source_key])})
    return tuple(Affected(owner, one, completeness(one), band(completeness(one))) for owner, one in pairs)


def band(share: float) -> Band:
    """How hard somebody is hit by missing preferences."""
    return "critical" if share < CRITICAL_BELOW else "moderate" if share <= MINOR_ABOVE else "minor"


def together(attempts: Iterable[Attempts]) -> Attempts:
    known = list(attempts)
    return Attempts(sum(one.tried for one in known), sum(one.succeeded for one in known))


def _attempts(found: Iterable[Mapping[Any, Any]], kind: str, what: Literal["read", "made"]) -> Attempts:
    mine = [row for row in found if row["doc_type"] == kind]
    lost = [row for row in mine if row["state"] != "done"]
    if what == "read":
        lost = [row for row in lost if row["stage"] == "query_execution"]
    return Attempts(len(mine), len(mine) - len(lost))


def _stalled(begun: list[dict[str, Any]], now: datetime) -> float | None:
    """Minutes since anything last ended, or since what waits was asked for, whichever is later [min]."""
    waiting = [one["created_at"] for one in begun if one["now"] == "pending"]
    if not waiting or any(one["now"] == "running" for one in begun):
        return None
    ends = [one["end"] for one in begun if one["end"] is not None]
    return (now - max([min(waiting), *ends])).total_seconds() / 60


def _counted(states: Iterable[str]) -> dict[str, int]:
    known = list(states)
    return {state: known.count(state) for state in ("pending", "running", *OVER)}


def _numbers(source_keys: Iterable[str]) -> tuple[int, ...]:
    """The records that keys of documents name, each once."""
    keys = {key.removeprefix(source_prefix()).partition("/")[0] for key in source_keys}
    return tuple(number for number in record_numbers() if record_key(number) in keys)
