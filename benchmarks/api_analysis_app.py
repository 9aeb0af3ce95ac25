"""The real application with one more route: same body, response model and middleware, but a constant answer."""

from __future__ import annotations

from typing import Any

from app.api.main import app
from app.api.routes.customers import ProfileBody
from app.api.served_customers import ClusterAnswer

__all__ = ["app"]

CONSTANT = ClusterAnswer(
    predicted_cluster=2,
    cluster_name="젊은 소액 단골 구독자",
    cluster_description="20대 안팎의 구독 고객으로, 한 번에 쓰는 금액은 작지만 자주 구매합니다.",
)


@app.post("/api/constant", response_model=ClusterAnswer, include_in_schema=False)
async def answer_constant(profile: ProfileBody) -> Any:
    """What the framework, the validation and the middleware cost alone."""
    return CONSTANT


def _position(path: str) -> int:
    return next(index for index, route in enumerate(app.router.routes) if getattr(route, "path", "") == path)


# Beside /api/analysis, and found no later than it: routes are tried in order.
app.router.routes.insert(_position("/api/analysis/"), app.router.routes.pop())
