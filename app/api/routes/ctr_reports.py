"""The report of a CTR run: what the report view shows, and the PDF with the same numbers.

Money is in whatever currency the prices of the run were stated in; what the data cannot tell is named in `unavailable`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import error_language, label_language
from app.api.routes.ctr_figures import importance_rows
from app.api.wire.ctr import camel, finite
from core.messages import say
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.ctr.reporting.actions import Action
    from core.ctr.reporting.drivers import LowImpact

router = APIRouter(prefix="/api/report", tags=["ctr"], route_class=GuardedRoute)

TOP_FEATURES = 5
BLUE, VIOLET, GREEN, ORANGE, GREY = "#2563eb", "#7c3aed", "#009e73", "#e69f00", "#6b7280"
SURE_P = ((0.001, BLUE), (0.01, VIOLET), (0.05, GREEN))  # colour by p, as the client's own chart does
PRIORITY = {"high": ORANGE, "medium": BLUE}
MONEY = {"roas": "roas", "roiIncrease": "roi", "additionalRevenue": "additional_revenue"}
NOT_IN_DATA = ("cac", "ltv")  # the view formats the first without looking, so both are 0 with the reason beside them
_RUN_ID = "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11"
_REPORT: dict[str, Any] = {
    "run_id": _RUN_ID, "title": "CTR AI Analysis Report", "summary": "…", "accuracy": 98.1, "roas": None, "cac": 0,
    "ltv": 0, "roiIncrease": None, "additionalRevenue": None,
    "topFeatures": [
        {"name": "inventory_id", "description": "광고가 노출된 지면의 ID", "importance": 0.12, "pValue": 0.0004,
         "color": BLUE}
    ],
    "aiInsights": [{"icon": "insights", "title": "…", "message": "…"}],
    "actionPlan": [
        {"title": "…", "description": "…", "priority": "high", "impact": 0, "duration": "…", "cost": "…",
         "color": ORANGE}
    ],
    "lowImpactFeatures": [
        {"feature": "feat_a_3", "importance": 0.002, "pValue": 0.61, "status": "insignificant", "recommendation": "…"}
    ],
    "unavailable": {"cac": "…"},
}  # fmt: skip


class ReportView(BaseModel):
    """What the report view shows. accuracy and impact in percent, roas and roiIncrease as factors and shares."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _REPORT})
    run_id: str
    title: str
    summary: str
    accuracy: float
    roas: float | None
    cac: float
    ltv: float
    roiIncrease: float | None
    additionalRevenue: float | None
    topFeatures: list[dict[str, Any]]
    aiInsights: list[dict[str, Any]]
    actionPlan: list[dict[str, Any]]
    lowImpactFeatures: list[dict[str, Any]]
    unavailable: dict[str, str]


def _switch(name: str) -> Any:
    return Field(True, validation_alias=AliasChoices(camel(name), name))


class PdfOrder(BaseModel):
    """Which parts the PDF has; the download that follows keeps to it."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"includeCharts": True, "includeInsights": True, "includeActionPlan": True}}
    )
    include_charts: bool = _switch("include_charts")
    include_insights: bool = _switch("include_insights")
    include_action_plan: bool = _switch("include_action_plan")


class PdfAnswer(BaseModel):
    """Where the PDF is."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"pdf_url": f"/api/report/pdf/{_RUN_ID}", "status": "generated", "run_id": _RUN_ID}
        }
    )
    pdf_url: str
    status: Literal["generated"]
    run_id: str


_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}, "description": "the PDF"}
}


