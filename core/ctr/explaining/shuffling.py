"""What a model says when one column is shuffled among the rows, without scoring again what did not change.

Linear models add up, so only the shuffled column's part moves; of boosted trees only those that use it are asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions
from core.ctr.data.schema import SEQUENCE
from core.ctr.evaluating.scores import logit
from core.ctr.explaining.additive import cross_weights, dense_weights, take_apart
from core.ctr.explaining.table import Floats
from core.ctr.models.blend import Blend
from core.ctr.models.boosted_trees import BoostedTrees
from core.ctr.models.linear_columns import table_codes
from core.ctr.models.linear_models import LinearModel

NETWORK_ROWS, OTHER_ROWS = 1000, 300
Orders = NDArray[np.intp]  # shape (repeats, rows)
Shuffled = Callable[[str, Orders], Floats]  # column and orders to log-odds, shape (repeats, rows)


def shuffled_odds(model: Any, rows: Impressions) -> tuple[Floats, Shuffled]:
    """Log-odds of the rows as they are, and of any column shuffled."""
    if isinstance(model, LinearModel):
        return _of_linear(model, rows)
    if isinstance(model, BoostedTrees):
        return _of_trees(model, rows)
    if isinstance(model, Blend):
        return _of_blend(model, rows)
    if is_network(model):
        return _of_network(model, rows)

    def anew(column: str, orders: Orders) -> Floats:
        return np.stack([logit(model.predict_proba(with_shuffled(rows, column, order))) for order in orders])

    return logit(model.predict_proba(rows)), anew


def is_network(model: Any) -> bool:
    """Whether it is the sequence network; asked by name, since its class would load torch."""
    return bool(model.name == "lstm")


def affordable_rows(model: Any, most: int) -> int:
    """How many rows to shuffle: fewer where every answer is dear."""
    if isinstance(model, Blend):
        return min(affordable_rows(part, most) for part in model.parts.values())
    if isinstance(model, LinearModel | BoostedTrees):
        return most
    return min(most, NETWORK_ROWS if is_network(model) else OTHER_ROWS)


def with_shuffled(rows: Impressions, column: str, order: NDArray[np.intp]) -> Impressions:
    """The rows with the cells of one column taken from other rows."""
    if column == SEQUENCE and rows.sequences is not None:
        return replace(rows, sequences=rows.sequences.take(order))
    if column in rows.number_names:
        numbers = rows.numbers.copy()
        place = rows.number_names.index(column)
        numbers[:, place] = numbers[order, place]
        return replace(rows, numbers=numbers)
    moved = (replace(one, codes=one.codes[order]) if one.name == column else one for one in rows.categories)
    return replace(rows, categories=tuple(moved))


def _of_linear(model: LinearModel, rows: Impressions) -> tuple[Floats, Shuffled]:
    apart = take_apart(model, rows)
    codes, _ = table_codes(rows, model.layout_.table)
    weights = dense_weights(model)
    crosses = cross_weights(model, codes, weights)
    odds = apart.log_odds

    def shuffled(column: str, orders: Orders) -> Floats:
        mine = [place for place, one in enumerate(apart.features) if one.source == column]
        partners = [pair for pair in crosses if column in pair]
        # Crosses stand half with each column; alone is what depends on this column only.
        alone = apart.values[:, mine].sum(axis=1) - sum((crosses[pair] / 2 for pair in partners), np.zeros(len(rows)))
        found = odds + alone[orders] - alone
        if partners:
            for repeat, order in enumerate(orders):
                moved = cross_weights(model, {**codes, column: codes[column][order]}, weights)
                found[repeat] += sum(moved[pair] - crosses[pair] for pair in partners)
        return found

    return odds, shuffled


def _of_trees(model: BoostedTrees, rows: Impressions) -> tuple[Floats, Shuffled]:
    trees = model.trees_
    columns = model.matrix_of(rows)
    tree_of = np.searchsorted(trees.starts, np.arange(len(trees.feature)), side="right") - 1
    splits = trees.children[:, 0] != np.arange(len(trees.feature))
    uses = np.zeros((len(trees.starts), columns.shape[1]), bool)
    uses[tree_of[splits], trees.feature[splits]] = True
    odds = trees.log_odds(columns)

    def shuffled(column: str, orders: Orders) -> Floats:
        found = np.broadcast_to(odds, orders.shape).copy()
        mine = [place for place, source in enumerate(model.sources) if source == column]
        asked = np.flatnonzero(uses[:, mine].any(axis=1))
        if len(asked):
            some = replace(trees, starts=trees.starts[asked])
            before = some.log_odds(columns)
            for repeat, order in enumerate(orders):
                moved = columns.copy()
                moved[:, mine] = columns[order][:, mine]
                found[repeat] += some.log_odds(moved) - before
        return found

    return odds, shuffled


def _of_network(model: Any, rows: Impressions) -> tuple[Floats, Shuffled]:
    """The recurrent branch runs once: a shuffled table leaves it as it is, and shuffled sequences are its states."""
    import torch

    from core.ctr.explaining.integrated_gradients import dense_features
    from core.ctr.models.click_dataset import ClickDataset
    from core.ctr.models.sequence_gradients import sequence_states

    network = model.network_.eval()
    batch = ClickDataset(rows, model.columns_).batch(np.arange(len(rows)))
    found = sequence_states(network, batch)
    states = np.empty_like(found)
    states[batch.places] = found
    dense = model.columns_.dense(rows)
    sources = [one.source for one in dense_features(model.columns_)]

    def answer(cells: NDArray[np.float32], last: NDArray[Any]) -> Floats:
        with torch.no_grad():
            state = torch.from_numpy(last)
            table = network.mlp(torch.from_numpy(cells).to(state.dtype))
            odds = network.head(state, table, network.joint_mask(table))
        return np.asarray(odds.numpy(), np.float64) + model.shift_

    odds = answer(dense, states)

    def shuffled(column: str, orders: Orders) -> Floats:
        if column == SEQUENCE:
            return np.stack([answer(dense, states[order]) for order in orders])
        mine = [place for place, source in enumerate(sources) if source == column]
        if not mine:
            return np.broadcast_to(odds, orders.shape).copy()
        moved = []
        for order in orders:
            cells = dense.copy()
            cells[:, mine] = dense[order][:, mine]
            moved.append(answer(cells, states))
        return np.stack(moved)

    return odds, shuffled


def _of_blend(model: Blend, rows: Impressions) -> tuple[Floats, Shuffled]:
    parts = {name: shuffled_odds(part, rows) for name, part in model.parts.items()}

    def shuffled(column: str, orders: Orders) -> Floats:
        return np.asarray(sum(model.shares_[name] * part[1](column, orders) for name, part in parts.items()))

    return np.asarray(sum(model.shares_[name] * part[0] for name, part in parts.items())), shuffled
