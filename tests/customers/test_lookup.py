"""Lookups: the same labels as scikit-learn, ties included, with reasons that add up."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from core.customers.clusters import Scaler
from core.customers.features import encode_columns
from core.customers.lookup import ClusterModel, KnownRange
from core.customers.personas import ClusterName, PersonaText
from core.customers.profiles import ProfileColumns
from core.customers.training import CustomerData, Training
from core.customers.vocabulary import FREQUENCIES, CustomerProfile
from core.errors import BadInput

Load = Callable[[Training], ClusterModel]
TEXT = PersonaText("name", "type", "description", "purpose")


def random_profiles(rows: int, seed: int) -> ProfileColumns:
    random = np.random.default_rng(seed)
    return ProfileColumns(
        random.integers(0, 121, rows).astype(np.float64),
        random.integers(0, 200, rows).astype(np.float64),
        random.random(rows) < 0.5,
        random.integers(0, len(FREQUENCIES), rows).astype(np.int8),
    )


def sklearn_labels(model: ClusterModel, columns: ProfileColumns) -> np.ndarray:
    """The same scaler and centres inside scikit-learn's own objects."""
    scaler = StandardScaler()
    scaler.mean_, scaler.scale_ = model.scaler.shift, model.scaler.scale
    scaler.var_, scaler.n_features_in_ = scaler.scale_**2, len(scaler.mean_)
    with np.errstate(all="ignore"):
        kmeans = KMeans(model.k, n_init=1).fit(np.random.default_rng(0).normal(size=(50, len(scaler.mean_))))
    kmeans.cluster_centers_ = model.centres
    return kmeans.predict(scaler.transform(encode_columns(columns, model.feature_set)))


def hand_made(centres: list[list[float]]) -> ClusterModel:
    """A model on (age, amount) with integer centres and no scaling, so that ties are exact."""
    names = tuple(ClusterName(k, None, 0.0, {"en": TEXT, "ko": TEXT}) for k in range(len(centres)))
    known = KnownRange((18, 70), (20, 100), frozenset({False, True}), frozenset({"Weekly", "Monthly"}))
    return ClusterModel(
        "age_amount", Scaler("range", np.zeros(2), np.ones(2)), np.array(centres), (1,) * len(centres),
        (1000.0,) * len(centres), known, names, "run-1", "1",
    )  # fmt: skip


@pytest.mark.parametrize("which", ["sample_training", "sample_compatibility"])
def test_when_100000_random_profiles_are_assigned_then_labels_equal_scikit_learns(
    which: str, request: pytest.FixtureRequest, loaded: Load
) -> None:
    model = loaded(request.getfixturevalue(which))
    columns = random_profiles(100_000, seed=3)
    assert np.array_equal(model.assign_batch(columns), sklearn_labels(model, columns))


@pytest.mark.parametrize("which", ["sample_training", "sample_compatibility"])
def test_when_single_profiles_are_assigned_then_labels_equal_the_batch(
    which: str, request: pytest.FixtureRequest, loaded: Load
) -> None:
    model = loaded(request.getfixturevalue(which))
    columns = random_profiles(2000, seed=4)
    singles = [
        model.nearest_cluster(one.age, one.purchase_amount, one.subscribed, one.frequency)
        for one in map(columns.profile, range(len(columns)))
    ]
    assert singles == model.assign_batch(columns).tolist()


def test_when_training_rows_are_looked_up_then_they_get_their_trained_cluster(
    sample: CustomerData, sample_training: Training, loaded: Load
) -> None:
    assert np.array_equal(loaded(sample_training).assign_batch(sample.columns), sample_training.partition.labels)


def test_when_two_centres_are_equally_near_then_ties_fall_as_in_scikit_learn() -> None:
    model = hand_made([[60.0, 50.0], [20.0, 50.0], [60.0, 50.0], [40.0, 10.0]])
    columns = random_profiles(100_000, seed=5)
    columns.age[:50_000] = 40.0  # half way between the first two centres
    expected = sklearn_labels(model, columns)
    assert np.array_equal(model.assign_batch(columns), expected)
    assert [
        model.nearest_cluster(one.age, one.purchase_amount, one.subscribed, one.frequency)
        for one in map(columns.profile, range(500))
    ] == expected[:500].tolist()


