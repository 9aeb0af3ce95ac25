"""Storing a tuned encoder, publishing it where it is measurably better, and telling the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.datasets.findings import Finding
from core.fragrance.search.encoder_head import HEAD, ROOM, SLOT, Head, Kind, head_bytes
from core.fragrance.tuning.comparing import Comparison, encoder_findings
from core.fragrance.tuning.drawn_perfumes import SOURCE as DRAWN
from core.fragrance.tuning.gathering import require_trainer
from core.fragrance.tuning.pairs import PairSet
from core.fragrance.tuning.tracking import tracking_notice
from core.security.policy import Principal
from core.storage.publishing import Stored, store_and_publish


def store_encoder(
    files: Mapping[str, bytes], comparison: Comparison, pairs: PairSet, *, kind: Kind, encoder_id: str, dim: int,
    parameters: Mapping[str, Any], run_id: str, principal: Principal, publish: bool, reason: str = "",
    is_usable: bool = True,
) -> Stored[Finding]:  # fmt: skip
    """Save it; it serves where publishing is asked for and it is measurably better, or a person gives a `reason`.

    encoder_id: of the encoder it was made of. Raises NotAllowed where publishing is asked of somebody who may not.
    """
    require_trainer(principal, publish=publish)
    metadata = {
        "kind": kind,
        "parameters": dict(parameters),
        "seed": parameters["seed"],
        "data": {
            "source": pairs.source, "sha256": pairs.sha256, "perfumes": len(pairs.perfumes),
            "briefs": len(pairs.briefs), "synthetic": pairs.synthetic,
        },
        "encoder": encoder_id,
        "dim": dim,
        "metrics": metrics_of(comparison),
        "comparison": comparison.as_dict(),
    }  # fmt: skip
    return store_and_publish(
        ROOM,
        slot=SLOT,
        run_id=run_id,
        files=files,
        metadata=metadata,
        findings=encoder_findings(comparison, drawn=pairs.source == DRAWN, is_usable=is_usable),
        sample_over_real=lambda source: Finding(
            "fragrance_tuning.sample_over_real", "blocking", None, (), {"source": source}
        ),
        publish=publish,
        reason=reason,
        principal=principal,
    )


def head_files(head: Head) -> dict[str, bytes]:
    return {HEAD: head_bytes(head)}


def metrics_of(comparison: Comparison) -> dict[str, float]:
    """For the run history."""
    return {
        "ndcg_at_10_before": comparison.before.value,
        "ndcg_at_10_after": comparison.after.value,
        "ndcg_at_10_gain": comparison.gain.value,
        "ndcg_at_10_gain_low": comparison.gain.low,
        "ndcg_at_10_gain_high": comparison.gain.high,
    }


def encoder_result(comparison: Comparison, pairs: PairSet, stored: Stored[Finding], *, use_wandb: bool = False) -> (
    dict[str, Any]
):  # fmt: skip
    """The run's result as plain values."""
    return {
        "slot": SLOT,
        **stored.as_dict(),
        "comparison": comparison.as_dict(),
        "metrics": metrics_of(comparison),
        "perfumes": {part: pairs.count(part) for part in ("train", "validation", "test")},
        "synthetic": pairs.synthetic,
        "tracking": tracking_notice(use_wandb=use_wandb).plain(),
    }
