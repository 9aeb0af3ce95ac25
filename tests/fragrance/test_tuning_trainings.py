"""Trainings as clients ask for them: states, progress that is only whole with an artifact, stopping, going on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.fragrance.tuning import run_watch, trainings
from core.fragrance.tuning.generator import Step
from core.fragrance.tuning.prompt_evaluation import evaluate_prompts
from core.fragrance.tuning.run_watch import TRAINING, is_stop_requested, watch
from core.fragrance.tuning.tracking import tracking_notice
from core.jobs import own_job
from core.jobs.records import cancel, get_job, submit
from core.jobs.records import retry as retry_job
from core.jobs.states import add_event
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.artifacts import save_artifact
from core.storage.database import utc_now, writing
from core.storage.tables import jobs

ITEMS = [{"input": f"brief {number}", "output": f"story {number}"} for number in range(12)]
RESEARCHER = Principal("researcher", Role.RESEARCHER)


def started(**values: Any) -> trainings.Training:
    return trainings.start(ITEMS, principal=LOCAL_ANALYST, **values)


def become(job_id: str, state: str, **values: Any) -> None:
    """The job as a runner would leave it."""
    with writing() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(state=state, **values))


def report(job_id: str, **payload: float | str) -> None:
    with writing() as connection:
        add_event(connection, job_id, LOCAL_ANALYST.id, "progress", payload)


def look(job_id: str) -> trainings.Training:
    return trainings.status(job_id, principal=LOCAL_ANALYST)


def succeeded(job_id: str) -> Path:
    """A finished job with its artifact; the artifact's folder."""
    saved = save_artifact("fragrance", job_id, {"adapter_model.safetensors": b"weights"}, {}, slot="story_writer")
    result = {"artifact": asdict(saved), "published": False}
    become(job_id, "succeeded", fraction=1.0, result=result, finished_at=utc_now())
    return Path(saved.path)


def test_when_a_training_is_asked_for_then_it_waits_with_its_items_kept(home: Path) -> None:
    training = started(num_epochs=2, output="./my model", use_wandb=True)
    job = get_job(training.id, principal=LOCAL_ANALYST)

    assert (training.state, training.progress, training.epochs, training.output) == ("initializing", 0, 2, "./my model")
    assert training.tracking.key == "fragrance_tuning.tracked_not_wandb"
    assert (home / "data" / "fragrance" / "training_pairs" / f"{job.parameters['dataset']}.jsonl").exists()
    assert [line.notice.key for line in training.logs] == ["fragrance_tuning.log_queued"]


@pytest.mark.parametrize(
    ("items", "key"),
    [
        (ITEMS[:9], "fragrance_tuning.too_few_items"),
        ([*ITEMS, {"input": "x"}], "fragrance_tuning.item_empty"),
        ([{**item, "output": "one"} for item in ITEMS], "fragrance_tuning.outputs_alike"),
    ],
)
def test_when_the_items_cannot_be_trained_on_then_no_job_is_queued(home: Path, items: list[object], key: str) -> None:
    with pytest.raises(BadInput) as refused:
        trainings.start(items, principal=LOCAL_ANALYST)
    checked = trainings.checked_items(items, principal=LOCAL_ANALYST)

    assert refused.value.key == key
    assert trainings.trainings(principal=LOCAL_ANALYST) == ()
    assert not checked.is_valid
    assert (checked.whole.key if checked.whole else checked.items[0].notice.key) == key


def test_when_the_items_are_good_then_they_are_valid(home: Path) -> None:
    assert trainings.checked_items(ITEMS, principal=LOCAL_ANALYST) == trainings.CheckedItems(12, True, None, ())


