"""Between the steps of a training: its job is told how far it is, and asked whether it should stop."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import select

from core.errors import Conflict
from core.fragrance.tuning.generator import Step
from core.jobs.own_job import current_run_id, report_progress
from core.storage.database import reading
from core.storage.tables import jobs

TRAINING = "train"  # name of the step, as events tell it
EVERY_S = 1.0  # a training of many quick steps neither floods the record nor waits for the database


def watch(begin: float = 0.0, end: float = 1.0) -> Callable[[Step], None]:
    """To be called after each step: every epoch is told, steps in between once a second.

    begin, end: the part of the whole job that the training is. Raises Conflict once the job was asked to stop.
    """
    told_at = time.monotonic()

    def on_step(step: Step) -> None:
        nonlocal told_at
        if step.eval_loss is None and time.monotonic() - told_at < EVERY_S:
            return
        told_at = time.monotonic()
        if is_stop_requested():
            raise Conflict("fragrance_tuning.stopped", epoch=step.epoch)
        metrics: dict[str, float] = {"epoch": step.epoch, "epochs": step.epochs, "train_loss": step.train_loss}
        if step.eval_loss is not None:
            metrics["eval_loss"] = step.eval_loss
        report_progress(TRAINING, begin + (end - begin) * step.share, **metrics)

    return on_step


def is_stop_requested() -> bool:
    """Whether somebody asked this run to stop; the dispatcher ends its process as well, where it is a job."""
    with reading() as connection:
        return bool(connection.execute(select(jobs.c.cancel_requested).where(jobs.c.id == current_run_id())).scalar())
