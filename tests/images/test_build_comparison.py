"""Every method is judged on the same held-out pictures, and the mixture's weight never by the pictures it names."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import BadInput
from core.images.building.build_comparison import METHODS, Comparison, compare_methods, mixed, named, neighbour_scores
from core.images.calibration.thresholds import held_out, held_out_places
from core.images.prototypes import build_prototypes
from core.images.space import unit_rows
from tests.images.vectors import Card, World

CLASSES = "ant bee cat dog"


def compared(*, words: float | None = None, noise: float = 2.2, seed: int = 0, pictures: int = 10) -> Comparison:
    """words: how far off the words of a class are from its pictures; None for an encoder without words."""
    world = World(seed, noise=noise)
    known = world.classes(CLASSES, pictures)
    texts = None
    if words is not None:
        centres = np.stack([rows.mean(axis=0) for _, rows in sorted(known.items())])
        texts = unit_rows(unit_rows(centres) + words * unit_rows(world.random.normal(size=centres.shape)))
    return compare_methods(known, world.pictures(np.eye(1, 48)[0], 12), Card(), texts=texts, with_space=False)


def test_when_pictures_are_held_out_then_prototypes_are_those_of_calibration_in_the_same_order() -> None:
    pictures = World(3, noise=2.0).classes(CLASSES, 9)

    found = compare_methods(pictures, None, Card(), seed=5)
    expected = held_out(pictures, Card(), seed=5)

    np.testing.assert_allclose(found.scored().s1, expected.s1, atol=1e-6)
    assert (found.scored().is_right == expected.is_right).all()
    assert found.places == held_out_places(pictures, seed=5)
    assert [found.classes[one] for one in found.truth] == [name for name, _ in found.places]


def test_when_the_encoder_knows_no_words_then_only_pictures_are_compared() -> None:
    found = compared()

    assert tuple(found.known) == METHODS[:2] and found.weight is None
    assert {len(one.best) for one in found.known.values()} == {40}
    assert {len(one) for one in found.unknown.values()} == {12}


def test_when_words_are_told_then_all_methods_name_the_same_pictures() -> None:
    found = compared(words=0.5)

    assert tuple(found.known) == METHODS
    assert {len(one.best) for one in found.known.values()} == {40}
    assert all(np.isfinite(one).all() for one in found.unknown.values())


def test_when_words_are_better_than_pictures_then_the_mixture_leans_on_them_and_gains() -> None:
    found = compared(words=0.1, noise=6.0)

    assert found.weight is not None and found.weight >= 0.5
    assert found.is_right("fusion").mean() > found.is_right("prototype").mean()


def test_when_words_say_nothing_then_the_mixture_loses_little() -> None:
    found = compared(words=50.0, noise=1.5)

    assert found.is_right("fusion").mean() >= found.is_right("prototype").mean() - 0.05


def test_when_labels_of_the_judged_fold_are_noise_then_the_mixture_is_no_better_than_chance() -> None:
    random = np.random.default_rng(0)
    shares = []
    for seed in range(6):
        rows = unit_rows(random.normal(size=(40, 48)))
        known = dict(zip(CLASSES.split(), np.split(rows, 4), strict=True))
        texts = unit_rows(random.normal(size=(4, 48)))
        shares.append(compare_methods(known, None, Card(), texts=texts, seed=seed).is_right("fusion").mean())

    assert np.mean(shares) < 0.4


def test_when_no_class_has_two_pictures_then_nothing_can_be_held_out() -> None:
    with pytest.raises(BadInput, match="Nothing can be held out"):
        compare_methods(World().classes(CLASSES, 1), None, Card())


def test_when_a_class_has_two_pictures_only_then_the_mixture_is_still_judged() -> None:
    pictures = {**World().classes("ant bee", 8), **World(1).classes("cat", 2), **World(2).classes("dog", 1)}
    texts = unit_rows(np.random.default_rng(0).normal(size=(4, 48)))

    found = compare_methods(pictures, None, Card(), texts=texts)

    assert len(found.places) == 18
    assert "dog" not in {name for name, _ in found.places}


def test_when_there_is_one_class_then_there_is_no_rival() -> None:
    found = named(np.array([[0.5]], dtype=np.float32), np.array([0]))

    assert found.rival.tolist() == [-1] and np.isnan(found.rival_s).all()


def test_when_nearest_pictures_are_asked_then_each_class_answers_with_its_best() -> None:
    pictures = {"bee": np.eye(3, dtype=np.float32)[1:2], "ant": np.eye(3, dtype=np.float32)[[0, 2]]}
    prototypes = build_prototypes("zoo", pictures, encoder=Card(dim=3), with_space=False)

    found = neighbour_scores(np.array([[0.0, 0.6, 0.8]], dtype=np.float32), pictures, prototypes)

    np.testing.assert_allclose(found, [[0.8, 0.6]], atol=1e-6)


def test_when_words_weigh_nothing_then_the_mixture_is_the_pictures() -> None:
    scores = np.array([[0.2, 0.4]], dtype=np.float32)

    np.testing.assert_allclose(mixed(scores, scores[:, ::-1], 0.0, 2.0), scores)