@pytest.mark.parametrize(
    "values",
    [{"num_epochs": 11}, {"num_epochs": 0}, {"batch_size": 17}, {"lora_r": 65}, {"learning_rate": 0.0},
     {"output": "x" * 201}],
)  # fmt: skip
def test_when_a_value_is_out_of_range_then_it_is_refused_at_once(home: Path, values: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        started(**values)

    assert not (home / "data" / "fragrance").exists()


def test_when_it_runs_then_epoch_losses_and_remaining_time_are_told(home: Path) -> None:
    training = started(num_epochs=4)
    become(training.id, "running", started_at=utc_now(), fraction=0.02)
    before = look(training.id)
    report(training.id, step=TRAINING, fraction=0.5, epoch=2, epochs=4, train_loss=1.5, eval_loss=1.25)
    report(training.id, step=TRAINING, fraction=0.6, epoch=3, epochs=4, train_loss=1.4)
    become(training.id, "running", fraction=0.6)
    told = look(training.id)

    assert (before.state, before.remaining_s) == ("initializing", None)
    assert (told.state, told.epoch, told.train_loss, told.eval_loss) == ("running", 3, 1.4, 1.25)
    assert told.progress == pytest.approx(0.6)
    assert told.remaining_s is not None and told.remaining_s >= 0
    assert "1.250" in told.logs[-1].notice.text("ko")


def test_when_the_artifact_is_on_disk_then_and_only_then_progress_is_whole(home: Path) -> None:
    training = started()
    become(training.id, "running", started_at=utc_now(), fraction=1.0)
    at_the_end = look(training.id)
    place = succeeded(training.id)
    done = look(training.id)
    (home / place / "adapter_model.safetensors").unlink()
    gone = look(training.id)

    assert at_the_end.progress < 1
    assert (done.state, done.progress, done.place) == ("completed", 1.0, place.as_posix())
    assert gone.state == "failed" and gone.progress < 1
    assert gone.error is not None and gone.error.key == "artifacts.missing"


def test_when_it_fails_then_the_reason_stands_in_the_log(home: Path) -> None:
    training = started()
    error = {"key": "fragrance_tuning.loss_not_finite", "details": {"learning_rate": "1"}}
    become(training.id, "failed", finished_at=utc_now(), error=error)
    told = look(training.id)

    assert told.state == "failed"
    assert [line.notice.key for line in told.logs][-2:] == ["fragrance_tuning.log_failed", error["key"]]


def test_when_a_waiting_training_is_stopped_then_it_never_begins(home: Path) -> None:
    assert trainings.stop(started().id, principal=LOCAL_ANALYST).state == "stopped"


def test_when_a_running_training_is_stopped_then_it_ends_between_two_steps(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = started()
    become(training.id, "running", claim="mine", started_at=utc_now())
    monkeypatch.setenv("WORKBENCH_JOB_ID", training.id)
    monkeypatch.setenv("WORKBENCH_JOB_CLAIM", "mine")
    on_step = watch(0.0, 1.0)
    on_step(Step(1, 3, 0.3, 1.5, 1.4))
    trainings.stop(training.id, principal=LOCAL_ANALYST)

    assert is_stop_requested()
    with pytest.raises(Conflict) as stopped:
        on_step(Step(2, 3, 0.6, 1.2, 1.1))
    become(training.id, "failed", error={"key": stopped.value.key, "details": stopped.value.details})
    assert look(training.id).state == "stopped"
    assert look(training.id).eval_loss == 1.4


def test_when_steps_are_quick_then_only_epochs_are_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    monkeypatch.setattr(run_watch, "report_progress", lambda step, share, **metrics: told.append(share))
    monkeypatch.setattr(run_watch, "EVERY_S", 1000.0)
    on_step = watch(0.5, 0.9)
    for share in (0.25, 0.5, 0.75, 1.0):
        on_step(Step(1, 2, share, 1.0, 1.0 if share in (0.5, 1.0) else None))

    assert told == pytest.approx([0.7, 0.9])


def test_when_it_is_asked_for_again_under_its_key_then_it_goes_on_where_it_was(home: Path, monkeypatch: Any) -> None:
    first = started(key="mine")
    assert started(key="mine").id == first.id
    monkeypatch.setenv("WORKBENCH_JOB_ID", first.id)
    checkpoints = own_job.checkpoint_folder()
    become(first.id, "lost", active_key=None)

    again = started(key="mine")
    monkeypatch.setenv("WORKBENCH_JOB_ID", again.id)

    assert again.id != first.id
    assert own_job.checkpoint_folder() == checkpoints
    assert get_job(again.id, principal=LOCAL_ANALYST).retry_of == first.id


def test_when_the_key_belongs_to_another_training_then_it_is_a_conflict(home: Path) -> None:
    started(key="mine", lora_r=4)

    with pytest.raises(Conflict) as refused:
        started(key="mine", lora_r=8)

    assert refused.value.key == "fragrance_tuning.key_in_use"


def test_when_trainings_are_listed_then_the_newest_is_first_and_others_stay_hidden(home: Path) -> None:
    first, second = started(), started(num_epochs=1)
    own = trainings.start(ITEMS, principal=RESEARCHER)

    assert [one.id for one in trainings.trainings(principal=LOCAL_ANALYST)] == [own.id, second.id, first.id]
    assert [one.id for one in trainings.trainings(principal=RESEARCHER)] == [own.id]
    with pytest.raises(NotFound):
        trainings.status(first.id, principal=RESEARCHER)
    with pytest.raises(NotFound):
        trainings.stop(first.id, principal=RESEARCHER)


def test_when_a_job_is_no_training_then_it_is_not_found(home: Path) -> None:
    job = submit("fragrance_evaluate", {}, principal=LOCAL_ANALYST)

    with pytest.raises(NotFound) as refused:
        look(job.id)

    assert refused.value.key == "fragrance_tuning.no_such_training"


@pytest.mark.parametrize("role", [Role.ANALYST, Role.GUEST])
def test_when_somebody_may_not_train_then_nothing_is_queued(home: Path, role: Role) -> None:
    with pytest.raises(NotAllowed):
        trainings.start(ITEMS, principal=Principal("somebody", role))

    assert trainings.trainings(principal=LOCAL_ANALYST) == ()


def test_when_a_tracker_is_asked_for_then_what_is_configured_is_told_without_secrets(
    settings_from: Callable[..., object],
) -> None:
    settings_from(WORKBENCH_MLFLOW_TRACKING_URI="https://me:secret@tracking.example:5000/x")
    notice = tracking_notice(use_wandb=True)

    assert "tracking.example" in notice.text("en")
    assert "secret" not in notice.text("ko")
    assert tracking_notice(use_wandb=False).key == "fragrance_tuning.tracked"


def test_when_a_training_is_retried_by_hand_then_it_is_the_same_training_again(home: Path) -> None:
    first = started()
    cancel(first.id, principal=LOCAL_ANALYST)
    again = retry_job(first.id, principal=LOCAL_ANALYST)

    assert again.parameters == get_job(first.id, principal=LOCAL_ANALYST).parameters
    assert look(again.id).epochs == first.epochs


@pytest.mark.parametrize(
    ("prompts", "key"),
    [
        (["a rose"] * 4, "fragrance_tuning.too_few_prompts"),
        (["a rose"] * 51, "fragrance_tuning.too_many_prompts"),
        (["a rose"] * 4 + ["  "], "fragrance_tuning.prompt_unusable"),
    ],
)
def test_when_prompts_cannot_be_evaluated_then_it_says_why(home: Path, prompts: list[str], key: str) -> None:
    with pytest.raises(BadInput) as refused:
        evaluate_prompts(prompts, principal=LOCAL_ANALYST)

    assert refused.value.key == key


def test_when_a_training_has_no_result_then_its_writer_cannot_be_evaluated(home: Path) -> None:
    with pytest.raises(Conflict):
        evaluate_prompts(["a rose"] * 5, principal=LOCAL_ANALYST, training_id=started().id)


def test_when_prompts_are_evaluated_then_every_measure_and_every_refusal_is_told(
    home: Path, small_shipped: object
) -> None:
    prompts = ["봄 장미 향수", "fresh lemon for summer", "musk and rose", "레몬과 나무", "a woody perfume"]
    found = evaluate_prompts(prompts, principal=LOCAL_ANALYST, language="en")
    plain = found.as_dict()

    assert [one.brief.words for one in found.composed] == prompts
    assert all((one.generated is None) == (one.refused is not None) for one in found.composed)
    assert plain["briefs"] == 5
    assert set(plain["measures"]) >= {"structure", "balance", "creativity", "feasibility", "consistency", "diversity"}
    assert found.score is None or 0 <= found.score <= 1
    assert replace(found, seconds=0.0) == replace(
        evaluate_prompts(prompts, principal=LOCAL_ANALYST, language="en"), seconds=0.0, composed=found.composed
    )
