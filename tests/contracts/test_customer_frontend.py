"""The customer frontend: login page, analysis form, and the file that its dashboard shows (contract customers 1.1)."""

from __future__ import annotations

from itertools import product
from typing import Any

from tests.contracts.frontends import Frontend
from tests.contracts.reading import LIST, NUMBER, PERCENT, SHARE, TEXT, WHOLE, Reads

FORM: dict[str, Any] = {
    "Age": 35, "Purchase Amount (USD)": 50, "Subscription Status": True, "Frequency of Purchases": "Monthly",
}  # fmt: skip
FREQUENCIES = ("Weekly", "Fortnightly", "Bi-Weekly", "Monthly", "Quarterly", "Every 3 Months", "Annually")
CLUSTER: Reads = {"cluster_name": TEXT, "cluster_description": TEXT}
LISTED = {"top_items": "items", "top_categories": "category", "top_location": "location", "top_season": "season",
          "top_payment": "payment"}  # fmt: skip
DASHBOARD: Reads = {
    **{f"cluster_segments[].{name}": TEXT for name in ("cluster_name", "dominant_frequency", "marketing_suggestion")},
    **{f"cluster_segments[].{name}": WHOLE for name in ("cluster_id", "num_customers")},
    **{f"cluster_segments[].{name}": NUMBER for name in ("avg_age", "avg_purchase_amount", "review_rating_score")},
    "cluster_segments[].subscription_rate": SHARE,
    "cluster_segments[].discount_usage_rate": PERCENT,
    **{f"cluster_segments[].{name}[].{word}": TEXT for name, word in LISTED.items()},
    **{f"cluster_segments[].{name}[].cluster_count": WHOLE for name in LISTED},
    **{f"cluster_segments[].{name}[].cluster_percentage": PERCENT for name in LISTED},
    **{f"cluster_segments[].{name}[].overall_percentage": PERCENT for name in LISTED},
    **{f"overall_data_summary.total_unique_{name}": WHOLE for name in ("items", "payment", "locations", "categories")},
    "overall_data_summary.overall_items_purchase_rate[].item": TEXT,
    "overall_data_summary.overall_items_purchase_rate[].overall_count": WHOLE,
    "overall_data_summary.overall_items_purchase_rate[].overall_percentage": PERCENT,
}  # fmt: skip


def test_when_the_login_page_opens_then_it_may_see_that_the_api_answers(customers: Frontend) -> None:
    customers.fetches("GET", "/healthz")


def test_when_the_form_is_sent_then_name_and_description_of_the_cluster_are_read(customers: Frontend) -> None:
    for frequency, subscribed in product(FREQUENCIES, (True, False)):
        form = {**FORM, "Subscription Status": subscribed, "Frequency of Purchases": frequency}
        customers.asks("POST", "/api/analysis", json=form, reads=CLUSTER)


def test_when_the_form_lets_an_age_through_that_the_api_does_not_then_the_refusal_may_be_seen(
    customers: Frontend,
) -> None:
    customers.fetches("POST", "/api/analysis", json={**FORM, "Age": 150}, status=422)


def test_when_the_dashboard_opens_its_file_then_every_figure_of_every_segment_is_read(customers: Frontend) -> None:
    dashboard = customers.view("segment dashboard")

    dashboard.asks("GET", "/api/customers/segments", reads={**DASHBOARD, "cluster_segments": LIST})
