"""The sequence network: its fast way equals its plain way, and it takes any table of impressions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch

from core.ctr.data.impressions import Category, Impressions, read_impressions
from core.ctr.data.sequences import Sequences
from core.ctr.models.baselines import load_model
from core.ctr.models.click_dataset import ClickDataset, pad_rows
from core.ctr.models.recurrent_kernel import groups
from core.ctr.models.sequence_columns import UNKNOWN, learn_columns
from core.ctr.models.sequence_config import SequenceConfig
from core.ctr.models.sequence_gradients import evaluation_odds, gradients_of_loss, sequence_states
from core.ctr.models.sequence_model import SequenceClassifier
from core.ctr.models.sequence_network import TabularSeqModel, new_network
from core.errors import BadInput

SMALL = SequenceConfig(lstm_hidden=8, embedding=6, mlp_hidden=(12, 8), dropout=0.3, epochs=1, batch_size=64)


def ragged(*rows: list[int]) -> Sequences:
    values = np.array([one for row in rows for one in row], np.int32)
    return Sequences(values, np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64))


def some_rows(count: int = 60, seed: int = 0) -> Impressions:
    """Rows with sequences of 0 to 12 ids, a number with gaps, a number that is always missing, one category."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(count, 3)).astype(np.float32)
    numbers[::3, 1], numbers[:, 2] = np.nan, np.nan
    lengths = random.integers(0, 13, count)
    return Impressions(
        rows=count,
        categories=(Category("gender", random.integers(-1, 2, count).astype(np.int32), ("1", "2")),),
        number_names=("price", "age", "nothing"),
        numbers=numbers,
        sequences=ragged(*(random.integers(0, 9, length).tolist() for length in lengths)),
        clicked=(random.random(count) < 0.3).astype(np.int8),
    )


def both_ways(rows: Impressions, config: SequenceConfig, dtype: torch.dtype) -> list[tuple[np.ndarray, np.ndarray]]:
    """Log-odds, then the gradient of every weight: fast and plain, with the same dropout."""
    columns, network = new_network(rows, config)
    network.to(dtype)
    dataset = ClickDataset(rows, columns)
    batch = dataset.batch(np.arange(len(rows)))
    torch.manual_seed(7)
    _, odds = gradients_of_loss(network, batch)
    fast = [odds, *(one.grad.numpy().copy() for one in network.parameters())]
    network.zero_grad()
    torch.manual_seed(7)
    dense, ids, lengths, clicked = pad_rows([dataset[place] for place in batch.places])
    plain_odds = network(dense.to(dtype), ids, lengths)
    torch.nn.functional.binary_cross_entropy_with_logits(plain_odds, clicked.to(dtype)).backward()
    plain = [plain_odds.detach().numpy(), *(one.grad.numpy() for one in network.parameters())]
    return list(zip(fast, plain, strict=True))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-6), (torch.float32, 1e-5)])
def test_when_a_batch_is_learnt_then_every_gradient_equals_that_of_the_plain_way(
    dtype: torch.dtype, tolerance: float
) -> None:
    for fast, plain in both_ways(some_rows(), SMALL, dtype):
        assert np.abs(fast - plain).max() <= tolerance * max(1.0, np.abs(plain).max())


def test_when_a_batch_needs_several_groups_then_gradients_still_equal_the_plain_way(monkeypatch) -> None:
    monkeypatch.setattr("core.ctr.models.recurrent_kernel.ROWS_TOGETHER", 7)

    for fast, plain in both_ways(some_rows(), SMALL, torch.float32):
        assert np.abs(fast - plain).max() <= 1e-5 * max(1.0, np.abs(plain).max())


def test_when_the_network_only_predicts_then_log_odds_equal_the_plain_way_to_1e_5(small_parts) -> None:
    rows = small_parts.train.take(np.arange(48))
    columns, network = new_network(rows, SequenceConfig())
    dataset = ClickDataset(rows, columns)
    batch = dataset.batch(np.arange(len(rows)))
    dense, ids, lengths, _ = pad_rows([dataset[place] for place in batch.places])

    fast = evaluation_odds(network, batch)

    with torch.no_grad():
        plain = network.eval()(dense, ids, lengths).numpy()
    assert np.abs(fast - plain).max() <= 1e-5


def test_when_the_ids_of_a_row_change_order_then_its_sequence_state_changes() -> None:
    rows = replace(some_rows(2), sequences=ragged([1, 2, 3, 4], [4, 3, 2, 1]), clicked=np.array([0, 1], np.int8))
    columns, network = new_network(rows, SMALL)

    first, second = sequence_states(network, ClickDataset(rows, columns).batch(np.arange(2)))

    assert np.abs(first - second).max() > 1e-3


def test_when_a_row_has_no_ids_then_its_sequence_state_is_zero() -> None:
    rows = replace(some_rows(2), sequences=ragged([1, 2], []), clicked=np.array([0, 1], np.int8))
    columns, network = new_network(rows, SMALL)
    batch = ClickDataset(rows, columns).batch(np.arange(2))

    assert not sequence_states(network, batch)[1].any()


def test_when_the_table_has_no_sequences_then_the_network_learns_and_predicts() -> None:
    rows = replace(some_rows(), sequences=None)

    probability = SequenceClassifier(SMALL).fit(rows).predict_proba(rows)

    assert probability.shape == (len(rows),)
    assert np.isfinite(probability).all()


