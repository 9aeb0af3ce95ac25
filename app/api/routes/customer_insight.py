"""More about customers than the old frontend asks for: the dashboard's figures, and a lookup with its reasons."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import GuardedRoute, needs
from app.api.error_responses import fails_as
from app.api.languages import label_language
from app.api.routes.customers import ProfileBody
from core.security.policy import Permission

router = APIRouter(prefix="/api/customers", tags=["customers"], route_class=GuardedRoute)

_SHARES = {"cluster_count": 120, "cluster_percentage": 21.4, "overall_percentage": 18.2}
_SEGMENT: dict[str, Any] = {
    "cluster_id": 0,
    "cluster_name": "격주 구매 고객",
    "num_customers": 560,
    "avg_age": 43.6,
    "avg_purchase_amount": 59.1,
    "subscription_rate": 0.28,
    "dominant_frequency": "Fortnightly",
    "marketing_suggestion": "2주 간격에 맞춰 재구매 알림을 보냅니다.",
    "top_items": [{"items": "Jewelry", **_SHARES}],
    "top_categories": [{"category": "Clothing", **_SHARES}],
    "top_location": [{"location": "Montana", **_SHARES}],
    "top_season": [{"season": "Spring", **_SHARES}],
    "top_payment": [{"payment": "PayPal", **_SHARES}],
    "discount_usage_rate": 44.8,
    "review_rating_score": 3.7,
}


class Share(BaseModel):
    """How often a value occurs in a cluster and overall; percentages run from 0 to 100."""

    model_config = ConfigDict(extra="allow")  # the value itself stands under the list's own word
    cluster_count: int
    cluster_percentage: float
    overall_percentage: float


class Segment(BaseModel):
    """One cluster as the dashboard reads it; `subscription_rate` is a fraction, other rates percentages."""

    model_config = ConfigDict(json_schema_extra={"example": _SEGMENT})
    cluster_id: int
    cluster_name: str
    num_customers: int
    avg_age: float
    avg_purchase_amount: float
    subscription_rate: float
    dominant_frequency: str
    marketing_suggestion: str
    top_items: list[Share]
    top_categories: list[Share]
    top_location: list[Share]
    top_season: list[Share]
    top_payment: list[Share]
    discount_usage_rate: float | None
    review_rating_score: float | None


class Segments(BaseModel):
    """The dashboard's file, made by the training of the model that is served."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"cluster_segments": [_SEGMENT], "overall_data_summary": {"total_unique_items": 25}}
        }
    )
    cluster_segments: list[Segment]
    overall_data_summary: dict[str, Any]
    unavailable: dict[str, str] = Field(
        default_factory=dict, description="figures the data does not hold, with the reason"
    )


class Reason(BaseModel):
    """How one feature pulled towards the cluster (negative: towards the second); `share` of all pulls, -1 to 1."""

    feature: str
    pull: float
    share: float


class ClusterReasons(BaseModel):
    """A cluster with what speaks for it, and the run and version that say so."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "predicted_cluster": 2,
                "cluster_name": "월간 구매 고객",
                "cluster_description": "매월 구매하는 고객입니다.",
                "persona": "rhythm_monthly",
                "persona_fit": 0.97,
                "distance": 0.8,
                "distances": [2.1, 1.9, 0.8],
                "second_cluster": 1,
                "distance_second": 1.9,
                "margin": 1.1,
                "why": [{"feature": "log_frequency", "pull": 2.4, "share": 0.8}],
                "outside_known_range": [],
                "run_id": "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11",
                "version": "3",
                "slot": "champion",
            }
        }
    )
    predicted_cluster: int
    cluster_name: str
    cluster_description: str
    persona: str | None = Field(description="null where no persona fits and the name states the figures")
    persona_fit: float = Field(description="of the persona's weakest claim, 0 to 1")
    distance: float = Field(description="to the cluster's centre, in scaled features")
    distances: list[float]
    second_cluster: int
    distance_second: float
    margin: float = Field(description="distance_second less distance; near 0 the answer is a close call")
    why: list[Reason]
    outside_known_range: list[str] = Field(description="fields beyond the training data, or 'combination'")
    run_id: str
    version: str
    slot: str


@router.get("/segments", response_model=Segments, response_model_exclude_unset=True)
@needs(Permission.CUSTOMERS_LOOKUP)
@fails_as("ANALYSIS_FAILED")
def get_segments(request: Request) -> Any:
    """What the clusters buy, where, when and how: the dashboard's file, for whatever number of clusters won."""
    from core.customers.serving import current_file

    return current_file("segments_en.json" if label_language(request.scope) == "en" else "segments.json")


@router.post("/lookup", response_model=ClusterReasons)
@needs(Permission.CUSTOMERS_LOOKUP)
@fails_as("ANALYSIS_FAILED")
def look_up(profile: ProfileBody, request: Request) -> Any:
    """The cluster of one customer with distances, the runner-up, the reasons and where the answer comes from."""
    from core.customers.serving import current_model

    model = current_model()
    found = model.assign_cluster(profile.profile())
    text = found.name.text(label_language(request.scope))
    return {
        "predicted_cluster": found.cluster_id,
        "cluster_name": text.name,
        "cluster_description": text.description,
        "persona": found.name.persona,
        "persona_fit": found.name.fit,
        "distance": found.distance,
        "distances": found.distances,
        "second_cluster": found.second_cluster,
        "distance_second": found.distance_second,
        "margin": found.margin,
        "why": [{"feature": one.feature, "pull": one.pull, "share": one.share} for one in found.contributions],
        "outside_known_range": found.outside_fields,
        "run_id": found.run_id,
        "version": found.version,
        "slot": model.slot,
    }
