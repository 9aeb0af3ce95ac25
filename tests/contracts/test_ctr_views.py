"""What the CTR frontend's views are drawn from: report, charts and both dashboards (contract ctr 1.2).

Each figure that a view formats must be a number; what impressions cannot tell is null, with a reason beside it.
"""

from __future__ import annotations

import pytest

from tests.contracts.frontends import Frontend
from tests.contracts.reading import (
    INSTANT,
    LIST,
    NUMBER,
    OBJECT,
    PERCENT,
    SHARE,
    STRING,
    TEXT,
    TRUTH,
    WHOLE,
    Reads,
    one_of,
    or_null,
    within,
)
from tests.contracts.sidecar import Sidecar

MONEY, UNTOLD = or_null(NUMBER), or_null(NUMBER)
FEATURE: Reads = {"importance": NUMBER, "pValue": SHARE, "description": TEXT}
REPORT: Reads = {
    "title": TEXT, "summary": TEXT, "accuracy": PERCENT, "roas": MONEY, "cac": NUMBER, "ltv": NUMBER,
    "roiIncrease": MONEY, "additionalRevenue": MONEY,
    **within("topFeatures[]", {**FEATURE, "name": TEXT, "color": TEXT}),
    **within("aiInsights[]", {"icon": TEXT, "title": TEXT, "message": TEXT}),
    **within("actionPlan[]", {
        "title": TEXT, "description": TEXT, "priority": one_of("high", "medium"), "impact": NUMBER, "duration": TEXT,
        "cost": TEXT, "color": TEXT,
    }),
    **within("lowImpactFeatures[]?", {
        "feature": TEXT, "importance": NUMBER, "pValue": SHARE, "status": one_of("insignificant", "low_impact"),
        "recommendation": TEXT,
    }),
}  # fmt: skip
IMPORTANCE: Reads = within("[]", {**FEATURE, "feature": TEXT, "ci.0": NUMBER, "ci.1": NUMBER})
CORRELATION: Reads = {"features[]": TEXT, "matrix[][]": NUMBER}
PERFORMANCE: Reads = {
    "accuracy": SHARE, "precision": or_null(SHARE), "recall": SHARE, "f1_score": SHARE, "response_time": NUMBER,
}  # fmt: skip
HEALTH: Reads = {
    "status": one_of("healthy", "warning", "critical"), "cpuUsage": or_null(PERCENT), "memoryUsage": or_null(PERCENT),
    "apiSuccessRate": or_null(PERCENT), "errorRate": or_null(PERCENT),
}  # fmt: skip
COURSE = ("months", "accuracy", "valAccuracy", "loss", "valLoss", "f1Score", "valF1Score")
PROVIDER: Reads = {
    **within("currentMetrics", {
        "accuracy": PERCENT, "precision": or_null(SHARE), "recall": SHARE, "f1Score": SHARE, "responseTime": NUMBER,
    }),
    "accuracyChange": UNTOLD, "avgResponseTime": UNTOLD, "uptime": UNTOLD,
    **within("performanceAlert", {
        "show": TRUTH, "message": STRING, "severity": one_of("critical", "warning"), "month": STRING,
    }),
    **within("systemHealth", HEALTH),
    **within("performanceData", dict.fromkeys(COURSE, LIST)),
    **within("latestRun", {
        "runId": TEXT, "trainingTime": NUMBER, "finalLoss": NUMBER, "bestAccuracy": PERCENT,
        # Of the network: null where none was trained.
        "epochs": or_null(WHOLE), "batchSize": or_null(WHOLE), "learningRate": or_null(NUMBER),
        "optimizer": or_null(TEXT),
    }),
    **within("errorLogs[]?", {
        "level": one_of("error", "warning", "info"), "message": TEXT, "timestamp": INSTANT, "stack": STRING,
    }),
    **within("bottleneckAnalysis[]", {
        "component": TEXT, "avgTime": NUMBER, "maxTime": NUMBER, "percentage": PERCENT, "status": TEXT,
        "recommendation": TEXT,
    }),
}  # fmt: skip
BUSINESS = ("roas", "cac", "ltv", "mer", "newCustomerROAS", "vtr")
RATES = ("current_ctr", "predicted_ctr", "conversion_rate", "revenue_per_click")
CLIENT: Reads = {
    "status": one_of("active", "no_data"), "latest_training": OBJECT,
    **{f"kpis.{name}": UNTOLD for name in ("ctr_improvement", "roi_increase", "additional_revenue")},
    "kpis.accuracy": PERCENT, **{f"performance_metrics.{name}": UNTOLD for name in RATES},
    "ai_insights": LIST, "marketing_recommendations": LIST,
    **{f"businessMetrics.{name}": UNTOLD for name in BUSINESS},
    **{f"businessMetrics.{name}Change": UNTOLD for name in BUSINESS},
    **within("aiInsights[]", {
        "icon": TEXT, "type": TEXT, "title": TEXT, "message": TEXT, "details": LIST, "action": STRING,
    }),
    **within("customerSegments[]?", {
        "name": TEXT, "performance": TEXT, "label": TEXT, "ctr": PERCENT,
        **dict.fromkeys(("roas", "cac", "ltv", "cvr", "potential", "correlation"), UNTOLD),
    }),
    **within("optimalTimeSlots[]", {
        "period": TEXT, "ctr": PERCENT, "traffic": PERCENT, "color": TEXT, "isBest": TRUTH, "scrollDepth": UNTOLD,
        "exposureCount": WHOLE,
    }),
    **within("marketingStrategies[]", {
        "id": TEXT, "priority": one_of("high", "medium"), "priorityLabel": TEXT, "title": TEXT, "description": TEXT,
        "impact": UNTOLD, "duration": TEXT, "budget": TEXT,
        **dict.fromkeys(("expectedROAS", "expectedCAC", "correlation"), UNTOLD),
    }),
    **within("performanceSummary[]", {"date": INSTANT, "color": TEXT, "title": TEXT, "description": TEXT}),
}  # fmt: skip
DRAWN: list[tuple[str, str, Reads]] = [
    ("AIReport", "/api/report/ai/{run_id}", REPORT),
    ("importance chart", "/api/report/feature-importance/{run_id}", IMPORTANCE),
    ("API library", "/api/features/{run_id}", IMPORTANCE),
    ("correlation chart", "/api/report/correlation/{run_id}", CORRELATION),
    ("API documents", "/api/performance/{run_id}", PERFORMANCE),
    ("API library", "/api/metrics/{run_id}", PERFORMANCE),
    ("SIDashboard", "/api/dashboard/si", PROVIDER),
    ("API library", "/api/report/si/latest", PROVIDER),
    ("ClientDashboard", "/api/dashboard/client", CLIENT),
    ("API library", "/api/report/client/latest", CLIENT),
]  # fmt: skip


