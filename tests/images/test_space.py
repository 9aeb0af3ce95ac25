"""The space a domain learns from its own pictures."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf as reference

from core.images.calibration import held_out, left_out_classes
from core.images.evaluation import auroc
from core.images.space import learn_space, ledoit_wolf, unit_rows
from tests.images.vectors import DIM, Card, World

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(30, 48), (200, 12)])
def test_when_a_covariance_is_shrunk_then_the_weight_is_that_of_scikit_learn(shape: tuple[int, int]) -> None:
    rows = RANDOM.normal(size=shape) * np.linspace(0.2, 2, shape[1])
    centred = rows - rows.mean(axis=0)

    assert ledoit_wolf(centred) == pytest.approx(reference(centred, assume_centered=True)[1], rel=1e-6)


@pytest.mark.parametrize("pictures", [6, 40])
def test_when_classes_vary_along_some_directions_then_those_count_less(pictures: int) -> None:
    noisy = np.eye(DIM)[:4]

    def around(centre: np.ndarray) -> np.ndarray:
        return unit_rows(
            centre + RANDOM.normal(size=(pictures, 4)) @ noisy + 0.02 * RANDOM.normal(size=(pictures, DIM))
        )

    centres = {name: 3 * unit_rows(RANDOM.normal(size=DIM)) for name in "abcdef"}
    space = learn_space({name: around(centre) for name, centre in centres.items()})

    assert space is not None
    along, across = (
        np.linalg.norm(one + ((one @ space.directions.T) * space.gains) @ space.directions)
        for one in (noisy[0], np.eye(DIM)[40])
    )
    assert along < 0.6 * across
    assert ((space.gains < 0) & (space.gains > -1)).all()


def test_when_classes_vary_in_common_ways_then_unknown_pictures_are_told_apart_better() -> None:
    common = RANDOM.normal(size=(3, DIM))

    def pictures(centre: np.ndarray) -> np.ndarray:
        return unit_rows(centre + 1.5 * RANDOM.normal(size=(8, 3)) @ common + 0.5 * RANDOM.normal(size=(8, DIM)))

    drawn = {f"c{number}": pictures(RANDOM.normal(size=DIM)) for number in range(8)}

    def measured(with_space: bool) -> float:
        known, unknown = (of(drawn, Card(), with_space=with_space) for of in (held_out, left_out_classes))
        return auroc(known.s1, unknown.s1)

    assert measured(True) > measured(False)


def test_when_there_are_too_few_pictures_then_no_space_is_learnt() -> None:
    assert learn_space(World().classes("ant bee cat", 4)) is None
    assert learn_space(World().classes("ant bee cat", 1)) is None


def test_when_all_pictures_of_each_class_are_copies_then_no_space_is_learnt() -> None:
    assert learn_space({name: rows.repeat(12, axis=0) for name, rows in World().classes("ant bee", 1).items()}) is None


def test_when_rows_have_no_direction_then_they_stay_zero() -> None:
    space = learn_space(World().classes("ant bee cat", 8))
    assert space is not None

    placed = space.place(np.array([np.zeros(DIM), np.full(DIM, np.nan), np.ones(DIM)]))

    assert np.array_equal(placed[:2], np.zeros((2, DIM)))
    assert np.linalg.norm(placed[2]) == pytest.approx(1.0)
