"""The client's dashboard, in the documented words and in those of its view.

What impressions and stated prices do not tell is null, with the reason in `unavailable`; nothing is invented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import error_language, label_language
from app.api.wire.ctr import camel, finite, status_of
from core.messages import say
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.ctr.monitoring.click_rates import ClickRate
    from core.ctr.monitoring.dashboards import ClientDashboard, Milestone
    from core.ctr.runs import Report

router = APIRouter(prefix="/api", tags=["ctr"], route_class=GuardedRoute)

BLUE, VIOLET = "#2563eb", "#7c3aed"  # an ordinary value, and one that stands out
# Where camel case is not what is read: the view says ROAS, the documents conversion_rate.
SPELLED = {"new_customer_roas": "newCustomerROAS", "conversion_rate": "conversion_rate"}
VIEW_METRICS = ("roas", "cac", "ltv", "mer", "new_customer_roas", "vtr")
KPIS = {
    "ctr_improvement": "click_rate_gain", "roi_increase": "roi_gain", "additional_revenue": "additional_revenue",
    "accuracy": "accuracy",
}  # fmt: skip
RATES = {"current_ctr": "current_click_rate", "predicted_ctr": "predicted_click_rate"}
_CLIENT: dict[str, Any] = {
    "status": "active", "kpis": {"ctr_improvement": 410.0, "accuracy": 98.1}, "performance_metrics": {},
    "ai_insights": [], "marketing_recommendations": [], "latest_training": None, "businessMetrics": {"roas": None},
    "aiInsights": [], "customerSegments": [], "optimalTimeSlots": [], "marketingStrategies": [],
    "performanceSummary": [], "unavailable": {"businessMetrics.cac": "…"},
}  # fmt: skip


class ClientView(BaseModel):
    """The client's dashboard in the documented words and in those of the view; rates and gains in percent."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _CLIENT})
    status: str
    kpis: dict[str, Any]
    ai_insights: list[dict[str, Any]]
    marketing_recommendations: list[dict[str, Any]]
    performance_metrics: dict[str, Any]
    latest_training: dict[str, Any] | None
    businessMetrics: dict[str, Any]
    aiInsights: list[dict[str, Any]]
    customerSegments: list[dict[str, Any]]
    optimalTimeSlots: list[dict[str, Any]]
    marketingStrategies: list[dict[str, Any]]
    performanceSummary: list[dict[str, Any]]
    unavailable: dict[str, str]


@router.get("/dashboard/client", response_model=ClientView)
@needs(Permission.CTR_READ)
def client_view(request: Request, principal: Principal = CALLER) -> Any:
    """What the newest model says about clicks, and about money where prices are stated."""
    from core.ctr.monitoring.dashboards import client_dashboard

    return finite(_answer(client_dashboard(principal=principal), request))


