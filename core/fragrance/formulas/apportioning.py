"""Sharing out a whole number by weights, so that nothing is lost in rounding (largest remainder, after Hamilton)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction


def apportioned(weights: Sequence[int | Decimal | Fraction], whole: int) -> tuple[int, ...]:
    """Whole numbers in the proportion of the weights that sum to `whole` exactly; each is off by less than one.

    Equal remainders go to the earlier place, so the same weights give the same numbers. weights: none negative, with a
    sum over 0. Raises ValueError otherwise: a person's numbers are judged before they come here.
    """
    exact = [Fraction(weight) for weight in weights]
    total = sum(exact, Fraction(0))
    if total <= 0 or min(exact) < 0:
        raise ValueError("weights are not negative and sum to more than 0")
    quotas = [weight * whole / total for weight in exact]
    floors = [quota.numerator // quota.denominator for quota in quotas]
    by_remainder = sorted(range(len(quotas)), key=lambda place: (floors[place] - quotas[place], place))
    for place in by_remainder[: whole - sum(floors)]:
        floors[place] += 1
    return tuple(floors)
