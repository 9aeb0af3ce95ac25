"""Integrated gradients of the sequence network: what its table inputs and the ids of a sequence add to the log-odds.

Sundararajan et al. 2017. The path runs from the average table row and events without content to the impression;
contributions must add up to the difference of the log-odds, and how closely they do is stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions
from core.ctr.data.schema import SEQUENCE
from core.ctr.explaining.importance_intervals import intervals, row_draws
from core.ctr.explaining.table import Feature, Floats, by_source
from core.intervals import Interval

if TYPE_CHECKING:
    from torch import Tensor

STEPS = 32  # places on the path (Gauss-Legendre)
ROWS_AT_ONCE = 32
RECENT = (1, 5, 20)  # last events whose share of the sequence's contribution is told


@dataclass(frozen=True)
class NetworkExplanation:
    """columns: mean |contribution| in log-odds by column of the impressions.

    gap: largest |sum of contributions - difference of log-odds| over the rows, and relative to the mean difference.
    recency: share of the sequence's contributions (absolute, event by event) that its last events have.
    """

    columns: dict[str, Interval]
    rows: int
    steps: int
    gap: float
    relative_gap: float
    recency: dict[int, float]


def explain_network(
    classifier: Any, rows: Impressions, average: Impressions, weights: Floats, *, steps: int = STEPS, seed: int = 0
) -> NetworkExplanation:
    """classifier: a fitted SequenceClassifier. average: rows whose mean table row is where the path begins."""
    columns = classifier.columns_
    start = columns.dense(average).mean(axis=0)
    table, events, gaps, change = [], [], [], []
    order = np.argsort(-columns.events(rows).lengths, kind="stable")  # alike lengths together: little padding
    for at in range(0, len(rows), ROWS_AT_ONCE):
        some = _integrate(classifier, rows.take(order[at : at + ROWS_AT_ONCE]), start, steps)
        table.append(some[0])
        events += list(some[1])
        gaps.append(some[2])
        change.append(some[3])
    back = np.argsort(order)
    by_event = [events[place] for place in back]
    sequence = np.array([one.sum() for one in by_event])
    features = (*(dense_features(columns)), Feature(SEQUENCE, SEQUENCE, "sequence"))
    values = np.column_stack([np.concatenate(table)[back], sequence])
    sizes = np.abs(by_source(features, values))
    draws = row_draws(sizes, rows.labels, weights, seed)
    found = intervals(np.average(sizes, axis=0, weights=weights), draws)
    names = tuple(dict.fromkeys(one.source for one in features))
    worst, difference = float(np.concatenate(gaps).max()), float(np.abs(np.concatenate(change)).mean())
    return NetworkExplanation(
        columns=dict(zip(names, found, strict=True)),
        rows=len(rows),
        steps=steps,
        gap=worst,
        relative_gap=worst / max(difference, 1e-12),
        recency=_recency(by_event),
    )


def _integrate(
    classifier: Any, rows: Impressions, start: NDArray[np.float32], steps: int
) -> tuple[Floats, list[Floats], Floats, Floats]:
    """Contributions of dense inputs (rows, width) and of events per row; gap and difference of log-odds, (rows,)."""
    import torch

    network, columns = classifier.network_.eval(), classifier.columns_
    dense = torch.from_numpy(columns.dense(rows))
    sequences = columns.events(rows)
    lengths = torch.from_numpy(sequences.lengths)
    ids = torch.zeros(len(rows), max(1, int(lengths.max())), dtype=torch.int64)
    for row in range(len(rows)):
        own = sequences.values[sequences.offsets[row] : sequences.offsets[row + 1]]
        ids[row, : len(own)] = torch.from_numpy(own.astype(np.int64))
    base_dense = torch.from_numpy(start)[None, :].expand_as(dense)
    embedded = network.embedding(ids).detach()
    nodes, shares = np.polynomial.legendre.leggauss(steps)
    total_dense, total_events = torch.zeros_like(dense), torch.zeros_like(embedded)
    for node, share in zip((nodes + 1) / 2, shares / 2, strict=True):
        here = (base_dense + float(node) * (dense - base_dense)).requires_grad_(True)
        there = (float(node) * embedded).requires_grad_(True)
        odds = _odds(network, here, there, lengths)
        of_dense, of_events = torch.autograd.grad(odds.sum(), (here, there))
        total_dense += float(share) * of_dense
        total_events += float(share) * of_events
    table = ((dense - base_dense) * total_dense).numpy().astype(np.float64)
    events = (embedded * total_events).sum(dim=2).numpy().astype(np.float64)
    with torch.no_grad():
        change = _odds(network, dense, embedded, lengths) - _odds(network, base_dense, embedded * 0, lengths)
    difference = change.numpy().astype(np.float64)
    gap = np.abs(table.sum(axis=1) + events.sum(axis=1) - difference)
    cut = [events[row, : int(lengths[row])] for row in range(len(rows))]
    return table, cut, gap, difference


def _odds(network: Any, dense: Tensor, embedded: Tensor, lengths: Tensor) -> Tensor:
    """Log-odds from the embedded ids on, as `TabularSeqModel.forward` has them."""
    import torch

    packed = torch.nn.utils.rnn.pack_padded_sequence(
        embedded, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
    )
    _, (state, _) = network.lstm(packed)
    state = state[0] * (lengths > 0).to(state.dtype)[:, None]
    table = network.mlp(dense)
    odds: Tensor = network.head(state, table, network.joint_mask(table))
    return odds


def dense_features(columns: Any) -> list[Feature]:
    """The column of the impressions behind each dense input, in the order of `InputColumns.dense`."""
    found = [Feature(one.name, one.name, "number") for one in columns.numbers]
    found += [Feature(one.name, one.name, "number") for one in columns.numbers if one.has_flag]
    for name, levels in columns.levels.items():
        found += [Feature(name, name, "category")] * len(levels)
    return found or [Feature("", "", "number")]


def _recency(events: list[Floats]) -> dict[int, float]:
    total = sum(float(np.abs(one).sum()) for one in events)
    if total <= 0:
        return {}
    return {last: sum(float(np.abs(one[-last:]).sum()) for one in events) / total for last in RECENT}
