"""Incidents, the rules behind them, dependencies and figures, for whoever may see the system.

What is about the making of aptitude documents alone stands in `preferences_monitoring`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import error_language
from app.api.routes.monitoring_health import Hours, figures_of
from app.api.wire.system_monitoring import (
    AcknowledgeOrder,
    AlertRuleAnswer,
    AlertRulesAnswer,
    DependenciesAnswer,
    FiguresAnswer,
    IncidentAnswer,
    IncidentsAnswer,
    dependency,
    incident,
    rule,
)
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/monitoring", tags=["monitoring"], route_class=GuardedRoute)

MOST = 500
LARGEST_ID = 2**31 - 1  # of the database's numbers


@router.get("/alerts", response_model=IncidentsAnswer)
@needs(Permission.SYSTEM_READ)
def list_alerts(
    request: Request, principal: Principal = CALLER, status: Literal["open", "all"] = "open",
    severity: Literal["critical", "warning", "info"] | None = None, limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Any:  # fmt: skip
    """Incidents that are open, or the newest of all, newest first."""
    return incidents_of(status, severity, limit, error_language(request.scope), principal)


@router.post("/alerts/{alert_id}/acknowledge", response_model=IncidentAnswer)
@needs(Permission.SYSTEM_READ)
def acknowledge_alert(
    alert_id: Annotated[int, Path(ge=1, le=LARGEST_ID)], request: Request, order: AcknowledgeOrder | None = None,
    principal: Principal = CALLER,
) -> Any:  # fmt: skip
    """Say that somebody looks after it. The first acknowledgement stays; it closes nothing."""
    from core.alerts.incidents import acknowledge

    found = acknowledge(alert_id, order.note if order is not None else "", principal=principal)
    return incident(found, error_language(request.scope))


@router.get("/rules", response_model=AlertRulesAnswer)
@needs(Permission.SYSTEM_READ)
def list_rules(request: Request) -> Any:
    """Every rule with its limit, and who changed it last."""
    from core.alerts.rules import rules

    found = [rule(one, error_language(request.scope)) for one in rules()]
    return {"rules": found, "total": len(found)}


@router.post("/rules/{name}/toggle", response_model=AlertRuleAnswer)
@needs(Permission.SYSTEM_CONFIGURE)
def toggle_rule(
    name: str, request: Request, principal: Principal = CALLER, enabled: bool | None = None,
    limit: Annotated[float | None, Query(description="left out: the rule's own", allow_inf_nan=False)] = None,
) -> Any:  # fmt: skip
    """Switch a rule on or off; without `enabled` to the other state."""
    from core.alerts.rules import rule as find
    from core.alerts.rules import switch

    is_on = not find(name).is_on if enabled is None else enabled
    return rule(switch(name, is_on=is_on, limit=limit, principal=principal), error_language(request.scope))


@router.get("/dependencies", response_model=DependenciesAnswer)
@needs(Permission.SYSTEM_READ)
def list_dependencies(
    request: Request, principal: Principal = CALLER,
    ask: Annotated[bool, Query(description="call those outside now; else what was seen counts")] = False,
) -> Any:  # fmt: skip
    """Everything the workbench leans on, how it is, and what went wrong last."""
    from core.operations.dependencies import dependencies

    found = dependencies(principal=principal, language=error_language(request.scope), is_asked=ask)
    return {"dependencies": [dependency(one) for one in found], "total": len(found)}


@router.get("/metrics", response_model=FiguresAnswer)
@needs(Permission.SYSTEM_READ)
def get_figures(principal: Principal = CALLER, hours: Hours = 24) -> Any:
    """Figures of the last hours as JSON; Prometheus reads `/metrics`."""
    return figures_of(hours, principal)


def incidents_of(
    status: str, severity: str | None, limit: int, language: str, principal: Principal
) -> dict[str, Any]:  # fmt: skip
    """What is listed, and how many of it are open."""
    from core.alerts.incidents import open_incidents, recent_incidents

    if status == "open":
        found = open_incidents(principal=principal)
    else:
        # As many as anybody may ask for: those of one severity may lie behind many of another.
        found = recent_incidents(principal=principal, limit=MOST)
    shown = [one for one in found if severity in (None, one.severity)][:limit]
    told = [incident(one, language) for one in shown]
    return {"alerts": told, "total": len(told), "open": sum(one.is_open for one in shown)}
