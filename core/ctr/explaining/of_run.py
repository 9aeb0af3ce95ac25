"""Explaining a training by its run: what is read from it, and where the explanation is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.ctr import runs
from core.ctr.data.impressions import Impressions, read_impressions
from core.ctr.data.splits import split_by_time
from core.ctr.explaining.averages import explainer_from
from core.ctr.explaining.explanation import ExplainSettings, Progress, explain
from core.ctr.explaining.local import LocalExplainer, make_explainer
from core.ctr.models.baselines import joined
from core.ctr.models.linear_models import order_logistic
from core.ctr.run_files import EXPLANATION
from core.ctr.samples.impressions import SAMPLE_NAME, make_impressions
from core.errors import NotFound
from core.resilience.resident_models import resident
from core.security.policy import Principal
from core.storage.artifacts import SavedArtifact, save_artifact

SLOT = "explanation"
TRIAL_ROWS = 5000  # of the sample that is trained on in place when no run is named
EXPLAINER_BYTES = 30_000_000


@dataclass(frozen=True)
class Case:
    """What there is to explain. run_id: "" for the sample that was trained on in place."""

    run_id: str
    model: Any
    network: Any | None
    train: Impressions
    held_out: Impressions
    source: str
    sha256: str
    synthetic: bool


def open_case(run_id: str, *, principal: Principal) -> Case:
    """The chosen model of a run with its rows ("latest" for the newest); "" trains a small model on the sample.

    Raises NotFound and Conflict as `runs` does.
    """
    if not run_id:
        return sample_case()
    run = runs.get_run(run_id, principal=principal)
    data = runs.data_of(run.id, principal=principal)
    return Case(
        run_id=run.id,
        model=runs.model_of(run.id, principal=principal),
        network=_network(run.id, principal),
        train=joined(data.part("train"), data.part("validation")),
        held_out=data.part("test"),
        source=data.source,
        sha256=data.sha256,
        synthetic=data.synthetic,
    )


def sample_case() -> Case:
    """A linear model of the first rows of the synthetic sample, trained here and now."""
    frame = make_impressions(rows=TRIAL_ROWS).frame
    split, every = split_by_time(frame), read_impressions(frame)
    train = joined(every.take(split.train), every.take(split.validation))
    model = order_logistic().fit(train)
    return Case("", model, None, train, every.take(split.test), SAMPLE_NAME, "", synthetic=True)


def explain_case(
    case: Case, *, run_id: str, settings: ExplainSettings, progress: Progress = lambda step, fraction: None
) -> dict[str, Any]:
    """The document of `explanation.explain`, with where the data came from. run_id: of this explanation."""
    document = explain(
        case.model, case.train, case.held_out, settings=settings, network=case.network, run_id=run_id,
        explains=case.run_id, progress=progress,
    )  # fmt: skip
    return {**document, "data": {"source": case.source, "sha256": case.sha256, "synthetic": case.synthetic}}


def store(document: Mapping[str, Any], *, run_id: str) -> SavedArtifact:
    """Keep explanation.json as the artifact of the explanation's own run."""
    content = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    metadata = {
        "explains": document["explains"], "model": document["model"], "seed": document["seed"],
        "parameters": document["settings"], "data": document["data"],
    }  # fmt: skip
    return save_artifact(runs.ROOM, run_id, {EXPLANATION: content}, metadata, slot=SLOT)


def result_of(document: Mapping[str, Any], artifact: SavedArtifact) -> dict[str, Any]:
    """The result of the job."""
    top = [one["name"] for one in document["features"][:5]]
    return {"explains": document["explains"], "model": document["model"], "top": top, "artifact": asdict(artifact)}


def explainer_of(run_id: str, name: str | None = None, *, principal: Principal) -> LocalExplainer:
    """What explains single impressions of a run's model, made once per process.

    Additive models bring their averages with the run; for others the rows of the run are read (seconds to minutes).
    """
    run = runs.get_run(run_id, principal=principal)
    model = runs.model_of(run.id, name, principal=principal)

    def make() -> LocalExplainer:
        kept = explainer_from(runs.averages(run.id, principal=principal), model, model.name)
        if kept is not None:
            return kept
        data = runs.data_of(run.id, principal=principal)
        return make_explainer(model, joined(data.part("train"), data.part("validation")), data.part("test"))

    return resident(f"{runs.ROOM}.explainer.{run.id}.{model.name}", "1", make, size_bytes=EXPLAINER_BYTES)


def _network(run_id: str, principal: Principal) -> Any | None:
    try:
        return runs.model_of(run_id, "lstm", principal=principal)
    except NotFound:
        return None  # the run trained no network; the document says so
