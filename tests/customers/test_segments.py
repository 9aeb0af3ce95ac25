"""The dashboard file: right for any number of clusters, in the dashboard's units."""

from __future__ import annotations

import numpy as np
import pytest

from core.customers.segments import build_segments
from core.customers.training import CustomerData, Training

FIELDS = {
    "cluster_id", "cluster_name", "num_customers", "avg_age", "avg_purchase_amount", "subscription_rate",
    "dominant_frequency", "marketing_suggestion", "top_items", "top_categories", "top_location", "top_season",
    "top_payment", "discount_usage_rate", "review_rating_score",
}  # fmt: skip


def test_when_written_then_every_segment_has_the_contracts_fields(sample_training: Training) -> None:
    segments = sample_training.json("segments.json")["cluster_segments"]
    assert len(segments) == sample_training.partition.k
    assert all(set(segment) == FIELDS for segment in segments)
    assert all(isinstance(segment["avg_age"], float) for segment in segments)


def test_when_written_then_figures_equal_those_recomputed_from_the_rows(
    sample: CustomerData, sample_training: Training
) -> None:
    labels = sample_training.partition.labels
    for segment in sample_training.json("segments.json")["cluster_segments"]:
        rows = sample.frame.filter(labels == segment["cluster_id"])
        assert segment["num_customers"] == rows.height
        assert segment["avg_age"] == pytest.approx(rows["Age"].mean(), abs=0.005)
        assert segment["dominant_frequency"] in rows["Frequency of Purchases"].mode().to_list()
        assert segment["subscription_rate"] == pytest.approx((rows["Subscription Status"] == "Yes").mean(), abs=5e-5)
        assert segment["discount_usage_rate"] == pytest.approx(
            100 * (rows["Discount Applied"] == "Yes").mean(), abs=0.005
        )
        assert segment["top_season"][0]["cluster_count"] == rows["Season"].value_counts()["count"].max()


def test_when_columns_are_missing_then_nothing_is_invented_and_the_reason_is_given(
    sample: CustomerData, sample_training: Training
) -> None:
    frame = sample.frame.drop("Season", "Discount Applied")
    content = build_segments(
        frame, sample_training.partition.labels, sample_training.groups, sample_training.names, language="en"
    )
    segment = content["cluster_segments"][0]
    assert (segment["top_season"], segment["discount_usage_rate"]) == ([], None)
    assert content["unavailable"] == {
        "top_season": "The data has no column 'Season'.",
        "discount_usage_rate": "The data has no column 'Discount Applied'.",
    }


def test_when_languages_differ_then_names_do_and_figures_do_not(sample_training: Training) -> None:
    korean, english = (sample_training.json(name)["cluster_segments"] for name in ("segments.json", "segments_en.json"))
    assert [one["cluster_name"] for one in korean] != [one["cluster_name"] for one in english]
    assert [one["num_customers"] for one in korean] == [one["num_customers"] for one in english]
    assert np.isclose(sum(one["cluster_percentage"] for one in korean[0]["top_season"]), 100, atol=0.03)
