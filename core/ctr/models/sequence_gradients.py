"""Loss, gradients and log-odds of `TabularSeqModel` without padding: the mathematics of its `forward`, reordered.

The table branch, whose batch normalisation needs all rows, runs on the whole batch. Behind it no row looks at another,
so groups of rows of like length go through the LSTM and the head, forward and straight back, and their gradients are
added up; only then does the gradient enter the table branch. Memory is that of one group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions, in_parts
from core.ctr.data.schema import TARGET
from core.ctr.evaluating.scores import Floats
from core.ctr.models.click_dataset import Batch, ClickDataset
from core.ctr.models.recurrent_kernel import Workspace, add_gradients, groups, last_states, walk
from core.ctr.models.sequence_columns import InputColumns
from core.ctr.models.sequence_threads import numeric_threads
from core.errors import BadInput

if TYPE_CHECKING:
    from core.ctr.models.sequence_network import TabularSeqModel


def gradients_of_loss(
    network: TabularSeqModel, batch: Batch, space: Workspace | None = None
) -> tuple[float, NDArray[np.floating]]:
    """Add the gradients of the batch's mean log loss to the weights' `.grad`; the loss and the log-odds (rows,).

    Draws the same dropout as `forward` on the same rows in the same order. space: reused from batch to batch, with
    room for the longest row. Raises BadInput when the rows have no target.
    """
    import torch

    weights = network.recurrent
    dense = torch.from_numpy(batch.dense).to(weights.dtype)
    if batch.clicked is None:
        raise BadInput("ctr.no_target", target=TARGET)
    clicked = torch.from_numpy(batch.clicked).to(weights.dtype)
    table = network.mlp(dense)
    mask = network.joint_mask(table)
    inputs = network.input_table()
    input_rows, recurrent = inputs.detach().numpy(), np.ascontiguousarray(weights.detach().numpy().T)
    to_inputs, to_recurrent = np.zeros_like(input_rows), np.zeros_like(recurrent)
    to_table = torch.zeros_like(table)
    space = space or workspace_for(network, batch.lengths)
    odds, loss = np.empty(len(batch), recurrent.dtype), 0.0
    for part in groups(batch.lengths):
        way = walk(batch.starts[part], batch.lengths[part])
        state = torch.from_numpy(last_states(way, batch.ids, input_rows, recurrent, space, keep=True).copy())
        state.requires_grad_()
        table_part = table.detach()[part].requires_grad_()
        part_odds = network.head(state, table_part, mask[part])
        part_loss = torch.nn.functional.binary_cross_entropy_with_logits(part_odds, clicked[part], reduction="sum")
        (part_loss / len(batch)).backward()
        assert table_part.grad is not None and state.grad is not None  # backward has just filled them
        to_table[part] = table_part.grad
        add_gradients(way, batch.ids, recurrent, space, state.grad.numpy(), to_inputs, to_recurrent)
        odds[part] = part_odds.detach().numpy()
        loss += float(part_loss.detach())
    torch.autograd.backward([table, inputs], [to_table, torch.from_numpy(to_inputs)])
    of_recurrent = torch.from_numpy(np.ascontiguousarray(to_recurrent.T))
    weights.grad = of_recurrent if weights.grad is None else weights.grad + of_recurrent
    return loss / len(batch), odds


def evaluation_odds(network: TabularSeqModel, batch: Batch) -> NDArray[np.floating]:
    """Log-odds in evaluation mode, shape (rows,), in the batch's order."""
    import torch

    was_training = network.training
    network.eval()
    with torch.no_grad():
        weights = network.recurrent
        table = network.mlp(torch.from_numpy(batch.dense).to(weights.dtype))
        states = torch.from_numpy(sequence_states(network, batch))
        odds: NDArray[np.floating] = network.head(states, table, network.joint_mask(table)).numpy()
    network.train(was_training)
    return odds


def odds_of(network: TabularSeqModel, columns: InputColumns, rows: Impressions) -> Floats:
    """Log-odds of the rows in evaluation mode, shape (rows,); a part of the rows at a time."""
    found = [np.empty(0)]
    with numeric_threads():
        for part in in_parts(rows):
            batch = ClickDataset(part, columns).batch(np.arange(len(part)))
            odds = np.empty(len(part))
            odds[batch.places] = evaluation_odds(network, batch)
            found.append(odds)
    return np.concatenate(found)


def sequence_states(network: TabularSeqModel, batch: Batch) -> NDArray[np.floating]:
    """The LSTM's last state of every row, shape (rows, lstm_hidden)."""
    inputs = network.input_table().detach().numpy()
    recurrent = np.ascontiguousarray(network.recurrent.detach().numpy().T)
    space = workspace_for(network, batch.lengths)
    states = np.empty((len(batch), recurrent.shape[0]), recurrent.dtype)
    for part in groups(batch.lengths):
        way = walk(batch.starts[part], batch.lengths[part])
        states[part] = last_states(way, batch.ids, inputs, recurrent, space, keep=False)
    return states


def workspace_for(network: TabularSeqModel, lengths: NDArray[np.int64]) -> Workspace:
    """Room for rows of these lengths. Memory is only taken for what is then written."""
    weights = network.recurrent.detach().numpy()
    return Workspace.empty(int(lengths.max(initial=0)), weights.shape[1], weights.dtype)
