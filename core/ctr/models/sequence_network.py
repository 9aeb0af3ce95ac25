"""The document's network: an LSTM over embedded ids beside a batch-normalised table branch.

`forward` is the plain way with packed sequences; `sequence_gradients` computes the same much faster.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch  # noqa: TID253 - this module is the network; import it only where it is used
from torch import nn  # noqa: TID253

from core.ctr.data.impressions import Impressions
from core.ctr.data.schema import TARGET
from core.ctr.models.sequence_columns import PADDING, InputColumns, learn_columns
from core.ctr.models.sequence_config import SequenceConfig
from core.errors import BadInput

JOINT = 64  # units of the layer that sees both branches


class TabularSeqModel(nn.Module):
    """dense (rows, width) and ids (rows, longest) of `lengths` (rows,) -> log-odds (rows,)."""

    def __init__(self, width: int, places: int, config: SequenceConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(places, config.embedding, padding_idx=PADDING)
        self.lstm = nn.LSTM(config.embedding, config.lstm_hidden, batch_first=True)
        layers: list[nn.Module] = [nn.BatchNorm1d(width)]
        for before, after in zip((width, *config.mlp_hidden), config.mlp_hidden, strict=False):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(config.dropout)]
        self.mlp = nn.Sequential(*layers)
        self.joint = nn.Linear(config.lstm_hidden + config.mlp_hidden[-1], JOINT)
        self.odds = nn.Linear(JOINT, 1)
        self.dropout = config.dropout

    def forward(self, dense: torch.Tensor, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        table = self.mlp(dense)
        return self.head(self.sequence_state(ids, lengths), table, self.joint_mask(table))

    def sequence_state(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """The LSTM's state after the last id, shape (rows, lstm_hidden); zeros for a row without ids."""
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(ids), lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
        )
        _, (state, _) = self.lstm(packed)
        return state[0] * (lengths > 0).to(state.dtype)[:, None]

    def joint_mask(self, table: torch.Tensor) -> torch.Tensor:
        """Dropout of the joint layer for a whole batch, drawn once however the batch is then divided."""
        ones = torch.ones(len(table), JOINT, dtype=table.dtype)
        return nn.functional.dropout(ones, self.dropout, self.training)

    def head(self, state: torch.Tensor, table: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Log-odds of rows from both branches; no row looks at another here."""
        joint = torch.relu(self.joint(torch.cat([state, table], dim=1)))
        return self.odds(joint * mask)[:, 0]

    def input_table(self) -> torch.Tensor:
        """What each id puts into the gates, shape (places, 4 * lstm_hidden): projecting it once serves every event."""
        weights, *biases = (self.lstm.get_parameter(name) for name in ("weight_ih_l0", "bias_ih_l0", "bias_hh_l0"))
        return torch.addmm(biases[0] + biases[1], self.embedding.weight, weights.t())

    @property
    def recurrent(self) -> nn.Parameter:
        """What the last state puts into the gates, shape (4 * lstm_hidden, lstm_hidden)."""
        return self.lstm.get_parameter("weight_hh_l0")


def new_network(rows: Impressions, config: SequenceConfig) -> tuple[InputColumns, TabularSeqModel]:
    """The columns of the training rows and a network for them, its first weights drawn by the seed.

    Raises BadInput when the rows are too few to normalise or of one class.
    """
    if len(rows) < 2:
        raise BadInput("ctr.too_few_to_train", rows=len(rows), least=2)
    clicks = int((rows.labels == 1).sum())
    if clicks in (0, len(rows)):
        raise BadInput("ctr.one_class", target=TARGET, value=str(int(rows.labels[0])))
    columns = learn_columns(rows, config.max_events)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(config.seed)
        network = TabularSeqModel(columns.width, columns.places, config)
        # Starting at even odds, the first epochs would only learn that clicks are rare.
        others = (len(rows) - clicks) * config.share_kept(clicks, len(rows) - clicks)
        network.odds.bias.fill_(math.log(clicks / others))
    return columns, network


def weights_of(network: TabularSeqModel) -> dict[str, np.ndarray[Any, Any]]:
    """A copy of every weight and running statistic by name."""
    return {name: value.detach().numpy().copy() for name, value in network.state_dict().items()}


def put_weights(network: TabularSeqModel, weights: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Set what `weights_of` gave, and leave training mode."""
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    network.eval()