def test_when_a_profile_is_explained_then_pulls_add_up_to_the_difference_of_squared_distances(
    sample_training: Training, loaded: Load
) -> None:
    found = loaded(sample_training).assign_cluster(CustomerProfile(41, 85.0, True, "Weekly"))
    difference = found.distance_second**2 - found.distance**2
    assert sum(reason.pull for reason in found.contributions) == pytest.approx(difference)
    assert sum(abs(reason.share) for reason in found.contributions) == pytest.approx(1.0)


def test_when_a_profile_is_explained_then_distances_rank_the_clusters(sample_training: Training, loaded: Load) -> None:
    found = loaded(sample_training).assign_cluster(CustomerProfile(26, 30.0, True, "Bi-Weekly"))
    first, second = sorted(range(len(found.distances)), key=lambda cluster: found.distances[cluster])[:2]
    assert (found.cluster_id, found.second_cluster) == (first, second)
    assert found.margin == pytest.approx(found.distances[second] - found.distances[first])
    assert (found.run_id, found.version) == ("run-1", "1")


@pytest.mark.parametrize(
    ("profile", "fields"),
    [
        (CustomerProfile(120, 50.0, True, "Weekly"), ("age",)),
        (CustomerProfile(0, 5000.0, True, "Weekly"), ("age", "purchase_amount")),
        (CustomerProfile(30, 50.0, True, "Annually"), ("frequency",)),
        (CustomerProfile(30, 50.0, True, "Weekly"), ()),
    ],
)
def test_when_a_profile_lies_beyond_the_training_data_then_the_field_is_named(
    profile: CustomerProfile, fields: tuple[str, ...]
) -> None:
    found = hand_made([[30.0, 50.0], [60.0, 50.0]]).assign_cluster(profile)
    assert (found.outside_fields, found.outside_known_range) == (fields, bool(fields))


def test_when_each_field_is_ordinary_but_not_together_then_the_combination_is_named(
    sample_training: Training, loaded: Load
) -> None:
    found = loaded(sample_training).assign_cluster(CustomerProfile(20, 100.0, False, "Annually"))
    assert found.outside_fields == ("combination",)


def test_when_only_age_grows_then_a_cluster_once_left_is_not_entered_again(
    sample_training: Training, loaded: Load
) -> None:
    model = loaded(sample_training)
    for subscribed in (False, True):
        for label in FREQUENCIES:
            path = [model.nearest_cluster(age, 50.0, subscribed, label) for age in range(121)]
            changes = [after for before, after in pairwise(path) if before != after]
            assert len(changes) == len({path[0], *changes}) - 1


def test_when_amount_and_subscription_differ_then_the_champion_tells_them_apart(
    sample_training: Training, loaded: Load
) -> None:
    model = loaded(sample_training)
    apart = [
        label
        for label in FREQUENCIES
        if model.nearest_cluster(35, 20, False, label) != model.nearest_cluster(35, 100, True, label)
    ]
    assert apart


def test_when_a_profile_is_invalid_then_the_lookup_refuses_it(sample_training: Training, loaded: Load) -> None:
    with pytest.raises(BadInput):
        loaded(sample_training).assign_cluster(CustomerProfile(121, 50.0, True, "Weekly"))


def test_when_the_batch_is_empty_then_no_labels_come_back(sample_training: Training, loaded: Load) -> None:
    assert loaded(sample_training).assign_batch(random_profiles(0, 0)).shape == (0,)


def test_when_the_model_is_written_and_read_then_every_digit_survives(sample_training: Training, loaded: Load) -> None:
    model, partition = loaded(sample_training), sample_training.partition
    assert np.array_equal(model.centres, partition.centres)
    assert np.array_equal(model.scaler.scale, partition.scaler.scale)
    assert model.names == sample_training.names
