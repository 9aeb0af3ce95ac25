"""Clusters are found where they are, and not where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_score

from core.customers.clusters import fit_partition, fit_scaler
from core.customers.evidence import MIN_GAP, Candidate, _choose, _finalists, find_clusters
from core.customers.features import encode_columns
from core.customers.findings import findings_of
from core.customers.measures import (
    _distances,
    dominant_column,
    silhouette_widths,
    silhouettes,
    without_axes,
    without_structure,
)
from core.customers.profiles import ProfileColumns, read_profiles
from core.customers.samples import PLANTED_GROUPS, make_customers
from core.customers.training import CustomerData, Training
from core.errors import BadInput


def test_when_groups_are_planted_then_their_number_and_members_are_found(sample_training: Training) -> None:
    _, planted = make_customers()
    assert sample_training.partition.k == len(PLANTED_GROUPS)
    assert adjusted_rand_score(planted, sample_training.partition.labels) > 0.9
    assert sample_training.findings == ()


def test_when_groups_are_planted_then_all_candidates_are_kept_as_evidence(sample_training: Training) -> None:
    evidence = sample_training.json("evidence.json")
    assert len(evidence["candidates"]) == 7 * 3 * 9  # feature sets, scalings, K from 2 to 10
    assert evidence["chosen"]["confirmed"] and evidence["chosen"]["gap"] > 0.2


@pytest.mark.parametrize("seed", range(4))
def test_when_columns_are_independent_then_no_clusters_are_reported(seed: int) -> None:
    frame, _ = make_customers(rows=1200, seed=seed, structure=False)
    evidence = find_clusters(read_profiles(frame), k_max=5, seed=seed, resamples=5)
    assert not any(candidate.shows_clusters for candidate in evidence.candidates)
    found = {finding.code: finding.severity for finding in findings_of(evidence.chosen)}
    assert found["customers.no_clusters"] == "blocking"


def test_when_columns_are_only_correlated_then_the_reference_keeps_up() -> None:
    random = np.random.default_rng(0)
    cloud = random.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], size=800)
    (ours,) = silhouettes(cloud, [3], starts=4)
    (turned,) = silhouettes(without_axes(cloud, random), [3], starts=4)
    assert abs(ours - turned) < MIN_GAP


def test_when_measured_from_a_distance_matrix_then_the_silhouette_equals_scikit_learns(
    sample: CustomerData,
) -> None:
    columns = sample.columns.take(np.arange(300))
    partition = fit_partition(columns, feature_set="four_fields", scaling="standard", k=4, seed=0)
    scaled = partition.scaler(encode_columns(columns, "four_fields"))
    ours = silhouette_widths(_distances(scaled), partition.labels, 4).mean()
    assert ours == pytest.approx(silhouette_score(scaled, partition.labels), abs=1e-5)


def test_when_labels_follow_one_column_then_it_is_named_as_dominant(sample: CustomerData) -> None:
    column, share = dominant_column(sample.columns, sample.columns.frequency.astype(np.int32))
    assert (column, round(share, 6)) == ("frequency", 1.0)


def test_when_labels_are_random_then_no_column_explains_them(sample: CustomerData) -> None:
    labels = np.random.default_rng(0).integers(0, 5, len(sample.columns)).astype(np.int32)
    assert dominant_column(sample.columns, labels)[1] < 0.02


def candidate(**changes: object) -> Candidate:
    good = {
        "feature_set": "four_fields", "scaling": "standard", "k": 5, "silhouette": 0.6, "reference": 0.3, "gap": 0.3,
        "z": 40.0, "stability": 0.98, "smallest_share": 0.15, "dominant_column": "age", "dominant_share": 0.6,
        "confirmed": True,
    }  # fmt: skip
    return Candidate(**{**good, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "code", "severity"),
    [
        ({"gap": 0.04}, "customers.no_clusters", "blocking"),
        ({"z": 3.0}, "customers.no_clusters", "blocking"),
        ({"dominant_share": 1.0}, "customers.dominant_factor", "blocking"),
        ({"stability": 0.5}, "customers.unstable", "blocking"),
        ({"smallest_share": 0.01}, "customers.unbalanced", "warning"),
    ],
)
def test_when_a_candidate_falls_short_then_the_finding_says_so(
    changes: dict[str, object], code: str, severity: str
) -> None:
    (finding,) = findings_of(candidate(**changes))
    assert (finding.code, finding.severity) == (code, severity)
    assert finding.text("en") != finding.text("ko")


def test_when_a_candidate_is_sound_then_there_is_no_finding() -> None:
    assert findings_of(candidate()) == ()


def test_when_customers_are_too_few_then_the_limit_is_named(sample: CustomerData) -> None:
    with pytest.raises(BadInput, match="needs at least 100"):
        find_clusters(sample.columns.take(np.arange(50)))


def test_when_all_customers_are_alike_then_training_is_refused() -> None:
    alike = ProfileColumns(
        np.full(200, 40.0), np.full(200, 50.0), np.zeros(200, dtype=bool), np.zeros(200, dtype=np.int8)
    )
    with pytest.raises(BadInput, match="too few"):
        find_clusters(alike)


def test_when_a_column_is_constant_then_its_scale_stays_one() -> None:
    scaler = fit_scaler(np.array([[1.0, 5.0], [2.0, 5.0]]), "standard")
    assert scaler.scale.tolist() == [0.5, 1.0]


def test_when_columns_are_shuffled_then_each_keeps_its_values(sample: CustomerData) -> None:
    shuffled = without_structure(sample.columns, np.random.default_rng(0))
    assert sorted(shuffled.age) == sorted(sample.columns.age)
    assert abs(np.corrcoef(shuffled.age, shuffled.purchase_amount)[0, 1]) < 0.06


@pytest.mark.parametrize(
    ("changes", "shows_clusters", "is_sound"),
    [
        ({"gap": 0.05, "z": 4.0, "stability": 0.80, "dominant_share": 0.949}, True, True),
        ({"gap": 0.049}, False, False),
        ({"z": 3.99}, False, False),
        ({"confirmed": False}, False, False),
        ({"stability": 0.799}, True, False),
        ({"dominant_share": 0.95}, True, False),
    ],
)
def test_when_a_candidate_stands_at_a_limit_then_the_limit_itself_says_which_side_it_is_on(
    changes: dict[str, object], shows_clusters: bool, is_sound: bool
) -> None:
    found = candidate(**changes)

    assert (found.shows_clusters, found.is_sound) == (shows_clusters, is_sound)


@pytest.mark.parametrize(
    ("other", "chosen_k"),
    [
        ({"k": 3, "gap": 0.285}, 3),
        ({"k": 3, "gap": 0.27}, 5),
        ({"k": 7, "gap": 0.295}, 5),
        ({"k": 4, "gap": 0.6, "stability": 0.5}, 5),
        ({"k": 3, "gap": 0.3, "dominant_share": 1.0}, 5),
    ],
    ids=["fewer and close", "fewer and worse", "more and close", "larger effect, not sound", "one column"],
)
def test_when_candidates_are_compared_then_soundness_comes_first_and_of_equals_the_fewest_clusters(
    other: dict[str, object], chosen_k: int
) -> None:
    assert _choose([candidate(), candidate(**other)]).k == chosen_k


def test_when_finalists_are_picked_then_three_of_a_feature_set_and_six_in_all() -> None:
    screened = [
        candidate(feature_set=name, k=k) for name in ("four_fields", "age_amount", "no_age") for k in range(2, 7)
    ]

    found = [(one.feature_set, one.k) for one in _finalists(screened)]

    assert found == [(name, k) for name in ("four_fields", "age_amount") for k in (2, 3, 4)]


@pytest.mark.parametrize(("k_min", "k_max"), [(1, 5), (6, 5)])
def test_when_the_range_of_clusters_is_empty_or_begins_below_two_then_it_is_refused(
    sample: CustomerData, k_min: int, k_max: int
) -> None:
    with pytest.raises(BadInput) as refused:
        find_clusters(sample.columns.take(np.arange(200)), k_min=k_min, k_max=k_max)

    assert refused.value.key == "customers.k_range"


def test_when_candidates_are_searched_then_progress_only_rises_and_ends_whole(sample: CustomerData) -> None:
    told: list[float] = []

    find_clusters(sample.columns.take(np.arange(120)), k_max=2, resamples=2, progress=told.append)

    assert told == sorted(told)
    assert told[-1] == 1.0
