"""Click rate of each category value, smoothed, and always computed without the row that it describes.

In-sample encoding (folds=1) lets every row see its own click; it is kept as the leakage test that shows the harm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
SMOOTHING = 20.0  # rows of the mean click rate mixed into every value
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class RateEncoding:
    """Rates per value: name -> shape (values,); unknown and missing values (-1) get the mean rate."""

    mean: float
    rates: dict[str, NDArray[np.float64]]

    def encode(self, codes: dict[str, Codes]) -> NDArray[np.float64]:
        """Shape (rows, names); for rows that were not in the training."""
        found = [np.append(rates, self.mean)[codes[name]] for name, rates in self.rates.items()]
        return np.column_stack(found) if found else np.empty((0, 0))


def fit_encoding(codes: dict[str, Codes], sizes: dict[str, int], labels: NDArray[np.int8]) -> RateEncoding:
    """Rates of all training rows. codes: name -> shape (rows,), -1 for missing; sizes: values of each name."""
    mean = float(labels.mean())
    rates = {}
    for name, code in codes.items():
        known = code >= 0
        rows = np.bincount(code[known], minlength=sizes[name])
        clicks = np.bincount(code[known], labels[known], minlength=sizes[name])
        rates[name] = (clicks + SMOOTHING * mean) / (rows + SMOOTHING)
    return RateEncoding(mean, rates)


def encode_training(
    codes: dict[str, Codes], sizes: dict[str, int], labels: NDArray[np.int8], *, folds: int = FOLDS, seed: int = 0
) -> NDArray[np.float64]:
    """The training rows encoded, each by the rows of the other folds; shape (rows, names).

    folds=1 is in-sample encoding: the leak.
    """
    if folds == 1:
        return fit_encoding(codes, sizes, labels).encode(codes)
    fold = np.random.default_rng(seed).permutation(len(labels)) % folds
    encoded = np.empty((len(labels), len(codes)))
    for one in range(folds):
        inside = fold == one
        outside = {name: code[~inside] for name, code in codes.items()}
        encoding = fit_encoding(outside, sizes, labels[~inside])
        encoded[inside] = encoding.encode({name: code[inside] for name, code in codes.items()})
    return encoded
