"""Public tables through upload, mapping, gate and training, as an analyst brings them."""

from __future__ import annotations

import polars as pl
import pytest

from core.ctr.data.datasets import store_impressions
from core.ctr.training.config import TrainingConfig
from core.ctr.training.rows import load_impressions
from core.ctr.training.train import Training, train_candidates
from core.datasets.uploads import uploaded_from_frame
from core.errors import Conflict
from core.security.policy import LOCAL_ANALYST


def trained_on(frame: pl.DataFrame, target: str, positive: str = "", **asked: object) -> Training:
    dataset = store_impressions(
        uploaded_from_frame(frame), name="public", principal=LOCAL_ANALYST, target=target, positive=positive or None
    )
    config = TrainingConfig.from_parameters(
        {"dataset_id": dataset.id, "target": target, "positive": positive, "trials": 1, **asked}
    )
    return train_candidates(config, load_impressions(config, principal=LOCAL_ANALYST))


def test_when_census_rows_are_brought_then_the_same_path_reaches_the_known_quality(
    home: object, adult: pl.DataFrame
) -> None:
    result = trained_on(adult, "income", ">50K", models="boosted_trees", split="stratified", trials=4)

    assert result.chosen.evaluation.scores["auc"].value >= 0.925
    assert result.chosen.evaluation.verdict == "signal"


def test_when_real_impressions_hold_few_clicks_then_no_usable_signal_is_what_the_run_says(
    home: object, open_bandit: pl.DataFrame
) -> None:
    result = trained_on(open_bandit, "click", models="hashed_logistic", order_by="timestamp")

    assert result.chosen.evaluation.verdict == "no_usable_signal"
    assert "ctr.no_signal" in {one.code for one in result.findings if one.severity == "blocking"}


def test_when_a_target_of_words_is_trained_without_its_positive_value_then_it_is_refused(
    home: object, adult: pl.DataFrame
) -> None:
    with pytest.raises(Conflict):
        trained_on(adult.head(2000), "income", models="boosted_trees")
