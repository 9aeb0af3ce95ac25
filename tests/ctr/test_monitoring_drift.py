"""Drift is judged by what chance alone does to samples of that size, not by folk limits."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from core.ctr.data.impressions import read_impressions
from core.ctr.evaluating.reference import bin_labels, bins_in, codes_of, make_reference
from core.ctr.monitoring.drift import SCORE, drift_of, drifts
from tests.ctr.finished_runs import make_rows

LEVEL = 0.05
LOOKS = 800
TENTHS = np.full(10, 0.1)
SKEWED = np.array([0.5, 0.3, 0.1, 0.06, 0.03, 0.009, 0.001])


@pytest.fixture(scope="module")
def reference() -> dict:
    frame, probability, labels = make_rows()
    return make_reference(frame, probability, labels, threshold=0.5)


def shifted(shares: np.ndarray, by: float) -> np.ndarray:
    moved = shares.copy()
    moved[0] += by
    moved[1] -= by
    return moved


@pytest.mark.parametrize("rows", [200, 20_000])
@pytest.mark.parametrize("shares", [TENTHS, SKEWED], ids=["tenths", "skewed"])
def test_when_nothing_drifts_then_alarms_are_about_as_frequent_as_asked_for(rows: int, shares: np.ndarray) -> None:
    random = np.random.default_rng(1)
    references = random.multinomial(12_000, shares, 40)

    alarms = sum(
        drift_of("x", random.multinomial(rows, shares), references[look % 40], false_alarms=LEVEL).verdict == "drifted"
        for look in range(LOOKS)
    )

    assert 0.01 < alarms / LOOKS < 0.10


def test_when_few_rows_scatter_by_chance_then_the_folk_limit_of_a_tenth_would_cry_wolf_and_we_do_not() -> None:
    random = np.random.default_rng(2)
    old = random.multinomial(12_000, TENTHS)
    looks = [drift_of("x", random.multinomial(120, TENTHS), old) for _ in range(200)]

    assert sum(one.psi > 0.1 for one in looks) > 20
    assert sum(one.verdict == "drifted" for one in looks) <= 8


def test_when_many_rows_shift_a_little_then_it_is_drift_far_below_the_folk_limit() -> None:
    random = np.random.default_rng(3)
    one = drift_of("x", random.multinomial(50_000, shifted(TENTHS, 0.015)), random.multinomial(50_000, TENTHS))

    assert one.verdict == "drifted"
    assert one.psi < 0.02


def test_when_rows_are_fewer_than_a_hundred_then_nothing_is_said() -> None:
    assert drift_of("x", [90, 5], [900, 100]).verdict == "too_few"


def test_when_a_level_appears_that_the_reference_never_had_then_the_index_is_finite_and_alarms() -> None:
    one = drift_of("x", [900, 0, 100], [1000, 0, 0])

    assert np.isfinite(one.psi)
    assert one.verdict == "drifted"


def test_when_a_column_has_one_bin_then_it_is_stable() -> None:
    assert drift_of("x", [500, 0], [4000, 0]).verdict == "stable"


def test_when_a_reference_is_made_then_it_is_strict_json_and_every_row_is_counted(reference: dict) -> None:
    assert json.loads(json.dumps(reference, allow_nan=False)) == reference
    assert {sum(feature["counts"]) for feature in reference["features"].values()} == {4000}
    assert sum(reference["score_bins"]["counts"]) == 4000
    for feature in reference["features"].values():
        assert len(bin_labels(feature, missing="missing", other="other")) == bins_in(feature)


def test_when_one_feature_tells_of_clicks_then_it_is_watched_first(reference: dict) -> None:
    assert reference["watched"][0] == "l_feat_1"


def test_when_the_same_rows_come_again_then_their_bins_count_as_in_the_reference(reference: dict) -> None:
    frame, _, _ = make_rows()
    codes = codes_of(read_impressions(frame), reference)

    for place, name in enumerate(reference["watched"]):
        feature = reference["features"][name]
        assert np.bincount(codes[:, place], minlength=bins_in(feature)).tolist() == feature["counts"]


def test_when_cells_are_missing_odd_or_written_otherwise_then_each_has_its_bin(reference: dict) -> None:
    frame = pl.DataFrame({"gender": [1, 2, 9, None], "l_feat_1": ["0.0", "x", None, "1e9"], "hour": [None] * 4})
    codes = codes_of(read_impressions(frame), reference)
    by_name = {name: codes[:, place].tolist() for place, name in enumerate(reference["watched"])}
    last = bins_in(reference["features"]["l_feat_1"]) - 1

    levels = reference["features"]["gender"]["levels"]

    assert by_name["gender"] == [levels.index("1"), levels.index("2"), 2, 3]
    assert by_name["l_feat_1"][1:] == [last, last, last - 1]
    assert len(set(by_name["seq"])) == 1  # an absent column is missing in every row


def test_when_one_feature_moves_then_it_is_named_and_the_others_stay(reference: dict) -> None:
    frame, probability, _ = make_rows(1500, seed=5)
    moved = frame.with_columns(pl.col("l_feat_2") + 0.5)

    found = drifts(codes_of(read_impressions(moved), reference), probability, reference)

    assert found[0].feature == "l_feat_2"
    assert [one.feature for one in found if one.verdict == "drifted"] == ["l_feat_2"]


def test_when_no_bins_were_logged_then_the_score_alone_is_judged(reference: dict) -> None:
    _, probability, _ = make_rows(1500, seed=5)

    assert [one.feature for one in drifts(None, probability, reference)] == [SCORE]
    assert drifts(None, probability**0.5, reference)[0].verdict == "drifted"
