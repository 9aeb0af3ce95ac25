"""LIME for a few impressions, repeated with other seeds: median weights, how far repeats agree, and the local fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.ctr.data.impressions import Impressions
from core.ctr.evaluating.scores import logit
from core.ctr.explaining.additive import is_additive
from core.ctr.explaining.lime_weights import SAMPLES, Draw, LimeWeights, learn_neighbourhood, stability_of
from core.ctr.explaining.raw_columns import cells, predict_cells, sequence_shift

AREA_ROWS = 5000
SAMPLES_APART = 2000  # where every impression needs answers of its own


def explain_by_lime(
    model: Any, train: Impressions, rows: Impressions, *, repeats: int = 5, seed: int = 0
) -> dict[str, Any]:
    """rows: the impressions; train: where cells are drawn from. Weights are in log-odds against another bin."""
    matrix, names, is_category = cells(train.take(np.arange(min(len(train), AREA_ROWS))))
    area = learn_neighbourhood(matrix, names, is_category)
    own, _, _ = cells(rows)
    odds = logit(model.predict_proba(rows))
    # To an additive model a sequence adds the same whatever the table says: one draw serves all impressions.
    shares = is_additive(model)
    samples = SAMPLES if shares else SAMPLES_APART
    shifts = sequence_shift(model, rows) if shares else np.zeros(len(rows))
    found: list[list[LimeWeights]] = [[] for _ in range(len(rows))]
    for repeat in range(repeats):
        draw = None
        for row in range(len(rows)):
            if draw is None or not shares:
                predict = predict_cells(model, rows, None if shares else row)
                draw = Draw(area, predict, samples=samples, seed=seed + repeat)
            found[row].append(draw.explain(own[row], float(odds[row]), shift=float(shifts[row])))
    instances = []
    for row, repeated in enumerate(found):
        stability = stability_of(repeated, len(names))
        instances.append({
            "row": row,
            "weights": _medians(area, own[row], rows, repeated),
            "r2": float(np.median([one.r2 for one in repeated])),
            "top_overlap": stability.top_overlap,
            "rank_correlation": stability.rank_correlation,
        })  # fmt: skip
    return {"samples": samples, "repeats": repeats, "seed": seed, "instances": instances}


def _medians(area: Any, own: Any, rows: Impressions, repeated: list[LimeWeights]) -> list[dict[str, Any]]:
    """Columns that at least half of the repeats chose, with median, least and largest weight."""
    weights: dict[int, list[float]] = {}
    for one in repeated:
        for place, weight in one.weights:
            weights.setdefault(place, []).append(weight)
    kept = {place: every for place, every in weights.items() if 2 * len(every) >= len(repeated)}
    found = []
    for place, every in sorted(kept.items(), key=lambda item: -abs(float(np.median(item[1])))):
        value = own[place] if np.isfinite(own[place]) else area.middle[place]
        condition = area.condition(place, value)
        if area.is_category[place]:
            level = rows.categories[place].levels[int(value)]
            condition = f"{area.names[place]} = {level}"
        found.append({
            "name": area.names[place], "condition": condition, "weight": float(np.median(every)),
            "low": float(min(every)), "high": float(max(every)), "chosen": len(every),
        })  # fmt: skip
    return found
