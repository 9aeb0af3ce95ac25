"""GET /metrics: what Prometheus scrapes, in its text format. Any worker answers for all processes of this machine.

Whoever may see the system reads it, and so does whoever sends the setting `metrics_token` as a bearer token: a scraper
signs in to nothing, and its token opens no other address.
"""

from __future__ import annotations

from fastapi import APIRouter, Response

from app.api.deps import GuardedRoute, needs
from core.security.policy import Permission

FORMAT = "text/plain; version=0.0.4; charset=utf-8"

router = APIRouter(tags=["health"], route_class=GuardedRoute)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"example": 'http_requests_total{method="GET"} 1.0'}}}},
)
@needs(Permission.SYSTEM_READ, by_setting="metrics_token")
def metrics() -> Response:
    """Counters, histograms and gauges. What could not be read in time is left out, and `scrape_source_up` says so."""
    from core.telemetry.metrics import text

    return Response(text(), media_type=FORMAT)
