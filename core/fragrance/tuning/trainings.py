"""Trainings of the story writer as clients ask for them: start, look, stop, list; each is a job of its notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import BadInput, Conflict, NotFound
from core.fragrance.tuning.story_pairs import ItemProblem, divided, keep, problems, story_pairs
from core.fragrance.tuning.training_status import Training, training_of
from core.jobs.job import RETRYABLE, Job
from core.jobs.notebooks.catalogue import describe, validate
from core.jobs.records import cancel, get_job, list_jobs, retry, submit
from core.knowledge.notices import Notice, notice_of
from core.security.policy import Permission, Principal, require

NOTEBOOK = "fragrance_tune_generator"
MOST_LISTED = 50
LOOKED_THROUGH = 1000  # newest trainings among which a key is looked for
LONGEST_OUTPUT = 200  # letters


@dataclass(frozen=True)
class CheckedItems:
    """What keeps a set of items from being trained on: on the whole, and item by item."""

    count: int
    is_valid: bool
    whole: Notice | None
    items: tuple[ItemProblem, ...]


def start(
    items: Sequence[object], *, principal: Principal, num_epochs: int = 3, learning_rate: float = 2e-4,
    batch_size: int = 4, lora_r: int = 8, base_model: str = "", output: str = "", four_bit: bool = False,
    use_wandb: bool = False, key: str | None = None,
) -> Training:  # fmt: skip
    """Keep the items and queue a training on them.

    key: asking twice under one key is one training; one that failed or was stopped goes on after its last whole epoch.
    Raises BadInput for fewer than 10 items, for one that cannot be used and for values out of range; Conflict for a
    key that belongs to another training; NotAllowed.
    """
    require(principal, Permission.FRAGRANCE_WRITE)
    require(principal, Permission.JOBS_SUBMIT)
    if len(output) > LONGEST_OUTPUT:
        raise BadInput("fragrance_tuning.output_too_long", most=LONGEST_OUTPUT)
    pairs = story_pairs(items)
    divided(pairs, source="", synthetic=False)  # what cannot be divided is refused here, not by the job
    parameters = {
        "num_epochs": num_epochs, "learning_rate": float(learning_rate), "batch_size": batch_size, "lora_r": lora_r,
        "base_model": base_model, "output": output, "four_bit": four_bit, "use_wandb": use_wandb,
    }  # fmt: skip
    validate(describe(NOTEBOOK), parameters)
    parameters["dataset"] = keep(pairs, principal=principal)
    before = _under(key, principal)
    if before is not None and before.parameters != validate(describe(NOTEBOOK), parameters):
        raise Conflict("fragrance_tuning.key_in_use", given=key)
    if before is not None and before.state in RETRYABLE:
        return training_of(retry(before.id, principal=principal), principal)
    return training_of(submit(NOTEBOOK, parameters, principal=principal, idempotency_key=key), principal)


def status(training_id: str, *, principal: Principal) -> Training:
    """Raises NotFound for an unknown training and for somebody else's."""
    return training_of(_job(training_id, principal), principal)


def stop(training_id: str, *, principal: Principal) -> Training:
    """End it: one that waits at once, one that runs within a heartbeat, with its process. One that has ended stays."""
    return training_of(cancel(_job(training_id, principal).id, principal=principal), principal)


def trainings(*, principal: Principal, limit: int = MOST_LISTED) -> tuple[Training, ...]:
    """Those that may be seen, newest first."""
    require(principal, Permission.FRAGRANCE_READ)
    return tuple(training_of(job, principal) for job in list_jobs(principal=principal, notebook=NOTEBOOK, limit=limit))


def checked_items(items: Sequence[object], *, principal: Principal) -> CheckedItems:
    """Whether a training would take the items; every problem of every item is told."""
    require(principal, Permission.FRAGRANCE_READ)
    found = problems(items)
    wrong: Notice | None = None
    try:
        divided(story_pairs(items), source="", synthetic=False)
    except BadInput as error:
        wrong = notice_of(error)
    is_of_an_item = bool(found) and wrong == found[0].notice
    return CheckedItems(len(items), wrong is None, None if is_of_an_item else wrong, found)


def _job(training_id: str, principal: Principal) -> Job:
    require(principal, Permission.FRAGRANCE_READ)
    try:
        job = get_job(training_id, principal=principal)
    except NotFound as error:
        raise NotFound("fragrance_tuning.no_such_training", id=training_id) from error
    if job.notebook != NOTEBOOK:
        raise NotFound("fragrance_tuning.no_such_training", id=training_id)
    return job


def _under(key: str | None, principal: Principal) -> Job | None:
    """The newest training of this person under the key."""
    if not key:
        return None
    found = list_jobs(principal=principal, notebook=NOTEBOOK, limit=LOOKED_THROUGH)
    return next((job for job in found if job.idempotency_key == key and job.owner == principal.id), None)