@router.get("/ai/{run_id}", response_model=ReportView)
@needs(Permission.CTR_READ)
def report_view(run_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Summary, insights, actions and features, every sentence from a computed figure."""
    from core.ctr.reporting.actions import actions_in
    from core.ctr.reporting.drivers import low_impact_features
    from core.ctr.reporting.insights import insights_in
    from core.ctr.reporting.narrative import narrate
    from core.ctr.reporting.sentences import Story
    from core.ctr.runs import report_of

    report = report_of(run_id, principal=principal)
    language = label_language(request.scope)
    story = Story.of(report, language)
    money, unavailable = _money(report.document["economics"], error_language(request.scope))
    features = importance_rows((report.explanation or {}).get("features", []), request)
    if report.explanation is None:
        reason = say("ctr.not_explained", error_language(request.scope), id=report.run.id)
        unavailable |= dict.fromkeys(("topFeatures", "lowImpactFeatures"), reason)
    return finite(
        {
            "run_id": report.run.id,
            "model": report.document["champion"]["name"],
            "title": say("reports.title", language),
            "summary": narrate(story).section("summary").text,
            "accuracy": 100 * report.document["evaluation"]["at_threshold"]["accuracy"],
            **money,
            "topFeatures": [_top(one) for one in features[:TOP_FEATURES]],
            "aiInsights": [
                {"icon": one.icon, "title": one.title, "message": one.message, "facts": one.facts}
                for one in insights_in(story)
            ],
            "actionPlan": [_action(one) for one in actions_in(story)],
            "lowImpactFeatures": [_low_impact(one, features) for one in low_impact_features(story)],
            "unavailable": unavailable,
        }
    )


@router.post("/generate-pdf/{run_id}", response_model=PdfAnswer)
@needs(Permission.CTR_READ)
def generate_pdf(run_id: str, request: Request, principal: Principal = CALLER, order: PdfOrder | None = None) -> Any:
    """Make the PDF with the parts that are wanted, and keep to them when it is fetched."""
    from core.ctr.reporting.pdf import Sections
    from core.ctr.reporting.pdf_choice import keep_choice
    from core.ctr.reporting.published_pdf import pdf_of
    from core.ctr.runs import get_run

    run = get_run(run_id, principal=principal)
    wanted = order or PdfOrder()
    sections = Sections(wanted.include_charts, wanted.include_insights, wanted.include_action_plan)
    # Whatever stands in its way is said here, not at the download.
    pdf_of(run.id, principal=principal, language=label_language(request.scope), sections=sections)
    keep_choice(run.id, sections, principal=principal)
    return {"pdf_url": f"/api/report/pdf/{run.id}", "status": "generated", "run_id": run.id}


@router.get("/pdf/{run_id}", response_class=Response, responses=_PDF)
@needs(Permission.CTR_READ)
def get_pdf(run_id: str, request: Request, principal: Principal = CALLER) -> Response:
    """The PDF of a run, or of the newest finished one for `latest`; made when asked for."""
    from core.ctr.reporting.pdf_choice import choice_of
    from core.ctr.reporting.published_pdf import pdf_of
    from core.ctr.runs import get_run
    from core.storage.exports import REPORT, hand_out

    run = get_run(run_id, principal=principal)
    sections = choice_of(run.id, principal=principal)
    content = pdf_of(run.id, principal=principal, language=label_language(request.scope), sections=sections)
    hand_out(REPORT, run.id, principal=principal, form="pdf")
    disposition = f'attachment; filename="ctr-report-{run.id[:8]}.pdf"'
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": disposition})


def _money(economics: dict[str, Any], language: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Figures of money and, for each that is not there, why."""
    values: dict[str, Any] = {wire: economics[name] for wire, name in MONEY.items()}
    reasons = {
        wire: say(economics["unavailable"][name], language) for wire, name in MONEY.items() if values[wire] is None
    }
    return {**values, **dict.fromkeys(NOT_IN_DATA, 0.0)}, {
        **reasons,
        **{name: say("ctr.not_in_data", language) for name in NOT_IN_DATA},
    }


def _top(row: dict[str, Any]) -> dict[str, Any]:
    names = {"feature": "name"}
    kept = {names.get(name, name): row[name] for name in ("feature", "description", "importance", "pValue", "ci")}
    return {**kept, "color": next((color for limit, color in SURE_P if row["pValue"] < limit), GREY)}


def _action(action: Action) -> dict[str, Any]:
    return {
        "title": action.title,
        "description": action.description,
        "priority": action.priority,
        # A bar is drawn of it; without a computed effect it is empty and says why.
        "impact": 0 if action.impact is None else round(100 * action.impact, 1),
        "impactReason": action.impact_reason,
        "duration": action.duration_reason,
        "cost": action.cost_reason,
        "color": PRIORITY[action.priority],
        "facts": action.facts,
    }


def _low_impact(one: LowImpact, features: list[dict[str, Any]]) -> dict[str, Any]:
    row = next(row for row in features if row["feature"] == one.feature)
    return {
        **{name: row[name] for name in ("feature", "importance", "pValue")},
        "status": one.status,
        "recommendation": one.recommendation,
    }
