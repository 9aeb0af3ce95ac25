"""The space a domain learns from its own pictures."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf as reference

from core.images.calibration.evaluation import auroc
from core.images.calibration.thresholds import held_out, left_out_classes
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
        np.linalg.norm(one - (one @ space.removal.T) @ space.scatter) for one in (noisy[0], np.eye(DIM)[40])
    )
    assert 0 < along < 0.6 * across


@pytest.mark.parametrize("pictures", [4, 40])
def test_when_a_space_is_learnt_then_cosines_are_those_of_the_shrunk_covariance(pictures: int) -> None:
    drawn = World(3).classes("ant bee cat dog", pictures)
    space = learn_space(drawn)
    assert space is not None
    limited = {name: unit_rows(np.clip(rows, -space.limit, space.limit)) for name, rows in drawn.items()}
    residuals = np.concatenate([rows - rows.mean(axis=0) for rows in limited.values()]).astype(np.float64)
    weight, freedom = ledoit_wolf(residuals), 4 * (pictures - 1)
    covariance = residuals.T @ residuals / freedom
    shrunk = (1 - weight) * covariance + weight * np.trace(covariance) / DIM * np.eye(DIM)
    asked = np.concatenate(list(limited.values())).astype(np.float64)
    products = asked @ np.linalg.inv(shrunk) @ asked.T
    lengths = np.sqrt(np.diag(products))

    placed = space.place(np.concatenate(list(drawn.values())))

    assert placed @ placed.T == pytest.approx(products / lengths / lengths[:, None], abs=1e-4)


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
