"""Layers of a formula: their shares, how they sit in the bands, and whether volatility falls from top to base."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from core.fragrance.catalogue.materials import POSITIONS, Position
from core.fragrance.generation.styles import layer_bands
from core.fragrance.validation.doses import Dose
from core.fragrance.validation.volatility import pressure_at_room

NOTHING_LEFT = 20.0  # points of percent outside its band at which a layer scores 0


def layers_of(doses: Sequence[Dose]) -> dict[Position, float]:
    """Percent of the odorous part by layer: solvents and materials of no known layer left out. All 0 for nothing."""
    amounts = {
        position: sum(one.share for one in doses if one.position == position and not one.is_solvent)
        for position in POSITIONS
    }
    whole = sum(amounts.values())
    return {position: 100 * amount / whole if whole else 0.0 for position, amount in amounts.items()}


def balance_of(layers: dict[Position, float], family: str | None = None) -> float | None:
    """0 to 1: mean over the layers, 1 within the band of the family's style, or of the usual one, and falling to 0 at
    20 points outside; None for no layers."""
    if not any(layers.values()):
        return None
    scores = []
    for position, (low, high) in layer_bands(family).items():
        outside = max(low - layers[position], layers[position] - high, 0.0)
        scores.append(max(1 - outside / NOTHING_LEFT, 0.0))
    return sum(scores) / len(scores)


def stability_of(doses: Sequence[Dose]) -> float | None:
    """0 to 1: share of pairs from two layers in which the one of the upper layer is the more volatile, weighted by the
    product of their shares; equal pressures count half. None where fewer than two layers have known volatility."""
    known = {position: _volatilities(doses, position) for position in POSITIONS}
    right = weight = 0.0
    for upper, lower in combinations(POSITIONS, 2):
        (pressures, shares), (lower_pressures, lower_shares) = known[upper], known[lower]
        weights = np.outer(shares, lower_shares)
        order = np.sign(pressures[:, None] - lower_pressures[None, :])
        right += float((weights * (1 + order) / 2).sum())
        weight += float(weights.sum())
    return right / weight if weight else None


def _volatilities(doses: Sequence[Dose], position: Position) -> tuple[np.ndarray, np.ndarray]:
    found = [
        (pressure, one.share)
        for one in doses
        if one.material and one.position == position and not one.is_solvent
        and (pressure := pressure_at_room(one.material)) is not None
    ]  # fmt: skip
    pairs = np.array(found, dtype=float).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
