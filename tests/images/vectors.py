"""Seeded stand-ins for what an encoder gives: clusters of unit vectors, and the card of the encoder."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from core.images.prototypes import Prototypes, build_prototypes
from core.images.space import unit_rows

DIM = 48


@dataclass(frozen=True)
class Card:
    id: str = "drawn:fp32:numpy"
    dim: int = DIM
    weights_sha256: str = "a" * 64
    preprocessing_sha256: str = "b" * 64


@dataclass(frozen=True)
class World:
    """Class centres of one seed, from which pictures are drawn. noise: length of what differs within a class."""

    seed: int = 0
    noise: float = 0.9
    random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "random", np.random.default_rng(self.seed))

    def classes(self, names: str, pictures: int) -> dict[str, np.ndarray]:
        """A dictionary of as many classes as `names` has words."""
        return {name: self.pictures(unit_rows(self.random.normal(size=DIM)), pictures) for name in names.split()}

    def pictures(self, centre: np.ndarray, count: int) -> np.ndarray:
        return unit_rows(centre + self.noise * unit_rows(self.random.normal(size=(count, DIM))))


def flat(pictures: dict[str, np.ndarray]) -> tuple[np.ndarray, list[str]]:
    """Rows and the class of each."""
    return np.concatenate(list(pictures.values())), [name for name, rows in pictures.items() for _ in rows]


def domain(names: str = "ant bee cat", pictures: int = 8, *, with_space: bool = False, seed: int = 0) -> Prototypes:
    return build_prototypes("zoo", World(seed).classes(names, pictures), encoder=Card(), with_space=with_space)