def test_when_a_sequence_has_14000_ids_then_only_the_most_recent_are_read() -> None:
    rows = replace(some_rows(2), sequences=ragged([1] * 14_000 + [2, 3], [3]), clicked=np.array([0, 1], np.int8))
    columns = learn_columns(rows, max_events=5)

    events = columns.events(rows)

    assert events.lengths.tolist() == [5, 1]
    assert len(columns.known_ids) == 3
    assert events.values[3:5].tolist() == [columns.places - 2, columns.places - 1]


def test_when_14000_ids_are_read_whole_then_rows_go_through_in_smaller_groups() -> None:
    parts = list(groups(np.array([14_000] * 6 + [1] * 300)))

    assert parts[0] == slice(0, 4)
    assert sum(part.stop - part.start for part in parts) == 306


def test_when_an_id_was_not_in_training_then_it_goes_to_the_place_for_unknown_ids() -> None:
    rows = replace(some_rows(2), sequences=ragged([1, 2], [5]))
    columns = learn_columns(rows, max_events=10)

    assert columns.events(replace(rows, sequences=ragged([77], [1]))).values[0] == UNKNOWN


def test_when_a_level_was_not_in_training_then_it_counts_as_a_missing_one() -> None:
    rows = some_rows()
    columns = learn_columns(rows, max_events=10)
    unseen = replace(rows, categories=(Category("gender", np.zeros(len(rows), np.int32), ("3",)),))
    missing = replace(rows, categories=(Category("gender", np.full(len(rows), -1, np.int32), ("1", "2")),))

    assert np.array_equal(columns.dense(unseen), columns.dense(missing))


def test_when_training_hardly_saw_a_level_then_it_has_no_column_that_normalisation_could_blow_up() -> None:
    codes = np.array([0] * 30 + [1] * 29 + [2], np.int32)
    rows = replace(some_rows(), categories=(Category("gender", codes, ("1", "2", "3")),))
    columns = learn_columns(rows, max_events=10)

    assert columns.levels == {"gender": ("1", "2")}
    assert not columns.dense(rows)[-1, 3:].any()


def test_when_a_number_is_always_missing_in_training_then_it_has_no_column() -> None:
    assert [one.name for one in learn_columns(some_rows(), max_events=10).numbers] == ["price", "age"]


def test_when_a_number_is_missing_at_prediction_then_it_counts_as_the_mean_and_is_flagged() -> None:
    columns = learn_columns(some_rows(), max_events=10)
    rows = some_rows(1)
    rows.numbers[0, 1] = np.nan

    assert columns.dense(rows)[0, [1, 2]].tolist() == [0.0, 1.0]


def test_when_the_model_is_saved_and_loaded_by_name_then_it_predicts_the_same() -> None:
    rows = some_rows()
    model = SequenceClassifier(SMALL).fit(rows)

    loaded = load_model("lstm", model.save())

    assert np.array_equal(loaded.predict_proba(rows), model.predict_proba(rows))


def test_when_rows_are_scored_in_another_order_then_each_keeps_its_probability() -> None:
    rows = some_rows()
    model = SequenceClassifier(SMALL).fit(rows)
    order = np.random.default_rng(1).permutation(len(rows))

    assert np.allclose(model.predict_proba(rows)[order], model.predict_proba(rows.take(order)), atol=1e-6)


def test_when_no_rows_are_scored_then_there_are_no_probabilities() -> None:
    rows = some_rows()

    assert SequenceClassifier(SMALL).fit(rows).predict_proba(rows.take(np.arange(0))).shape == (0,)


def test_when_the_training_rows_are_of_one_class_then_the_sentence_says_so() -> None:
    rows = replace(some_rows(), clicked=np.zeros(60, np.int8))

    with pytest.raises(BadInput, match="Every row"):
        SequenceClassifier(SMALL).fit(rows)


@pytest.mark.parametrize(
    "values",
    [{"epochs": 0}, {"dropout": 1.5}, {"dropout": 1.0}, {"learning_rate": 0}, {"mlp_hidden": ""}, {"mlp_hidden": "a"},
     {"batch_size": 1}, {"patience": 0}, {"seed": "x"}, {"epochs": 2.5}, {"dropout": float("nan")}],
)  # fmt: skip
def test_when_a_setting_is_out_of_range_then_it_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        SequenceConfig.read(values)


def test_when_hidden_layers_are_written_with_commas_then_they_are_read_like_a_list() -> None:
    assert SequenceConfig.read({"mlp_hidden": "256,128"}) == SequenceConfig.read({"mlp_hidden": [256, 128]})


def test_when_real_rows_are_read_then_the_network_learns_and_predicts(toss: pl.DataFrame) -> None:
    rows = read_impressions(toss.head(200))

    probability = SequenceClassifier(replace(SMALL, max_events=20)).fit(rows).predict_proba(rows)

    assert ((probability > 0) & (probability < 1)).all()


def test_when_the_network_is_built_then_it_has_the_layers_of_the_document() -> None:
    network = TabularSeqModel(117, 600, SequenceConfig())

    shapes = {name: tuple(value.shape) for name, value in network.named_parameters() if value.ndim == 2}

    assert shapes["lstm.weight_hh_l0"] == (256, 64)
    assert [shapes["mlp.1.weight"], shapes["mlp.4.weight"]] == [(256, 117), (128, 256)]
    assert [shapes["joint.weight"], shapes["odds.weight"]] == [(64, 64 + 128), (1, 64)]
