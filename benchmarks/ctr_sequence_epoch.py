"""One epoch of the sequence network: per-row dataset, padding and packed sequences against the unpadded kernel.

The plain way is timed on sampled rows and scaled by rows; the loss and the log-odds of both are compared first.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import torch

from benchmarks.report import write_section
from core.ctr.data.impressions import read_impressions
from core.ctr.data.splits import split_by_time
from core.ctr.models.click_dataset import ClickDataset, pad_rows
from core.ctr.models.sequence_config import SequenceConfig
from core.ctr.models.sequence_epochs import train_epoch
from core.ctr.models.sequence_gradients import evaluation_odds, gradients_of_loss
from core.ctr.models.sequence_network import new_network
from core.ctr.models.sequence_threads import numeric_threads
from core.ctr.samples.impressions import make_impressions

SAMPLED_ROWS, SAMPLES = 512, 2  # of the plain way, which takes minutes per batch of 4,096
ROUNDS = 3
FLOP_PER_EVENT = 6  # times units times gates: forward, gradient of the state, gradient of the weights


def data() -> ClickDataset:
    sample = make_impressions()
    rows = read_impressions(sample.frame).take(split_by_time(sample.frame).train)
    return ClickDataset(rows, new_network(rows, SequenceConfig())[0])


def plain_seconds(network: torch.nn.Module, dataset: ClickDataset, places: np.ndarray) -> tuple[float, float, float]:
    """Rows one by one, padded, packed, forward and backward; wall and processor seconds, and the loss."""
    network.zero_grad(set_to_none=True)
    wall, processor = time.perf_counter(), time.process_time()
    dense, ids, lengths, clicked = pad_rows([dataset[int(place)] for place in places])
    odds = network(dense, ids, lengths)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(odds, clicked)
    loss.backward()
    return time.perf_counter() - wall, time.process_time() - processor, loss.item()


def differences(network: torch.nn.Module, dataset: ClickDataset, places: np.ndarray) -> float:
    """Largest difference of log-odds in evaluation mode between the two ways."""
    batch = dataset.batch(places)
    dense, ids, lengths, _ = pad_rows([dataset[int(place)] for place in batch.places])
    network.eval()
    with torch.no_grad():
        plain = network(dense, ids, lengths).numpy()
    ours = evaluation_odds(network, batch)
    network.train()
    return float(np.abs(plain - ours).max())


def matmul_rate() -> float:
    """Floating-point operations a second of one large float32 product, best of five."""
    one = torch.randn(1536, 1536)
    seconds = []
    for _ in range(5):
        start = time.process_time()
        torch.mm(one, one)
        seconds.append(time.process_time() - start)
    return 2 * 1536**3 / min(seconds)


def main() -> None:
    dataset, config = data(), SequenceConfig(dropout=0.0)
    _, network = new_network(dataset.rows, config)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    random = np.random.default_rng(0)
    rows, events = len(dataset), len(dataset.events.values)
    with numeric_threads():
        gradients_of_loss(network, dataset.batch(np.arange(8)))  # compiles
        apart = differences(network, dataset, random.permutation(rows)[:SAMPLED_ROWS])
        plain, losses = [], []
        for _ in range(SAMPLES):
            places = random.permutation(rows)[:SAMPLED_ROWS]
            *seconds, loss = plain_seconds(network, dataset, places)
            events_share = dataset.events.lengths[places].mean() / dataset.events.lengths.mean()
            plain.append([one / events_share * rows / SAMPLED_ROWS for one in seconds])
            losses.append(abs(loss - gradients_of_loss(network, dataset.batch(places))[0]))
        ours = []
        for epoch in range(1, ROUNDS + 1):
            wall, processor = time.perf_counter(), time.process_time()
            train_epoch(network, optimizer, dataset, 1.0, epoch, config, lambda *about, **figures: None)
            ours.append([time.perf_counter() - wall, time.process_time() - processor])
        rate = matmul_rate()
    plain_wall, plain_processor = (statistics.median(column) for column in zip(*plain, strict=True))
    wall, processor = (statistics.median(column) for column in zip(*ours, strict=True))
    floor = FLOP_PER_EVENT * config.lstm_hidden * 4 * config.lstm_hidden * events / rate
    body = f"""
| | wall, s | processor, s |
| --- | --- | --- |
| plain: per-row dataset, padding, packed sequences (scaled) | {plain_wall:,.0f} | {plain_processor:,.0f} |
| ours, whole epoch with Adam | {wall:.1f} | {processor:.1f} |
| ratio | {plain_wall / wall:.0f}x | {plain_processor / processor:.0f}x |
| recurrent products alone at the speed of one large product ({rate / 1e9:.0f} GFLOP/s) | | {floor:.1f} |

Target: at least 40 times faster. {rows:,} synthetic rows, {events:,} events, batch {config.batch_size:,},
{config.lstm_hidden} units, one thread. The plain way was timed on {SAMPLES} batches of {SAMPLED_ROWS} rows and scaled
by rows ({rows / SAMPLED_ROWS:.0f} such batches an epoch) and by their mean length; its time per row was the same in
batches of up to 2,048 rows when that was measured. Ours is the median of {ROUNDS} whole epochs,
{processor / floor:.1f} times the arithmetic floor. Same weights, same rows: log-odds in
evaluation mode differ by at most {apart:.1e}, losses by at most {max(losses):.1e}.
"""
    write_section("ctr_sequence_epoch", "One epoch of the sequence network", body)


if __name__ == "__main__":
    main()
