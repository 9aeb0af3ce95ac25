"""Amounts of a formula: whole milligrams of 100 g concentrate, so that shares sum to 100 % exactly.

1 mg of 100 g is 0.001 %: finer than a laboratory balance weighs in an ordinary batch.
"""

from __future__ import annotations

WHOLE_MG = 100_000  # 100 g of concentrate
MG_PER_PERCENT = 1_000


def percent(amount_mg: float) -> float:
    """The share of the concentrate in percent; 1 mg of 100 g is 0.001 %."""
    return amount_mg / MG_PER_PERCENT


def milligrams(share: float) -> int:
    """Milligrams of 100 g nearest to a share in percent."""
    return round(share * MG_PER_PERCENT)
