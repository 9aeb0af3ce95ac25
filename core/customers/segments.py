"""The dashboard's segment file: what each cluster buys, where, when and how, against all customers.

Units as the dashboard reads them: `subscription_rate` is a fraction, everything called percentage and
`discount_usage_rate` run from 0 to 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.customers.personas import ClusterName, GroupFigures
from core.messages import say

if TYPE_CHECKING:
    import polars

# wire name of the list, wire name of the value in an entry, dataset column, entries shown
TOP_LISTS = (
    ("top_items", "items", "Item Purchased", 5),
    ("top_categories", "category", "Category", 5),
    ("top_location", "location", "Location", 5),
    ("top_season", "season", "Season", 4),
    ("top_payment", "payment", "Preferred Payment Method", 3),
)
TOTALS = {
    "total_unique_items": "Item Purchased",
    "total_unique_payment": "Preferred Payment Method",
    "total_unique_locations": "Location",
    "total_unique_categories": "Category",
}


def build_segments(
    frame: polars.DataFrame, labels: NDArray[np.int32], groups: Sequence[GroupFigures],
    names: Sequence[ClusterName], *, language: str = "ko",
) -> dict[str, Any]:  # fmt: skip
    """The content of the segment file for any number of clusters. labels: (n,), one for each row of `frame`.

    A column that the data lacks leaves an empty list or null, with the reason under `unavailable`.
    """
    counts = {
        column: _counts(frame, labels, column, len(groups)) for _, _, column, _ in TOP_LISTS if column in frame.columns
    }
    segments = [
        _segment(frame, labels, cluster, groups[cluster], names[cluster], counts, language)
        for cluster in range(len(groups))
    ]
    wanted = {**{one: column for one, _, column, _ in TOP_LISTS}, **TOTALS, **_SINGLE_COLUMNS}
    missing = {
        name: say("customers.reason_missing_column", language, column=column)
        for name, column in wanted.items()
        if column not in frame.columns
    }
    content = {"cluster_segments": segments, "overall_data_summary": _summary(counts)}
    return {**content, "unavailable": missing} if missing else content


_SINGLE_COLUMNS = {"discount_usage_rate": "Discount Applied", "review_rating_score": "Review Rating"}
Counts = tuple[list[str], NDArray[np.intp]]  # values, and counts of shape (n_values, K)


def _counts(frame: polars.DataFrame, labels: NDArray[np.int32], column: str, k: int) -> Counts:
    import polars

    text = frame[column].cast(polars.String).fill_null("")
    values = sorted(set(text.to_list()))
    codes = text.replace_strict(values, list(range(len(values))), return_dtype=polars.Int64).to_numpy()
    flat = np.bincount(codes * k + labels, minlength=len(values) * k)
    return values, flat.reshape(len(values), k)


def _segment(
    frame: polars.DataFrame, labels: NDArray[np.int32], cluster: int, group: GroupFigures, name: ClusterName,
    counts: dict[str, Counts], language: str,
) -> dict[str, Any]:  # fmt: skip
    members = frame.filter(labels == cluster)
    discounts = members["Discount Applied"] if "Discount Applied" in frame.columns else None
    ratings = members["Review Rating"].mean() if "Review Rating" in frame.columns else None
    return {
        "cluster_id": cluster,
        "cluster_name": name.text(language).name,
        "num_customers": group.size,
        "avg_age": round(group.age, 2),
        "avg_purchase_amount": round(group.amount, 2),
        "subscription_rate": round(group.subscribed, 4),
        "dominant_frequency": group.dominant_frequency,
        "marketing_suggestion": name.text(language).purpose,
        **{
            wire: _top(counts[column], cluster, value_name, shown) if column in counts else []
            for wire, value_name, column, shown in TOP_LISTS
        },
        "discount_usage_rate": None if discounts is None else _percentage((discounts == "Yes").sum(), group.size),
        "review_rating_score": None if ratings is None else round(float(ratings), 2),  # type: ignore[arg-type]
    }


def _top(counts: Counts, cluster: int, value_name: str, shown: int) -> list[dict[str, Any]]:
    values, table = counts
    in_cluster, overall = table[:, cluster], table.sum(axis=1)
    order = np.argsort(-in_cluster, kind="stable")[:shown]
    return [
        {
            value_name: values[index],
            "cluster_count": int(in_cluster[index]),
            "cluster_percentage": _percentage(in_cluster[index], in_cluster.sum()),
            "overall_percentage": _percentage(overall[index], overall.sum()),
        }
        for index in order
        if in_cluster[index]
    ]


def _summary(counts: dict[str, Counts]) -> dict[str, Any]:
    totals: dict[str, Any] = {
        name: len(counts[column][0]) if column in counts else None for name, column in TOTALS.items()
    }
    rates = []
    if "Item Purchased" in counts:
        values, table = counts["Item Purchased"]
        bought = table.sum(axis=1)
        rates = [
            {
                "item": values[index],
                "overall_count": int(bought[index]),
                "overall_percentage": _percentage(bought[index], bought.sum()),
            }
            for index in np.argsort(-bought, kind="stable")
        ]
    return {**totals, "overall_items_purchase_rate": rates}


def _percentage(part: Any, whole: Any) -> float:
    return round(100.0 * float(part) / float(whole), 2)
