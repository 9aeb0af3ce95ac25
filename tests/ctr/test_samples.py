"""The synthetic impressions: their shape, what is planted in them, and that they never change unseen."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import pytest

from core.ctr.data.schema import COLUMNS, NULL_BLOCKS
from core.ctr.data.sequences import parse_sequences
from core.ctr.evaluating.scores import score
from core.ctr.samples.effects import IDS, event_sets, last_seen_before, recent_pairs
from core.ctr.samples.guide import (
    COLLINEAR_COLUMNS,
    CONSTANT_COLUMNS,
    COPIES,
    EFFECTS,
    NOISE_COLUMNS,
    ORDER_EFFECTS,
    STATIC_AND_ORDER,
)
from core.ctr.samples.impressions import checksum, make_impressions

# Made before any model was trained on it; a change here is a change of every published figure.
SAMPLE_SHA256 = "6a538580662df6a6776f54e16d098701fbcee10e193aebbb1f470583528906b3"


def test_when_the_sample_is_made_then_its_values_are_the_published_ones(sample) -> None:
    assert checksum(sample.frame) == SAMPLE_SHA256


def test_when_the_sample_goes_through_a_csv_then_its_checksum_stays(small) -> None:
    file = io.BytesIO()
    small.frame.write_csv(file)

    assert checksum(pl.read_csv(file.getvalue())) == checksum(small.frame)


def test_when_one_value_changes_then_the_checksum_changes(small) -> None:
    changed = small.frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 7).then(1e-3).otherwise(pl.col("feat_a_3")).alias("feat_a_3")
    )

    assert checksum(changed) != checksum(small.frame)


def test_when_the_sample_is_made_then_it_has_the_public_shape(sample) -> None:
    frame = sample.frame

    assert sample.synthetic
    assert frame.columns == list(COLUMNS)
    assert frame.shape == (60_000, 119)
    assert [str(frame[name].dtype) for name in ("hour", "seq", "l_feat_1", "clicked")] == [
        "String",
        "String",
        "Float32",
        "Int32",
    ]
    assert frame["hour"].str.len_chars().unique().to_list() == [2]
    assert frame["gender"].drop_nulls().unique().sort().to_list() == ["1.0", "2.0"]
    assert frame["inventory_id"].n_unique() == 18
    assert 0.0175 < frame["clicked"].mean() < 0.0205
    assert sample.probability.mean() == pytest.approx(0.019, abs=1e-9)
    assert sample.sequences.values.max() < IDS


def test_when_the_rows_are_in_order_then_the_days_and_hours_ascend(sample) -> None:
    time = sample.frame["day_of_week"].cast(int) * 24 + sample.frame["hour"].cast(int)

    assert time.is_sorted()
    assert time.n_unique() == 7 * 24


def test_when_blocks_are_missing_then_they_are_missing_on_the_same_nested_rows(sample) -> None:
    missing = [sample.frame.select(pl.col(names).is_null()) for names, _ in NULL_BLOCKS]

    for block, (_, share) in zip(missing, NULL_BLOCKS, strict=True):
        together = block.select(pl.all_horizontal(pl.all())).to_series()
        assert together.equals(block.select(pl.any_horizontal(pl.all())).to_series().alias(together.name))
        assert together.mean() == pytest.approx(share, rel=0.3)
    outer, middle, inner = (block.to_series(0) for block in missing)
    assert (middle & ~outer).sum() == (inner & ~middle).sum() == 0


def test_when_columns_are_planted_as_useless_then_they_are(sample) -> None:
    frame = sample.frame
    history = frame.select(COLLINEAR_COLUMNS).drop_nulls().to_numpy()

    assert all(frame[name].drop_nulls().n_unique() == 1 for name in CONSTANT_COLUMNS)
    assert all(frame[copy].equals(frame[name].alias(copy), null_equal=True) for copy, name in COPIES.items())
    assert np.corrcoef(history.T).min() > 0.98
    odds = np.log(sample.probability)
    for name in NOISE_COLUMNS:
        values = frame[name].fill_null(strategy="mean").to_numpy()
        assert abs(np.corrcoef(values, odds)[0, 1]) < 0.02


def test_when_no_effect_is_on_then_every_row_has_the_same_chance() -> None:
    chance = make_impressions(rows=500, seed=1, effects=())

    assert np.ptp(chance.probability) == 0
    assert chance.contributions == {}


@pytest.mark.parametrize("effect", [effect.id for effect in EFFECTS])
def test_when_one_effect_is_on_then_it_alone_moves_the_probability(effect: str) -> None:
    alone = make_impressions(rows=3000, seed=2, effects=(effect,))
    odds = np.log(alone.probability / (1 - alone.probability))

    assert list(alone.contributions) == [effect]
    assert np.ptp(odds) > 0.3
    np.testing.assert_allclose(
        odds - odds.mean(), alone.contributions[effect] - alone.contributions[effect].mean(), atol=1e-9
    )


def test_when_an_effect_is_switched_off_then_the_columns_stay() -> None:
    every = make_impressions(rows=2000, seed=4)
    fewer = make_impressions(rows=2000, seed=4, effects=("inventory",))

    assert every.frame.drop("clicked").equals(fewer.frame.drop("clicked"), null_equal=True)
    assert not every.frame["clicked"].equals(fewer.frame["clicked"])


def test_when_drift_is_on_then_traffic_moves_and_the_rate_sinks() -> None:
    drifting = make_impressions(rows=20_000, seed=5, effects=(*STATIC_AND_ORDER, "drift"))
    is_36 = (drifting.frame["inventory_id"] == "36").to_numpy()

    assert is_36[-5000:].mean() > is_36[:5000].mean() + 0.15
    assert drifting.probability[-5000:].mean() < 0.85 * drifting.probability[:5000].mean()


def test_when_an_unknown_effect_is_asked_for_then_it_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        make_impressions(rows=10, effects=("colour",))


def test_when_a_pair_is_reversed_then_the_effect_turns_and_the_mean_rate_stays() -> None:
    alone = make_impressions(rows=30_000, seed=6, effects=("recent_pair",))
    forward, backward = recent_pairs(alone.sequences)

    in_order = alone.probability[forward & ~backward].mean()
    reversed_ = alone.probability[backward & ~forward].mean()

    assert in_order > 8 * reversed_
    # Someone who sees only which ids are there sees no difference.
    assert (in_order + reversed_) / 2 == pytest.approx(alone.probability[~forward & ~backward].mean(), rel=0.03)


def test_when_the_last_id_was_seen_before_then_the_distance_is_counted() -> None:
    sequences = parse_sequences(pl.Series(["1,2,1", "1,1", "1,2,3", "5", "7,1,2,3,7"])).sequences

    assert last_seen_before(sequences).tolist() == [2, 1, 0, 0, 4]


def test_when_ids_carry_effects_then_each_carries_one() -> None:
    sets = event_sets()
    ids = np.concatenate([sets.hot, sets.last_good, sets.last_bad, sets.rising, sets.pairs.ravel()])

    assert len(np.unique(ids)) == len(ids)


def test_when_effects_are_described_then_each_says_so_in_both_languages() -> None:
    assert {effect.id for effect in EFFECTS} == {*STATIC_AND_ORDER, "drift"}
    assert set(ORDER_EFFECTS) == {"recent_pair", "last_id", "trend", "return_after_gap"}
    for effect in EFFECTS:
        assert set(effect.says) == {"en", "ko"}
        assert set(effect.columns) <= set(COLUMNS)


def test_when_the_truth_is_scored_then_it_is_the_best_possible(sample) -> None:
    labels = sample.frame["clicked"].to_numpy().astype(np.int8)
    best = score(labels, sample.probability, base_rate=0.019)
    noisy = np.clip(sample.probability * np.exp(np.random.default_rng(0).normal(0, 0.5, len(labels))), 0, 0.99)
    worse = score(labels, noisy, base_rate=0.019)

    assert 0.84 < best["auc"] < 0.88
    assert best["ece"] < 0.002
    assert best["auc"] > worse["auc"]
    assert best["log_loss"] < worse["log_loss"]
