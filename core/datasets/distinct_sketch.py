"""HyperLogLog: how many different values went by, in 16 KiB, within 0.8 % (one standard error)."""

from __future__ import annotations

from typing import Any

import numpy as np

BITS = 14  # 2**14 registers; the error is 1.04 / sqrt(registers)
Words = np.ndarray[Any, np.dtype[np.uint64]]


class DistinctSketch:
    """Flajolet, Fusy, Gandouet and Meunier (2007), with linear counting while registers are empty."""

    def __init__(self) -> None:
        self.registers = np.zeros(1 << BITS, np.uint8)

    def add(self, words: Words) -> None:
        """words: any 64 bits per value, equal for equal values."""
        mixed = mix(words)
        register = (mixed >> np.uint64(64 - BITS)).astype(np.intp)
        rest = mixed << np.uint64(BITS)
        # Rank: leading zeros of the rest, plus one. The exponent of a float64 is its highest set bit;
        # masking the low bits keeps rounding from carrying into the next power of two.
        top = (rest >> np.uint64(12)).astype(np.float64)
        exponent = np.frexp(top)[1]
        rank = np.where(top > 0, 53 - exponent, 64 - BITS + 1).astype(np.uint8)
        np.maximum.at(self.registers, register, rank)

    def merge(self, other: DistinctSketch) -> None:
        """Take over the values that `other` has seen."""
        np.maximum(self.registers, other.registers, out=self.registers)

    def estimate(self, most: int) -> int:
        """The estimate, never above `most` (the number of values seen)."""
        size = len(self.registers)
        raw = 0.7213 / (1 + 1.079 / size) * size**2 / float(np.sum(2.0 ** -self.registers.astype(np.float64)))
        empty = int(np.count_nonzero(self.registers == 0))
        if raw <= 2.5 * size and empty:
            raw = size * float(np.log(size / empty))
        return min(round(raw), most)


def mix(words: Words) -> Words:
    """The finaliser of SplitMix64: every input bit changes every output bit with even chance."""
    words = words ^ (words >> np.uint64(30))
    words = words * np.uint64(0xBF58476D1CE4E5B9)
    words = words ^ (words >> np.uint64(27))
    words = words * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
