"""Scoring tables of any length: the same probabilities however the rows are cut, and files whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pyarrow import parquet

from core.ctr import scoring_run
from core.ctr.models.boosted_trees import encoded_trees
from core.ctr.models.linear_models import LinearModel, order_logistic, wide_matrix
from core.ctr.samples.impressions import SampleImpressions
from core.ctr.scoring import EDGES, score_frame, score_parquet
from core.errors import BadInput, NotFound, StorageFull
from core.security.policy import LOCAL_ANALYST
from tests.ctr.conftest import Parts


@pytest.fixture(scope="module")
def model(small_parts: Parts) -> LinearModel:
    return order_logistic().fit(small_parts.train)


@pytest.fixture(scope="module")
def source(small: SampleImpressions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scoring") / "impressions.parquet"
    small.frame.head(1000).write_parquet(path)
    return path


def scores_in(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path)


def test_when_a_frame_is_scored_then_the_target_plays_no_part(model, small) -> None:
    frame = small.frame.head(50)

    with_clicks = score_frame(model, frame)

    np.testing.assert_array_equal(score_frame(model, frame.drop("clicked")), with_clicks)
    np.testing.assert_array_equal(score_frame(model, frame.with_columns(clicked=pl.lit("?"))), with_clicks)


@pytest.mark.parametrize("batch_rows", [90, 256, 5000])
def test_when_a_file_is_scored_in_batches_then_it_scores_as_the_frame_does(
    model, small, source, tmp_path, batch_rows: int
) -> None:
    found = score_parquet(model, source, tmp_path / "scores.parquet", batch_rows=batch_rows)

    written = scores_in(tmp_path / "scores.parquet")
    assert written["row"].to_list() == list(range(1000))
    expected = score_frame(model, small.frame.head(1000))
    np.testing.assert_array_equal(written["probability"].to_numpy(), expected.astype(np.float32))
    assert (found.rows, sum(found.counts)) == (1000, 1000)
    assert found.click_rate == pytest.approx(expected.mean())
    assert found.counts[0] == (expected < EDGES[0]).sum()


def test_when_a_batch_holds_few_of_the_levels_then_they_mean_what_they_meant_in_training(small_parts, small) -> None:
    trees = encoded_trees(rounds=10).fit(small_parts.train)
    frame = small.frame.head(16)

    every = score_frame(trees, frame)

    alone = np.concatenate([score_frame(trees, frame.slice(row, 1)) for row in range(16)])
    np.testing.assert_array_equal(alone, every)


def test_when_a_text_column_is_different_in_every_row_of_a_batch_then_it_is_still_read(tmp_path) -> None:
    rows = 600
    random = np.random.default_rng(0)
    names = random.integers(0, 30, rows)
    frame = pl.DataFrame({"shop": [f"s{name}" for name in names], "clicked": (names % 3 == 0).astype(int)})
    model = order_logistic().fit(scoring_run.read_impressions(frame))
    frame.unique("shop", maintain_order=True).write_parquet(tmp_path / "shops.parquet")

    score_parquet(model, tmp_path / "shops.parquet", tmp_path / "scores.parquet")

    shops = frame.unique("shop", maintain_order=True)
    written = scores_in(tmp_path / "scores.parquet")["probability"].to_numpy()
    assert written[shops["clicked"].to_numpy() == 1].min() > written[shops["clicked"].to_numpy() == 0].max()


def test_when_numbers_come_as_text_then_they_are_read_as_numbers(model, small) -> None:
    frame = small.frame.head(40)
    as_text = frame.with_columns(pl.col("history_a_1", "l_feat_14", "feat_d_3").cast(pl.String))

    np.testing.assert_array_equal(score_frame(model, as_text), score_frame(model, frame))


def test_when_rows_are_scored_then_the_odds_are_those_of_the_columns_that_were_fitted(model, small_parts) -> None:
    matrix = wide_matrix(model.layout_, small_parts.test, model.hashes_ids_)
    odds = matrix @ model._dense + model.intercept_

    probability = model.predict_proba(small_parts.test)

    np.testing.assert_allclose(np.log(probability) - np.log1p(-probability), odds, atol=2e-5)


def test_when_a_file_is_scored_then_progress_runs_to_the_end_and_every_batch_is_seen(model, source, tmp_path) -> None:
    fractions, seen = [], []

    score_parquet(
        model, source, tmp_path / "scores.parquet", batch_rows=300, progress=fractions.append,
        watch=lambda rows, probability, seconds: seen.append((len(rows), len(probability), seconds > 0)),
    )  # fmt: skip

    assert fractions == [0.3, 0.6, 0.9, 1.0]
    assert seen == [(300, 300, True)] * 3 + [(100, 100, True)]


def test_when_the_file_is_no_parquet_then_it_is_said(model, tmp_path) -> None:
    (tmp_path / "clicks.csv").write_text("a,b\n1,2\n")

    with pytest.raises(BadInput) as refused:
        score_parquet(model, tmp_path / "clicks.csv", tmp_path / "scores.parquet")

    assert (refused.value.key, refused.value.details["name"]) == ("ctr.no_parquet", "clicks.csv")


def test_when_scoring_breaks_off_then_the_scores_that_were_there_stay(model, source, tmp_path) -> None:
    place = tmp_path / "out" / "scores.parquet"
    score_parquet(model, source, place)
    before = place.read_bytes()

    def full(fraction: float) -> None:
        raise OSError(errno.ENOSPC, "disk full")

    with pytest.raises(StorageFull):
        score_parquet(model, source, place, batch_rows=100, progress=full)

    assert place.read_bytes() == before
    assert [file.name for file in place.parent.iterdir()] == ["scores.parquet"]


def test_when_a_file_has_no_rows_then_no_click_rate_is_invented(model, small, tmp_path) -> None:
    small.frame.head(0).write_parquet(tmp_path / "empty.parquet")

    found = score_parquet(model, tmp_path / "empty.parquet", tmp_path / "scores.parquet")

    assert (found.rows, found.click_rate, len(scores_in(tmp_path / "scores.parquet"))) == (0, None, 0)


def test_when_the_sample_is_scored_then_the_artifact_holds_the_scores_and_says_synthetic(home) -> None:
    scorer = scoring_run.scorer_of(scoring_run.SAMPLE_RUN, "", principal=LOCAL_ANALYST)

    scoring = scoring_run.score_dataset("", scorer, job_id="score-1", log_predictions=False, principal=LOCAL_ANALYST)

    result = scoring.result()
    stored = home / result["artifact"]["path"] / "scores.parquet"
    assert parquet.read_metadata(stored).num_rows == result["rows"] == scoring_run.SAMPLE_SCORED
    assert (result["synthetic"], result["logged"]) == (True, 0)
    assert sum(one["rows"] for one in result["distribution"]) == result["rows"]
    assert 0.005 < result["click_rate"] < 0.05


def test_when_no_training_has_finished_then_scoring_says_so(home) -> None:
    with pytest.raises(NotFound):
        scoring_run.scorer_of("latest", "", principal=LOCAL_ANALYST)
