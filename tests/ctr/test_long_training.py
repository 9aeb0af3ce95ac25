"""Training on a table that does not fit in memory: a stated sample, full passes, and scores over all test rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.ctr.data.datasets import count_impressions, store_impressions
from core.ctr.data.impressions import read_impressions
from core.ctr.data.splits import split_by_time
from core.ctr.evaluating.scores import score
from core.ctr.models.linear_models import block_logistic, hashed_logistic
from core.ctr.models.linear_passes import PassLearner
from core.ctr.reporting.report_document import report_document
from core.ctr.samples.impressions import SampleImpressions, make_impressions
from core.ctr.training.config import TrainingConfig
from core.ctr.training.rows import TrainingData, load_impressions
from core.ctr.training.train import train_candidates
from core.datasets.records import Dataset
from core.datasets.uploads import uploaded_from_frame
from core.security.policy import LOCAL_ANALYST
from tests.ctr.conftest import Parts, parts_of

MODELS = ("hashed_logistic", "constant")


@pytest.fixture(scope="module")
def parts() -> Parts:
    return parts_of(make_impressions(rows=20_000, seed=7))


@pytest.fixture
def stored(small: SampleImpressions, home: Path) -> Dataset:
    return store_impressions(uploaded_from_frame(small.frame), name="long", principal=LOCAL_ANALYST)


def sampled(dataset: Dataset, **options: object) -> tuple[TrainingConfig, TrainingData]:
    asked = {"dataset_id": dataset.id, "max_rows": 3000, "models": MODELS, "trials": 1, **options}
    config = TrainingConfig.from_parameters(asked)
    return config, load_impressions(config, principal=LOCAL_ANALYST)


def held_out_loss(model: object, parts: Parts) -> float:
    labels = parts.test.labels
    return score(labels, model.predict_proba(parts.test), base_rate=float(labels.mean()))["log_loss"]  # type: ignore[attr-defined]


def pieces_of(parts: Parts, count: int) -> list[object]:
    return [parts.train.take(places) for places in np.array_split(np.arange(len(parts.train)), count)]


def test_when_all_rows_are_one_piece_then_the_pass_finds_what_the_fit_finds(parts: Parts) -> None:
    fitted = hashed_logistic().fit(parts.train)
    learner = PassLearner(fitted)

    learner.learn(parts.train)

    learnt, known = (one.predict_proba(parts.test) for one in (learner.model(), fitted))
    assert np.abs(learnt - known).max() < 0.01
    assert np.abs(learnt - known).mean() < 5e-4


def test_when_rows_come_in_pieces_then_the_model_is_nearly_as_good_as_on_all_at_once(parts: Parts) -> None:
    first, *others = pieces_of(parts, 4)
    fitted = block_logistic().fit(first)  # type: ignore[arg-type]
    learner = PassLearner(fitted)

    for piece in (first, *others):
        learner.learn(piece)  # type: ignore[arg-type]

    at_once, of_first = held_out_loss(block_logistic().fit(parts.train), parts), held_out_loss(fitted, parts)
    in_pieces = held_out_loss(learner.model(), parts)
    assert learner.rows == len(parts.train)
    assert in_pieces < of_first
    assert in_pieces < at_once * 1.02


def test_when_a_learnt_model_is_saved_then_it_answers_the_same_when_loaded(parts: Parts) -> None:
    learner = PassLearner(hashed_logistic().fit(parts.train.take(np.arange(4000))))
    learner.learn(parts.train)
    model = learner.model()

    again = type(model).load(model.save())

    np.testing.assert_array_equal(again.predict_proba(parts.test), model.predict_proba(parts.test))


def test_when_a_table_is_sampled_then_all_its_rows_are_split_and_counted_as_they_are_at_once(
    stored: Dataset, small: SampleImpressions
) -> None:
    _, data = sampled(stored)
    whole = load_impressions(TrainingConfig(dataset_id=stored.id), principal=LOCAL_ANALYST)

    assert data.long is not None
    assert whole.long is None
    for name, rows in whole.split.parts.items():
        np.testing.assert_array_equal(data.long.split.parts[name], rows)
    assert data.long.counts == count_impressions(whole.frame)
    assert data.frame.equals(whole.frame[data.long.sampled])
    np.testing.assert_array_equal(data.part("test").labels, data.frame["clicked"].to_numpy()[data.split.test])


def test_when_a_table_is_sampled_then_the_share_of_each_part_and_the_order_of_time_stay(stored: Dataset) -> None:
    _, data = sampled(stored)
    again = sampled(stored)[1]
    other = sampled(stored, seed=43)[1]

    assert data.long is not None
    assert again.long is not None
    assert other.long is not None
    assert [len(rows) for rows in data.split.parts.values()] == [1920, 480, 600]
    assert data.long.sampled[data.split.train].max() < data.long.sampled[data.split.test].min()
    np.testing.assert_array_equal(data.long.sampled, again.long.sampled)
    assert not np.array_equal(data.long.sampled, other.long.sampled)


def test_when_a_part_is_read_in_pieces_then_every_row_of_it_comes_once_in_order(stored: Dataset) -> None:
    _, data = sampled(stored)
    assert data.long is not None
    rows = load_impressions(TrainingConfig(dataset_id=stored.id), principal=LOCAL_ANALYST).part("train")

    pieces = list(data.long.pieces("train", 1000))

    assert len(pieces) > 1 or len(rows) <= 131_072
    np.testing.assert_array_equal(np.concatenate([one.labels for one in pieces]), rows.labels)
    np.testing.assert_array_equal(np.concatenate([one.numbers for one in pieces]), rows.numbers)


def test_when_a_run_was_sampled_then_the_report_says_what_each_model_saw(stored: Dataset) -> None:
    config, data = sampled(stored)
    training = train_candidates(config, data)

    document = report_document(training, run_id="a")

    assert {one["name"]: one["rows_seen"] for one in document["models"]} == {"hashed_logistic": 4800, "constant": 2400}
    assert document["data"]["rows"] == 6000
    assert (document["split"]["rows"]["test"], document["split"]["sampled"]["test"]) == (1200, 600)
    finding = next(one for one in data.findings if one.code == "ctr.sampled_and_passes")
    assert "hashed_logistic" in finding.text("en")
    assert "3840" in finding.text("ko")
    assert finding.code in {one["code"] for one in document["data"]["findings"]}


def test_when_all_test_rows_are_scored_in_parts_then_the_scores_are_those_of_all_at_once(stored: Dataset) -> None:
    config, data = sampled(stored)
    training = train_candidates(config, data)

    found = training.every_test_row

    assert found is not None
    rows = load_impressions(TrainingConfig(dataset_id=stored.id), principal=LOCAL_ANALYST).part("test")
    model = training.candidates["hashed_logistic"].model
    known = score(rows.labels, model.predict_proba(rows), base_rate=float(data.rows.labels[:2400].mean()))
    assert (found.rows, found.clicks) == (1200, int(rows.labels.sum()))
    for name in ("auc", "average_precision", "log_loss"):
        assert found.scores["hashed_logistic"][name] == pytest.approx(known[name], abs=1e-6)


def test_when_no_candidate_learns_in_passes_then_the_sample_is_a_warning(stored: Dataset) -> None:
    _, data = sampled(stored, models=("constant",))

    assert [one.severity for one in data.findings if one.code == "ctr.sampled"] == ["warning"]


def test_when_a_table_fits_then_nothing_is_sampled(stored: Dataset, small: SampleImpressions) -> None:
    data = load_impressions(TrainingConfig(dataset_id=stored.id), principal=LOCAL_ANALYST)

    assert data.long is None
    assert data.row_count == 6000
    np.testing.assert_array_equal(data.split.test, split_by_time(small.frame).test)
    assert isinstance(data.frame, pl.DataFrame)
    assert len(read_impressions(data.frame)) == 6000
