"""How the making of aptitude documents went lately, for administrators: figures, alerts, and who is affected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.wire.etl import client_language, instant
from app.api.wire.monitoring import AlertsAnswer, ImpactAnswer, RatesAnswer, RuleAnswer, RulesAnswer, SummaryAnswer
from core.errors import NotFound
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.knowledge.aptitude.monitoring import AlertRule, Figures

router = APIRouter(prefix="/api/monitoring/preference", tags=["preferences"], route_class=GuardedRoute)

Hours = Annotated[int, Query(ge=1, le=168, description="how far back is looked [h]")]


@router.get("/metrics/summary", response_model=SummaryAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def get_summary(principal: Principal = CALLER, time_window_hours: Hours = 24) -> Any:
    """Every figure of the window."""
    found = _figures(time_window_hours, principal)
    counts = {"runs": found.runs, "waiting": found.waiting, "records_processed": len(found.records)}
    return {**_window(found, time_window_hours), **counts, **found.measured}


@router.get("/metrics/query-success-rates", response_model=RatesAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def get_query_rates(principal: Principal = CALLER, time_window_hours: Hours = 24) -> Any:
    """How often the source of a document could be read."""
    found = _figures(time_window_hours, principal)
    return {**_window(found, time_window_hours), **_rates(found.reads)}


@router.get("/metrics/document-creation", response_model=RatesAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def get_creation_rates(principal: Principal = CALLER, time_window_hours: Hours = 24) -> Any:
    """How often a document that was wanted was made."""
    found = _figures(time_window_hours, principal)
    return {**_window(found, time_window_hours), **_rates(found.documents)}


@router.get("/alerts", response_model=AlertsAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def get_alerts(
    request: Request, principal: Principal = CALLER, time_window_hours: Hours = 24,
    severity: Literal["critical", "warning"] | None = None,
) -> Any:  # fmt: skip
    """The rules whose limits are crossed, judged now."""
    return _alerts(_figures(time_window_hours, principal), time_window_hours, severity, client_language(request))


@router.post("/check-alerts", response_model=AlertsAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def check_alerts(request: Request, principal: Principal = CALLER, time_window_hours: Hours = 24) -> Any:
    """The same, as the former backend's documents name it."""
    return _alerts(_figures(time_window_hours, principal), time_window_hours, None, client_language(request))


@router.get("/user-impact", response_model=ImpactAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def get_user_impact(principal: Principal = CALLER) -> Any:
    """Whose documents rest on records without their preferences."""
    from core.knowledge.aptitude.monitoring import affected

    people = affected(principal=principal)
    users = [
        {"user_id": one.user_id, "anp_seq": one.anp_seq, "completeness": one.completeness, "impact": one.band}
        for one in people
    ]
    counts = {band: sum(one.band == band for one in people) for band in ("critical", "moderate", "minor")}
    return {"total_users": len({one.user_id for one in people}), "impact": counts, "users": users}


@router.get("/alert-rules", response_model=RulesAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def get_rules(principal: Principal = CALLER) -> Any:
    """Which figure raises which alert, and which rules are switched on."""
    from core.knowledge.aptitude.monitoring import RULES

    switched = _switched()
    return {"rules": [_rule(one, switched) for one in RULES], "total": len(RULES)}


@router.post("/alert-rules/{rule}/toggle", response_model=RuleAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def toggle_rule(rule: str, enabled: bool, principal: Principal = CALLER) -> Any:
    """Switch a rule on or off, here and where incidents are opened; its limit stays."""
    from core.alerts.rules import rule as find
    from core.alerts.rules import switch
    from core.knowledge.aptitude.monitoring import RULES

    known = next((one for one in RULES if one.name == rule), None)
    if known is None:
        raise NotFound("alerts.no_such_rule", name=rule[:80])
    now = find(rule)
    own_limit = now.limit if now.limit != now.default_limit else None
    switch(rule, is_on=enabled, limit=own_limit, principal=principal)
    return _rule(known, _switched())


def _figures(hours: int, principal: Principal) -> Figures:
    from core.knowledge.aptitude.monitoring import figures

    return figures(hours=hours, principal=principal)


def _window(found: Figures, hours: int) -> dict[str, Any]:
    return {"time_window_hours": hours, "since": instant(found.since), "until": instant(found.until)}


def _rates(attempts: Any) -> dict[str, Any]:
    from core.knowledge.aptitude.monitoring import together

    return {"overall": together(attempts.values()), "by_type": attempts}


def _alerts(found: Figures, hours: int, severity: str | None, language: str) -> dict[str, Any]:
    from core.knowledge.aptitude.monitoring import alerts

    switched = _switched()
    raised = [
        one for one in alerts(found) if severity in (None, one.rule.severity) and switched.get(one.rule.name, True)
    ]
    shown = [
        {
            "rule": one.rule.name, "severity": one.rule.severity, "metric": one.rule.figure, "value": one.value,
            "message": one.text(language), "raised_at": instant(found.until),
        }
        for one in raised
    ]  # fmt: skip
    return {**_window(found, hours), "alerts": shown, "total": len(shown)}


def _switched() -> dict[str, bool]:
    """Whether each rule is on, by name."""
    from core.alerts.rules import rules

    return {one.name: one.is_on for one in rules()}


def _rule(one: AlertRule, switched: dict[str, bool]) -> dict[str, Any]:
    return {
        "name": one.name, "severity": one.severity, "metric": one.figure, "check_every_minutes": one.minutes,
        "at_least": one.at_least, "above": one.above, "below": one.below, "enabled": switched.get(one.name, True),
    }  # fmt: skip
