"""What the real retail file holds: the old seven clusters are its purchase frequencies, and nothing else is there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from core.customers.lookup import ClusterModel
from core.customers.training import CustomerData, Training
from core.customers.vocabulary import FREQUENCIES, CustomerProfile
from core.datasets.findings import blocking


def test_when_trained_for_compatibility_then_the_old_seven_clusters_return(
    shopping_trends: CustomerData, shopping_compatibility: Training
) -> None:
    partition = shopping_compatibility.partition
    assert adjusted_rand_score(shopping_trends.columns.frequency, partition.labels) == 1.0
    assert partition.inertia == pytest.approx(11687.52, abs=0.005)


def test_when_trained_for_compatibility_then_the_documented_numbers_keep_their_meaning(
    shopping_compatibility: Training,
) -> None:
    assert [group.dominant_frequency for group in shopping_compatibility.groups] == [
        "Fortnightly", "Annually", "Monthly", "Every 3 Months", "Weekly", "Quarterly", "Bi-Weekly"
    ]  # fmt: skip


def test_when_trained_for_compatibility_then_age_amount_and_subscription_change_nothing(
    shopping_compatibility: Training, loaded: Callable[[Training], ClusterModel]
) -> None:
    model = loaded(shopping_compatibility)
    for label in FREQUENCIES:
        clusters = {
            model.nearest_cluster(age, amount, subscribed, label)
            for age in (18, 44, 70) for amount in (20, 60, 100) for subscribed in (False, True)
        }  # fmt: skip
        assert len(clusters) == 1


def test_when_trained_for_compatibility_then_the_dominant_factor_is_a_warning(
    shopping_compatibility: Training,
) -> None:
    (finding,) = shopping_compatibility.findings
    assert (finding.code, finding.severity, finding.column) == ("customers.dominant_factor", "warning", "frequency")


def test_when_trained_for_compatibility_then_no_name_claims_more_than_the_frequency(
    shopping_compatibility: Training,
) -> None:
    assert {name.persona for name in shopping_compatibility.names} == {
        f"rhythm_{label.lower().replace(' ', '_').replace('-', '_')}" for label in FREQUENCIES
    }


def test_when_trained_by_evidence_then_the_file_is_said_to_hold_no_clusters(shopping_training: Training) -> None:
    assert "customers.no_clusters" in {finding.code for finding in blocking(shopping_training.findings)}
    assert not any(candidate.is_sound for candidate in shopping_training.evidence.candidates)  # type: ignore[union-attr]


def test_when_there_are_no_clusters_then_the_candidate_still_tells_amounts_and_subscriptions_apart(
    shopping_training: Training, loaded: Callable[[Training], ClusterModel]
) -> None:
    model = loaded(shopping_training)
    apart = [
        label
        for label in FREQUENCIES
        if model.nearest_cluster(35, 20, False, label) != model.nearest_cluster(35, 100, True, label)
    ]
    assert apart


def test_when_labels_are_looked_up_then_they_equal_the_trained_ones(
    shopping_trends: CustomerData, shopping_training: Training, shopping_compatibility: Training,
    loaded: Callable[[Training], ClusterModel],
) -> None:  # fmt: skip
    for training in (shopping_training, shopping_compatibility):
        assert np.array_equal(loaded(training).assign_batch(shopping_trends.columns), training.partition.labels)


def test_when_segments_are_rebuilt_then_sizes_and_frequencies_are_those_of_the_file(
    shopping_trends: CustomerData, shopping_compatibility: Training
) -> None:
    segments = shopping_compatibility.json("segments.json")["cluster_segments"]
    labels = shopping_compatibility.partition.labels
    assert sum(segment["num_customers"] for segment in segments) == 3900
    frequency = shopping_trends.frame["Frequency of Purchases"]
    for segment in segments:
        modes = frequency.filter(labels == segment["cluster_id"]).mode().to_list()
        assert segment["dominant_frequency"] in modes


def test_when_segments_are_rebuilt_then_known_figures_return(shopping_compatibility: Training) -> None:
    content = shopping_compatibility.json("segments.json")
    first = content["cluster_segments"][0]
    assert (first["avg_age"], first["avg_purchase_amount"], first["subscription_rate"]) == (43.59, 59.05, 0.2823)
    assert (first["discount_usage_rate"], first["review_rating_score"]) == (44.83, 3.76)
    assert first["top_items"][0] == {
        "items": "Sneakers", "cluster_count": 28, "cluster_percentage": 5.17, "overall_percentage": 3.72
    }  # fmt: skip
    assert first["top_payment"][0]["payment"] == "Debit Card"
    summary = content["overall_data_summary"]
    assert {key: value for key, value in summary.items() if key.startswith("total")} == {
        "total_unique_items": 25, "total_unique_payment": 6, "total_unique_locations": 50, "total_unique_categories": 4
    }  # fmt: skip


def test_when_a_profile_is_described_then_the_compatibility_model_answers_with_its_frequency(
    shopping_compatibility: Training, loaded: Callable[[Training], ClusterModel]
) -> None:
    assignment = loaded(shopping_compatibility).assign_cluster(CustomerProfile(35, 50, True, "Monthly"))
    assert assignment.cluster_id == 2  # what the old model really returned for this documented example
    assert assignment.contributions[0].feature == "frequency=Monthly"
