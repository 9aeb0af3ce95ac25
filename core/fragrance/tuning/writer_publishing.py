"""Storing a tuned story writer, publishing it where held-out stories bear it out, and telling the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.datasets.findings import Finding, blocking
from core.fragrance.evaluation.retrieval_metrics import paired_gain
from core.fragrance.tuning.drawn_perfumes import SOURCE as DRAWN
from core.fragrance.tuning.gathering import require_trainer
from core.fragrance.tuning.generator import TrainedAdapter
from core.fragrance.tuning.story_model import Base
from core.fragrance.tuning.story_pairs import Divided
from core.fragrance.tuning.tracking import tracking_notice
from core.intervals import Interval
from core.security.policy import Principal
from core.storage.publishing import Stored, store_and_publish

ROOM, SLOT = "fragrance", "story_writer"
FEW_HELD_OUT = 10


def store_writer(
    trained: TrainedAdapter, data: Divided, base: Base, *, parameters: Mapping[str, Any], run_id: str,
    principal: Principal, publish: bool, reason: str = "",
) -> Stored[Finding]:  # fmt: skip
    """Save the adapter; it serves where publishing is asked for and nothing blocks it, or a person gives a `reason`.

    Raises NotAllowed where publishing is asked of somebody who may not.
    """
    require_trainer(principal, publish=publish)
    metadata = {
        "kind": "adapter",
        "parameters": dict(parameters),
        "seed": parameters["seed"],
        "data": {
            "source": data.source, "sha256": data.sha256, "rows": len(data.train) + len(data.held_out),
            "held_out": len(data.held_out), "synthetic": data.synthetic,
        },
        "encoder": None,
        "base": {"name": base.name, "id": base.id},  # the adapter is of no use without it
        "metrics": metrics_of(trained, data),
        "course": [vars(one) for one in trained.course],
    }  # fmt: skip
    return store_and_publish(
        ROOM,
        slot=SLOT,
        run_id=run_id,
        files=trained.files,
        metadata=metadata,
        findings=writer_findings(trained, data, is_tiny=base.is_tiny),
        sample_over_real=lambda source: Finding(
            "fragrance_tuning.sample_over_real", "blocking", None, (), {"source": source}
        ),
        publish=publish,
        reason=reason,
        principal=principal,
    )


def writer_findings(trained: TrainedAdapter, data: Divided, *, is_tiny: bool) -> tuple[Finding, ...]:
    """Blocking unless the held-out loss is measurably lower than the base's, and for a base that knows no language."""
    gain, count = gain_of(trained, data), len(trained.after)
    details = {
        "before": f"{trained.before.mean():.3f}", "after": f"{trained.after.mean():.3f}",
        "low": f"{gain.low:+.3f}", "high": f"{gain.high:+.3f}", "count": count,
    }  # fmt: skip
    found = list[Finding]()
    if gain.value <= 0:
        found.append(Finding("fragrance_tuning.writer_worse", "blocking", None, (), details))
    elif gain.low <= 0:
        found.append(Finding("fragrance_tuning.writer_not_better", "blocking", None, (), details))
    if is_tiny:
        found.append(Finding("fragrance_tuning.tiny_base", "blocking", None))
    if data.source == DRAWN:
        found.append(Finding("fragrance_tuning.drawn_data", "blocking", None))
    if count < FEW_HELD_OUT:
        few = {"count": count, "fewest": FEW_HELD_OUT}
        found.append(Finding("fragrance_tuning.few_held_out", "warning", None, (), few))
    return tuple(found)


def gain_of(trained: TrainedAdapter, data: Divided) -> Interval:
    """How much lower the loss of a held-out story is than the base's [nats a piece], over stories drawn anew."""
    return paired_gain(trained.before.tolist(), trained.after.tolist(), [pair.output for pair in data.held_out])


def metrics_of(trained: TrainedAdapter, data: Divided) -> dict[str, float]:
    """For the run history."""
    gain = gain_of(trained, data)
    return {
        "held_out_loss_before": float(trained.before.mean()),
        "held_out_loss_after": float(trained.after.mean()),
        "held_out_loss_gain": gain.value,
        "held_out_loss_gain_low": gain.low,
        "held_out_loss_gain_high": gain.high,
        "train_loss": trained.course[-1].train_loss,
    }


def writer_result(
    trained: TrainedAdapter, data: Divided, base: Base, stored: Stored[Finding], *, samples: Mapping[str, str],
    use_wandb: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The run's result as plain values. samples: what it writes for held-out briefs."""
    return {
        "slot": SLOT,
        **stored.as_dict(),
        "base": base.id,
        "metrics": metrics_of(trained, data),
        "course": [vars(one) for one in trained.course],
        "resumed_after": trained.resumed_after,
        "items": {"train": len(data.train), "held_out": len(data.held_out)},
        "samples": [{"prompt": prompt, "output": output} for prompt, output in samples.items()],
        "notices": [one.plain() for one in base.notices],
        "tracking": tracking_notice(use_wandb=use_wandb).plain(),
        "synthetic": data.synthetic,
        "publishable": not blocking(stored.findings),
    }
