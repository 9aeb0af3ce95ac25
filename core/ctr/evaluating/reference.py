"""What the rows of an evaluation looked like: bins per feature and of the score, and the scores themselves.

Rows that are scored later are counted in the same bins; `core.ctr.monitoring` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import MISSING, Impressions, read_impressions
from core.ctr.data.schema import SEQUENCE, TARGET
from core.ctr.evaluating.scores import Floats, score

if TYPE_CHECKING:
    import polars as pl

BINS = 10
LEVELS = 20
WATCHED = 32  # features whose bins are logged with every prediction, one byte each
Codes = NDArray[np.uint8]


def make_reference(
    frame: pl.DataFrame, probability: Floats, labels: NDArray[np.int8], *, threshold: float, target: str = TARGET
) -> dict[str, Any]:
    """A JSON-able reference of rows the model has not seen. probability and labels: shape (rows,).

    features: name -> kind, edges or levels, counts. A number has a bin per tenth of its known values and one for
    missing; a category its LEVELS commonest levels, one for other levels and one for missing; a sequence is
    counted by its length. watched: the features that tell most about clicks, the most telling first.
    """
    rows = read_impressions(frame.drop(target, strict=False))
    features = {name: _bins_of(values) for name, values in _columns(rows).items()}
    codes = {name: _codes(values, features[name]) for name, values in _columns(rows).items()}
    for name, feature in features.items():
        feature["counts"] = np.bincount(codes[name], minlength=bins_in(feature)).tolist()
    telling = {name: _information(one, labels, bins_in(features[name])) for name, one in codes.items()}
    flagged = probability >= threshold
    return {
        "rows": len(labels),
        "clicks": int(labels.sum()),
        "click_rate": float(labels.mean()),
        "threshold": float(threshold),
        "accuracy": float((flagged == (labels == 1)).mean()),
        "predicted": float(probability.mean()),
        "scores": score(labels, probability, base_rate=float(labels.mean())),
        "score_bins": _score_bins(probability),
        "features": features,
        "watched": sorted(telling, key=lambda name: (-telling[name], name))[:WATCHED],
    }


def codes_of(rows: Impressions, reference: Mapping[str, Any]) -> Codes:
    """The bins that the watched features of `rows` fall into, shape (rows, watched). An absent column is missing."""
    columns = _columns(rows)
    watched = reference["watched"]
    found = np.empty((len(rows), len(watched)), np.uint8)
    for place, name in enumerate(watched):
        feature = reference["features"][name]
        if name in columns:
            found[:, place] = _codes(columns[name], feature)
        else:
            found[:, place] = bins_in(feature) - 1
    return found


def score_codes(probability: Floats, reference: Mapping[str, Any]) -> NDArray[np.intp]:
    """The bin of the reference's scores that each probability falls into, shape (rows,)."""
    return np.searchsorted(reference["score_bins"]["edges"], probability, side="right")


def bins_in(feature: Mapping[str, Any]) -> int:
    """How many bins a feature of a reference has, missing included."""
    return len(feature["edges"]) + 2 if feature["kind"] == "number" else len(feature["levels"]) + 2


def bin_labels(feature: Mapping[str, Any], *, missing: str, other: str) -> list[str]:
    """A name for every bin of a feature, in order."""
    if feature["kind"] != "number":
        return [*feature["levels"], other, missing]
    edges = [f"{edge:g}" for edge in feature["edges"]]
    if not edges:
        return ["·", missing]
    between = [f"{low} – {high}" for low, high in pairwise(edges)]
    return [f"< {edges[0]}", *between, f"≥ {edges[-1]}", missing]


def _columns(rows: Impressions) -> dict[str, Floats | Sequence[str | None]]:
    """Numbers as arrays, NaN where missing; categories as lists of levels, None where missing."""
    found: dict[str, Any] = {
        name: rows.numbers[:, place].astype(np.float64) for place, name in enumerate(rows.number_names)
    }
    for category in rows.categories:
        levels = np.array([*category.levels, None], object)  # MISSING is -1: the last place
        found[category.name] = levels[np.where(category.codes == MISSING, -1, category.codes)]
    if rows.sequences is not None:
        found[SEQUENCE] = rows.sequences.lengths.astype(np.float64)
    return found


def _bins_of(values: Any) -> dict[str, Any]:
    if values.dtype != object:
        known = values[np.isfinite(values)]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.empty(0)
        if len(edges) and edges[0] <= known.min():
            edges = edges[1:]  # nothing lies below it
        return {"kind": "number", "edges": [float(edge) for edge in edges]}
    names, counts = np.unique(values[values != None].astype(str), return_counts=True)  # noqa: E711
    commonest = names[np.argsort(-counts, kind="stable")[:LEVELS]]
    return {"kind": "category", "levels": commonest.tolist()}


def _codes(values: Any, feature: Mapping[str, Any]) -> NDArray[np.intp]:
    last = bins_in(feature) - 1
    if feature["kind"] == "number":
        numbers = values if values.dtype != object else _as_numbers(values)
        return np.where(np.isfinite(numbers), np.searchsorted(feature["edges"], numbers, side="right"), last)
    words = values if values.dtype == object else _as_words(values)
    place = {level: code for code, level in enumerate(feature["levels"])}
    return np.array([last if word is None else place.get(word, last - 1) for word in words], np.intp)


def _as_numbers(words: Any) -> Floats:
    """A column of numbers that arrives as text, as from JSON."""
    import polars as pl

    return pl.Series(words.tolist(), dtype=pl.String).cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()


def _as_words(numbers: Floats) -> Any:
    return np.array([None if np.isnan(one) else f"{one:g}" for one in numbers], object)


def _score_bins(probability: Floats) -> dict[str, list[float]]:
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, BINS + 1)[1:-1]))
    if edges[0] <= probability.min():
        edges = edges[1:]
    counts = np.bincount(np.searchsorted(edges, probability, side="right"), minlength=len(edges) + 1)
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _information(codes: NDArray[np.intp], labels: NDArray[np.int8], bins: int) -> float:
    """Chi-square of clicks over bins less its degrees of freedom: how much more than chance the bins tell."""
    rows, clicks = np.bincount(codes, minlength=bins), np.bincount(codes, weights=labels == 1, minlength=bins)
    used = rows > 0
    rate = clicks.sum() / rows.sum()
    expected = rows[used] * rate
    spread = expected * (1 - rate)
    statistic = float(((clicks[used] - expected) ** 2 / np.maximum(spread, 1e-12)).sum())
    return statistic - (int(used.sum()) - 1)