@pytest.mark.parametrize(("view", "path", "reads"), DRAWN, ids=[path.split("{")[0] for _, path, _ in DRAWN])
def test_when_a_view_is_drawn_then_everything_that_it_formats_is_read(
    ctr: Frontend, sidecar: Sidecar, view: str, path: str, reads: Reads
) -> None:
    ctr.view(view).asks("GET", path.format(run_id=sidecar.run_id), reads=reads)


def test_when_the_correlation_is_drawn_then_its_cells_are_a_symmetric_square_with_ones_on_the_diagonal(
    ctr: Frontend, sidecar: Sidecar
) -> None:
    found = ctr.asks("GET", f"/api/report/correlation/{sidecar.run_id}", reads=CORRELATION)

    size = len(found["features"])
    assert size > 2
    assert [len(row) for row in found["matrix"]] == [size] * size
    for place, row in enumerate(found["matrix"]):
        assert row[place] == 1
        assert row == [other[place] for other in found["matrix"]]
        assert all(-1 <= cell <= 1 for cell in row)


@pytest.mark.parametrize("path", ["/api/report/ai/mock-run-1", "/api/report/client/mock-run-1"])
def test_when_a_run_does_not_exist_then_the_view_reads_why(ctr: Frontend, path: str) -> None:
    ctr.asks("GET", path, status=404, reads={"message": TEXT})