@router.get("/report/client/{run_id}", response_model=ClientView)
@needs(Permission.CTR_READ)
def client_report(run_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """`/api/dashboard/client` under the client's name; it describes the newest finished run alone."""
    from core.ctr.runs import require_newest

    require_newest(run_id, principal=principal)
    return client_view(request, principal)


def _answer(dashboard: ClientDashboard, request: Request) -> dict[str, Any]:
    language = label_language(request.scope)
    insights, plan = _told(dashboard.report, language)
    latest = next(
        (one for one in dashboard.history if dashboard.report and one.run_id == dashboard.report.run.id), None
    )
    return {
        "status": dashboard.status,
        "kpis": {name: _percent_or_money(name, _figure(dashboard, source)) for name, source in KPIS.items()},
        "performance_metrics": {
            **{name: _percent(_figure(dashboard, source)) for name, source in RATES.items()},
            "conversion_rate": None,
            "revenue_per_click": dashboard.business.revenue_per_click,
        },
        "ai_insights": insights,
        "marketing_recommendations": plan,
        "latest_training": None if latest is None else _training(latest),
        "businessMetrics": _business_metrics(dashboard),
        "aiInsights": insights,
        "customerSegments": [_segment(one, language) for one in dashboard.segments],
        "optimalTimeSlots": [_slot(one, dashboard.time_slots, language) for one in dashboard.time_slots],
        "marketingStrategies": plan,
        "performanceSummary": [_milestone(one, language) for one in dashboard.history],
        "unavailable": _reasons(dashboard, error_language(request.scope)),
    }


def _figure(dashboard: ClientDashboard, name: str) -> float | None:
    holder = dashboard if hasattr(dashboard, name) else dashboard.business
    found: float | None = getattr(holder, name)
    return found


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _percent_or_money(name: str, value: float | None) -> float | None:
    return value if name == "additional_revenue" else _percent(value)


def _told(report: Report | None, language: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Insights and plan of the report in the view's words."""
    if report is None:
        return [], []
    from core.ctr.reporting.actions import actions_in
    from core.ctr.reporting.insights import insights_in
    from core.ctr.reporting.sentences import Story

    story = Story.of(report, language)
    insights = [
        {"icon": one.icon, "type": one.id, "title": one.title, "message": one.message, "details": [], "action": ""}
        for one in insights_in(story)
    ]
    plan = [
        {
            "id": one.id,
            "priority": one.priority,
            "priorityLabel": say(f"ctr.priority_{one.priority}", language),
            "title": one.title,
            "description": one.description,
            "impact": _percent(one.impact),
            "impactReason": one.impact_reason,
            "duration": one.duration_reason,
            "budget": one.cost_reason,
            **dict.fromkeys(("expectedROAS", "expectedCAC", "correlation")),
        }
        for one in actions_in(story)
    ]
    return insights, plan


def _business_metrics(dashboard: ClientDashboard) -> dict[str, Any]:
    """The view's six figures, each with its change; only return on spending can follow from stated prices."""
    found: dict[str, Any] = {}
    for name in VIEW_METRICS:
        wire = SPELLED.get(name, camel(name))
        found |= {wire: dashboard.business.roas if name == "roas" else None, f"{wire}Change": None}
    return found


def _segment(rate: ClickRate, language: str) -> dict[str, Any]:
    from core.ctr.data.column_words import describe_columns

    label = describe_columns((rate.column,), language)[rate.column]
    return {
        "name": f"{rate.column} = {rate.level}",
        "label": label,
        "performance": "high" if rate.stands_out else "average",
        "ctr": 100 * rate.rate,
        "ctrLow": 100 * rate.low,
        "ctrHigh": 100 * rate.high,
        "rows": rate.rows,
        **dict.fromkeys(("roas", "cac", "ltv", "cvr", "potential", "correlation")),
    }


def _slot(rate: ClickRate, slots: tuple[ClickRate, ...], language: str) -> dict[str, Any]:
    same = [one for one in slots if one.column == rate.column]
    return {
        "period": say(f"ctr.slot_{rate.column}", language, level=rate.level),
        "ctr": 100 * rate.rate,
        "traffic": 100 * rate.rows / sum(one.rows for one in same),
        "color": VIOLET if rate.stands_out else BLUE,
        # The largest of 24 rates is always the largest; best is only one that stands out by more than chance.
        "isBest": rate.stands_out and rate.rate == max(one.rate for one in same),
        "scrollDepth": None,
        "exposureCount": rate.rows,
    }


def _training(milestone: Milestone) -> dict[str, Any]:
    return {
        "run_id": milestone.run_id,
        "created_at": milestone.at,
        "status": status_of(milestone.state),
        "experiment_name": milestone.experiment,
        "metrics": milestone.metrics,
    }


def _milestone(one: Milestone, language: str) -> dict[str, Any]:
    title = one.experiment or one.run_id[:8]
    description = say(f"ctr.run_{one.state}", language)
    if one.metrics:
        precision, auc = one.metrics["average_precision"], one.metrics["auc"]
        description = say("ctr.run_scores", language, precision=f"{precision:.3f}", auc=f"{auc:.3f}")
    return {
        "date": one.at,
        "color": BLUE if one.state == "succeeded" else VIOLET,
        "title": title,
        "description": description,
    }


def _reasons(dashboard: ClientDashboard, language: str) -> dict[str, str]:
    """Field of the answer, or of a row of a list, to the sentence that says why it is null."""
    never = say("ctr.not_in_data", language)
    found = {name: say(key, language) for name, key in dashboard.unavailable.items()}
    wire = {SPELLED.get(name, camel(name)): reason for name, reason in found.items()}
    by_kpi = {name: found[source] for name, source in (KPIS | RATES).items() if source in found}
    changes = {f"{SPELLED.get(name, camel(name))}Change": never for name in VIEW_METRICS}
    rows = dict.fromkeys(("cvr", "potential", "correlation", "scrollDepth", "expectedROAS", "expectedCAC"), never)
    return {**wire, **by_kpi, **changes, **rows}
