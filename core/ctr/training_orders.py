"""Asking for a training of click models: what cannot be trained is refused here, before a job is queued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.ctr.data.schema import ROOM
from core.ctr.runs import NOTEBOOK
from core.ctr.training.config import TrainingConfig
from core.datasets.records import require_trainable
from core.errors import BadInput
from core.jobs.job import Job
from core.jobs.records import submit
from core.security.policy import Principal


def order(values: Mapping[str, Any], *, principal: Principal, idempotency_key: str | None = None) -> Job:
    """Queue a training with these parameters of its notebook; those left out keep their defaults.

    `dataset_id` "" or left out is the synthetic sample; `target` left out is the one that the dataset was stored with.
    Raises NotFound for a dataset that is not this room's, Conflict while a blocking finding of it is open, and
    BadInput for a target that it lacks and for parameters that cannot be trained with.
    """
    parameters = dict(values)
    if parameters.get("dataset_id"):
        dataset = require_trainable(parameters["dataset_id"], principal=principal, room=ROOM)
        target = parameters.setdefault("target", dataset.target)
        if target not in dataset.columns:
            raise BadInput("ctr.no_target", target=target)
    TrainingConfig.from_parameters(parameters)
    return submit(NOTEBOOK, parameters, principal=principal, idempotency_key=idempotency_key)
