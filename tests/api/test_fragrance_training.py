"""Trainings over HTTP: states as clients know them, and no progress of 1 without an artifact."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import ctr_runs
from tests.api.fragrance_home import Perfumery, perfumery

__all__ = ["perfumery"]

TRAINING = "/api/v1/training"
ITEMS = [{"input": f"brief {number}", "output": f"story {number}"} for number in range(12)]
PROMPTS = ["a rose garden", "smoky cedar", "비 갠 뒤의 숲", "lemon and mint", "vanilla by the fire"]


def started(perfumery: Perfumery, **more: Any) -> dict[str, Any]:
    return perfumery.answer(f"{TRAINING}/start", {"dataset": ITEMS, "num_epochs": 2, "output_dir": "spring", **more})


def status(perfumery: Perfumery, training_id: str) -> dict[str, Any]:
    return perfumery.answer(f"{TRAINING}/status/{training_id}", method="GET")


def test_when_a_training_runs_then_its_states_follow_and_progress_is_not_1_before_the_artifact(
    perfumery: Perfumery,
) -> None:
    from dataclasses import asdict

    from core.storage.artifacts import save_artifact

    made = started(perfumery)
    job_id = made["training_id"]
    ctr_runs.begin(job_id)
    ctr_runs.tell(job_id, "train", 1.0, epoch=2, epochs=2, train_loss=1.5, eval_loss=1.7)
    running = status(perfumery, job_id)
    saved = save_artifact("fragrance", job_id, {"adapter_model.safetensors": b"weights"}, {}, slot="story_writer")
    ctr_runs.succeed(job_id, {"artifact": asdict(saved), "published": False})
    done = status(perfumery, job_id)

    assert (made["status"], made["output_dir"], made["progress"]) == ("initializing", "spring", 0)
    assert (running["status"], running["current_epoch"], running["train_loss"]) == ("running", 2, 1.5)
    assert running["progress"] < 1
    assert (done["status"], done["progress"], done["artifact"]) == ("completed", 1, saved.path)
    assert len(done["logs"]) > len(made["logs"])
    assert job_id in [one["training_id"] for one in perfumery.answer(f"{TRAINING}/list", method="GET")["trainings"]]


def test_when_a_training_is_stopped_then_it_is(perfumery: Perfumery) -> None:
    made = started(perfumery)

    assert perfumery.answer(f"{TRAINING}/stop/{made['training_id']}")["status"] == "stopped"
    assert status(perfumery, made["training_id"])["status"] == "stopped"


def test_when_another_tracker_is_asked_for_then_the_answer_tells_what_is_configured(perfumery: Perfumery) -> None:
    assert "Weights" in started(perfumery, use_wandb=True)["tracking"]


@pytest.mark.parametrize(
    "body",
    [{"dataset": ITEMS[:9]}, {}, {"dataset": [*ITEMS, {"input": "x"}]}, {"dataset": ITEMS, "num_epochs": 11},
     {"dataset": ITEMS, "lora_r": 65}, {"dataset": ITEMS, "batch_size": "many"}, {"dataset": "text"}],
)  # fmt: skip
def test_when_a_training_cannot_begin_then_400_says_why(perfumery: Perfumery, body: dict[str, Any]) -> None:
    answer = perfumery.asks(f"{TRAINING}/start", body)

    assert answer.status_code == 400
    assert answer.json()["message"]


def test_when_a_customer_asks_for_a_training_then_it_is_refused(perfumery: Perfumery) -> None:
    assert perfumery.asks(f"{TRAINING}/start", {"dataset": ITEMS}, who=perfumery.customer).status_code == 403


def test_when_a_training_is_not_there_then_404_says_so(perfumery: Perfumery) -> None:
    assert perfumery.asks(f"{TRAINING}/status/none", method="GET").status_code == 404
    assert perfumery.asks(f"{TRAINING}/stop/none").status_code == 404


def test_when_items_are_looked_through_then_each_problem_is_told_by_its_place(perfumery: Perfumery) -> None:
    good = perfumery.answer(f"{TRAINING}/dataset/validate", {"dataset": ITEMS})
    bad = perfumery.answer(f"{TRAINING}/dataset/validate", {"dataset": [*ITEMS, {"input": "x"}, 7]})

    assert (good["is_valid"], good["valid_items"], good["errors"]) == (True, 12, [])
    assert (bad["is_valid"], bad["valid_items"]) == (False, 12)
    assert [one["item"] for one in bad["errors"]] == [12, 13]


def test_when_prompts_are_evaluated_then_measures_come_with_their_intervals(perfumery: Perfumery) -> None:
    told = perfumery.answer(f"{TRAINING}/evaluate", {"prompts": PROMPTS})

    assert 0 < told["overall_score"] <= 1
    assert told["metric_scores"]["score"] == pytest.approx(told["overall_score"])
    low, high = told["intervals"]["score"]
    assert low <= told["overall_score"] <= high
    assert len(told["sample_outputs"]) == len(PROMPTS)
    assert told["evaluation_time"] > 0


@pytest.mark.parametrize("prompts", [PROMPTS[:4], PROMPTS * 11, [*PROMPTS, " "]])
def test_when_prompts_cannot_be_evaluated_then_400_says_why(perfumery: Perfumery, prompts: list[str]) -> None:
    assert perfumery.asks(f"{TRAINING}/evaluate", {"prompts": prompts}).status_code == 400
