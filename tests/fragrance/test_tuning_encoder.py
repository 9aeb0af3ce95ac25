"""A head behind the encoder: what it learns, when it may serve, and what the search then uses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInput, NotAllowed
from core.fragrance.search import encoder_head
from core.fragrance.search.encoder_head import Head, head_bytes, identity, published_head, read_head, tuned_encoder
from core.fragrance.tuning.champion_table import published
from core.fragrance.tuning.comparing import Comparison, compare, encoder_findings, ndcg_at_10
from core.fragrance.tuning.contrast import Contrast, batches, info_nce
from core.fragrance.tuning.drawn_perfumes import drawn_perfumes
from core.fragrance.tuning.embeddings import compare_encoders, encode, scores_of, train_head, under_head
from core.fragrance.tuning.encoder_publishing import encoder_result, head_files, store_encoder
from core.fragrance.tuning.encoder_run import tune_encoder
from core.fragrance.tuning.pairs import PairSet, pairs_of
from core.intervals import Interval
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage import champions
from core.storage.publishing import Stored
from tests.fragrance.word_encoder import DIM, word_encoder

BETTER = Comparison(*(Interval(value, value - 0.02, value + 0.02) for value in (0.4, 0.5, 0.1)), 10, 40, 60)
SETTINGS = Contrast(epochs=40, learning_rate=0.01, weight_decay=1.0, temperature=0.1, patience=40)


@pytest.fixture(scope="module")
def pairs() -> PairSet:
    return pairs_of(drawn_perfumes(120), briefs_each=4, source="catalogue")


@pytest.fixture
def words_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_head, "text_model", lambda name=None: word_encoder())


def stored_head(
    pairs: PairSet, comparison: Comparison = BETTER, *, run_id: str = "run-1", base: str = "words-1", reason: str = "",
    principal: Principal = LOCAL_ANALYST,
) -> Stored:  # fmt: skip
    head = Head(base, 0.5 * np.eye(DIM, k=1, dtype=np.float32), np.zeros(DIM, np.float32))
    return store_encoder(
        head_files(head), comparison, pairs, kind="head", encoder_id=base, dim=DIM, parameters={"seed": 0},
        run_id=run_id, principal=principal, publish=True, reason=reason,
    )  # fmt: skip


def with_gain(low: float, value: float, high: float) -> Comparison:
    return Comparison(BETTER.before, BETTER.after, Interval(value, low, high), 10, 40, 60)


def test_when_a_head_is_trained_then_held_out_perfumes_are_found_measurably_better(pairs: PairSet) -> None:
    encoded = encode(pairs, word_encoder())
    trained = train_head(pairs, encoded, "words-1", SETTINGS)

    comparison = compare_encoders(pairs, encoded, under_head(encoded, trained.head))

    assert comparison.gain.low > 0
    assert not encoder_findings(comparison, drawn=False)
    assert comparison.perfumes == pairs.count("test")
    assert comparison.candidates == len(pairs.perfumes)


def test_when_a_training_is_repeated_then_the_head_is_the_same(pairs: PairSet) -> None:
    encoded = encode(pairs, word_encoder())
    first, second = (train_head(pairs, encoded, "words-1", Contrast(epochs=2)) for _ in range(2))

    assert first.head.id == second.head.id
    assert first.history == second.history


def test_when_no_epoch_validates_better_then_nothing_is_changed_and_nothing_may_serve(pairs: PairSet) -> None:
    encoded = encode(pairs, word_encoder())
    trained = train_head(pairs, encoded, "words-1", Contrast(epochs=1, learning_rate=1e-9))
    comparison = compare_encoders(pairs, encoded, under_head(encoded, trained.head))

    assert trained.best_epoch == 0
    assert comparison.gain.value == pytest.approx(0)
    assert [one.code for one in encoder_findings(comparison, drawn=False)] == ["fragrance_tuning.encoder_not_better"]


def test_when_the_loss_is_no_number_then_a_smaller_rate_is_asked_for(pairs: PairSet) -> None:
    encoded = encode(pairs, word_encoder())
    encoded.passages[0] = np.nan

    with pytest.raises(BadInput) as refused:
        train_head(pairs, encoded, "words-1", Contrast(epochs=1))

    assert refused.value.key == "fragrance_tuning.loss_not_finite"


def test_when_the_wanted_perfume_has_rank_three_then_its_ndcg_is_a_half() -> None:
    queries = np.array([[1.0, 0.0]], np.float32)
    passages = np.array([[0.9, 0.1], [0.1, 0.9], [0.8, 0.2], [0.0, 1.0], [0.7, 0.3]], np.float32)

    # Windows of the first perfume are rows 0 and 1, of which the better counts; the third has the rows 3 and 4.
    assert ndcg_at_10(queries, passages, [0, 2, 3], [2]) == pytest.approx([0.5])
    assert ndcg_at_10(queries, passages, [0, 2, 3], [0]) == pytest.approx([1.0])


def test_when_cosines_are_equal_then_the_wanted_perfume_comes_last() -> None:
    rows = np.ones((12, 2), np.float32)

    assert ndcg_at_10(rows[:1], rows, list(range(12)), [0]) == pytest.approx([0.0])


def test_when_briefs_of_one_perfume_go_together_then_the_interval_is_over_perfumes() -> None:
    before, after = np.zeros(40), np.repeat([1.0, 0.0], 20)
    apart = compare(before, after, list(range(40)), 60).gain
    together = compare(before, after, [0] * 20 + [1] * 20, 60).gain

    assert together.high - together.low > apart.high - apart.low


def test_when_briefs_ask_for_one_perfume_then_they_are_no_wrong_answers_to_each_other() -> None:
    import torch

    rows = torch.nn.functional.normalize(torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]), dim=1)

    same = info_nce(rows, rows, torch.tensor([7, 7, 8]), 0.1)
    different = info_nce(rows, rows, torch.tensor([7, 6, 8]), 0.1)

    assert float(same) < 0.01 < float(different)


def test_when_batches_are_drawn_then_every_place_comes_once_but_for_a_lone_last_one() -> None:
    drawn = list(batches(range(9), 4, seed=0, epoch=1))

    assert [len(batch) for batch in drawn] == [4, 4]
    assert len({place for batch in drawn for place in batch}) == 8
    assert drawn != list(batches(range(9), 4, seed=0, epoch=2))


@pytest.mark.parametrize(
    ("comparison", "code"),
    [
        (with_gain(-0.2, -0.1, -0.01), "fragrance_tuning.encoder_worse"),
        (with_gain(-0.2, -0.1, 0.1), "fragrance_tuning.encoder_worse"),
        (with_gain(-0.01, 0.05, 0.1), "fragrance_tuning.encoder_not_better"),
    ],
)
def test_when_it_is_not_measurably_better_then_the_previous_encoder_goes_on(
    home: Path, pairs: PairSet, comparison: Comparison, code: str
) -> None:
    stored = stored_head(pairs, comparison)

    assert not stored.published
    assert [one.code for one in stored.findings] == [code]
    assert champions.current("fragrance", "encoder") is None


def test_when_it_is_better_then_the_search_encodes_with_it_under_another_id(
    home: Path, pairs: PairSet, words_serve: None
) -> None:
    before = tuned_encoder()
    stored = stored_head(pairs)
    after = tuned_encoder()
    head = published_head()

    assert stored.published
    assert head is not None
    assert after.id != before.id and after.dim == before.dim
    assert np.allclose(after.embed_query("rose musk"), head.apply(before.embed_query("rose musk")), atol=1e-6)
    assert not np.allclose(after.embed_passages(["rose musk"])[0], before.embed_query("rose musk"), atol=1e-3)


def test_when_the_head_was_made_for_another_encoder_then_the_plain_one_serves(
    home: Path, pairs: PairSet, words_serve: None
) -> None:
    assert stored_head(pairs, base="something else").published

    assert tuned_encoder().id == word_encoder().id


def test_when_perfumes_were_drawn_then_even_a_better_encoder_is_not_published(home: Path) -> None:
    stored = stored_head(pairs_of(drawn_perfumes(30), source="drawn"))

    assert not stored.published
    assert [one.code for one in stored.findings] == ["fragrance_tuning.drawn_data"]


def test_when_samples_would_replace_real_data_then_they_are_refused(home: Path, pairs: PairSet) -> None:
    real = PairSet(**{**{name: getattr(pairs, name) for name in pairs.__dataclass_fields__}, "synthetic": False})
    assert stored_head(real).published

    stored = stored_head(pairs, run_id="run-2")

    assert not stored.published
    assert [one.code for one in stored.findings] == ["fragrance_tuning.sample_over_real"]


def test_when_a_person_gives_a_reason_then_it_serves_and_the_table_tells_both(home: Path, pairs: PairSet) -> None:
    stored_head(pairs)
    stored_head(pairs, with_gain(-0.01, 0.05, 0.1), run_id="run-2", reason="to try it")
    rows = published(principal=LOCAL_ANALYST)

    assert [(one.run_id, one.serves, one.why) for one in rows] == [
        ("run-2", True, "to try it"), ("run-1", False, "Trained by run run-1"),
    ]  # fmt: skip
    assert rows[0].metrics is not None and rows[0].metrics["ndcg_at_10_gain"] == 0.05


def test_when_somebody_may_not_write_the_catalogue_then_nothing_is_published(home: Path, pairs: PairSet) -> None:
    with pytest.raises(NotAllowed):
        stored_head(pairs, principal=Principal("somebody", Role.ANALYST))

    assert champions.current("fragrance", "encoder") is None


def test_when_a_head_is_stored_then_it_is_read_back_whole() -> None:
    head = Head("base", np.full((3, 3), 0.1, np.float32), np.ones(3, np.float32))
    again = read_head(head_bytes(head))

    assert again.id == head.id
    assert np.allclose(np.linalg.norm(again.apply(np.eye(3, dtype=np.float32)), axis=1), 1)


def test_when_a_head_begins_then_it_changes_nothing() -> None:
    rows = np.eye(4, dtype=np.float32)

    assert np.array_equal(identity("base", 4).apply(rows), rows)


def test_when_the_whole_is_run_then_the_result_tells_tracker_and_comparison(
    home: Path, pairs: PairSet, words_serve: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.fragrance.tuning.encoder_run.text_model", lambda name=None: word_encoder())
    steps: list[str] = []
    tuned = tune_encoder(pairs, Contrast(epochs=1), progress=lambda step, share, **metrics: steps.append(step))
    stored = store_encoder(
        tuned.files, tuned.comparison, pairs, kind=tuned.kind, encoder_id=tuned.encoder_id, dim=tuned.dim,
        parameters={"seed": 0}, run_id="run-3", principal=LOCAL_ANALYST, publish=False,
    )  # fmt: skip
    result = encoder_result(tuned.comparison, pairs, stored, use_wandb=True)

    assert result["tracking"]["key"] == "fragrance_tuning.tracked_not_wandb"
    assert result["comparison"]["before"]["value"] == pytest.approx(
        scores_of(pairs, encode(pairs, word_encoder()), "test").mean()
    )
    assert {"encode", "train"} <= set(steps)


def test_when_an_encoder_serves_already_then_the_new_one_is_held_against_it(
    home: Path, pairs: PairSet, words_serve: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.fragrance.tuning.encoder_run.text_model", lambda name=None: word_encoder())
    encoded = encode(pairs, word_encoder())
    best = train_head(pairs, encoded, "words-1", SETTINGS).head
    store_encoder(
        head_files(best), BETTER, pairs, kind="head", encoder_id="words-1", dim=DIM, parameters={"seed": 0},
        run_id="run-1", principal=LOCAL_ANALYST, publish=True,
    )  # fmt: skip

    tuned = tune_encoder(pairs, Contrast(epochs=1, learning_rate=1e-9))

    served = scores_of(pairs, under_head(encoded, best), "test").mean()
    assert tuned.comparison.before.value == pytest.approx(served)
    assert [one.code for one in encoder_findings(tuned.comparison, drawn=False)] == ["fragrance_tuning.encoder_worse"]


def test_when_the_settings_name_another_encoder_then_a_head_for_this_one_is_blocked(
    home: Path, pairs: PairSet, words_serve: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "core.fragrance.tuning.encoder_run.text_model", lambda name=None: word_encoder(name or "words-1")
    )

    tuned = tune_encoder(pairs, Contrast(epochs=1), encoder="words-2")
    found = encoder_findings(BETTER, drawn=False, is_usable=tuned.is_usable)

    assert not tuned.is_usable
    assert [one.code for one in found] == ["fragrance_tuning.other_encoder"]
    assert tune_encoder(pairs, Contrast(epochs=1), encoder="words-1").is_usable


@pytest.mark.parametrize("method", ["lora", "full"])
def test_when_an_encoder_cannot_be_trained_itself_then_a_head_is_proposed(
    pairs: PairSet, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.fragrance.tuning.encoder_run.text_model", lambda name=None: word_encoder())

    with pytest.raises(BadInput) as refused:
        tune_encoder(pairs, Contrast(epochs=1), method=method)  # type: ignore[arg-type]

    assert refused.value.key == "fragrance_tuning.not_trainable"
