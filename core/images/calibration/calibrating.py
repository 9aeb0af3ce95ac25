"""The calibration of one domain: what its pictures say about it, chosen thresholds, and a report of plain values.

How thresholds are chosen and checked is the business of thresholds; files are that of calibration_run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.images.calibration.evaluation import Scored, curve, scored
from core.images.calibration.thresholds import (
    MIN_UNKNOWN,
    Places,
    calibrate,
    held_out,
    held_out_places,
    is_accepted,
    left_out_classes,
    left_out_places,
    with_known_scores,
)
from core.images.prototypes import Prototypes, fallback_rule, require_same_encoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.embeddings.picture_models import EncoderCard

    Vectors = NDArray[np.float32]
    Files = Mapping[str, Sequence[str]]

COLLECTED, LEFT_OUT_CLASSES = "collected", "left_out_classes"
CURVE_POINTS = 200


def calibrate_domain(
    prototypes: Prototypes, known_rows: Mapping[str, Vectors], unknown_rows: Mapping[str, Vectors] | None,
    encoder: EncoderCard, *, target: float = 0.05, seed: int = 0, known_files: Files | None = None,
    unknown_files: Files | None = None, held: Scored | None = None,
) -> tuple[Prototypes, dict[str, Any]]:  # fmt: skip
    """The prototypes with thresholds and known_scores, and the calibration report without run_id and created_at.

    known_rows: the pictures the domain was built from, class -> shape (n, dim). unknown_rows: pictures of no class;
    with fewer than MIN_UNKNOWN of them the domain's own classes are left out in turn. *_files: file names in the order
    of the rows, for the points of the report. held: what held_out(known_rows, ..., seed=seed) gave, where the caller
    has it. Raises Conflict for another encoder, BadInput where too little is there to choose or to check.
    """
    require_same_encoder(prototypes, encoder)
    with_space = prototypes.space is not None
    known = held_out(known_rows, encoder, with_space=with_space, seed=seed) if held is None else held
    collected = {name: rows for name, rows in (unknown_rows or {}).items() if len(rows)}
    if sum(map(len, collected.values())) >= MIN_UNKNOWN:
        source, files = COLLECTED, unknown_files
        places: Places = tuple((name, row) for name, rows in collected.items() for row in range(len(rows)))
        unknown = scored(np.concatenate(list(collected.values())), [name for name, _ in places], prototypes)
    else:
        source, files = LEFT_OUT_CLASSES, known_files
        places = left_out_places(known_rows, seed=seed)
        unknown = left_out_classes(known_rows, encoder, with_space=with_space, seed=seed)
    found, fallback = calibrate(known, unknown, target=target, seed=seed), fallback_rule()
    known_points = _points(known, held_out_places(known_rows, seed=seed), known_files)
    report = {
        "domain": prototypes.domain,
        "target": target,
        "unknown_source": source,
        "thresholds": {"tau1": found.thresholds.tau1, "tau2": found.thresholds.tau2},
        "false_accept": asdict(found.false_accept),
        "false_reject": asdict(found.false_reject),
        "right": asdict(found.right),
        "left_out": found.left_out,
        "evaluation": asdict(found.evaluation),
        "points": {
            "known": [
                {**point, "right": bool(right)} for point, right in zip(known_points, known.is_right, strict=True)
            ],
            "unknown": _points(unknown, places, files),
        },
        "curve": _thinned(known, unknown),
        "fallback": {
            "tau1": fallback.tau1,
            "tau2": fallback.tau2,
            "false_accept": float(is_accepted(unknown, fallback).mean()),
            "false_reject": float((~is_accepted(known, fallback)).mean()),
        },
        "before": asdict(prototypes.thresholds) if prototypes.thresholds else None,
    }
    return replace(with_known_scores(prototypes, known), thresholds=found.thresholds), report


def mistakes(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The pictures of a calibration report that its thresholds still judge wrong, the gravest first.

    kind: accepted_unknown, wrong_name (accepted under another class) or refused_known; each with class_name,
    file_name, taken_for (the most similar class), s1 and margin.
    """
    tau1, tau2 = report["thresholds"]["tau1"], report["thresholds"]["tau2"]
    found: dict[str, list[dict[str, Any]]] = {"accepted_unknown": [], "wrong_name": [], "refused_known": []}
    for group in ("unknown", "known"):
        for point in report["points"][group]:
            is_taken = point["s1"] >= tau1 and point["margin"] >= tau2
            if group == "unknown":
                kind = "accepted_unknown" if is_taken else None
            else:
                kind = "refused_known" if not is_taken else None if point["right"] else "wrong_name"
            if kind is not None:
                told = {name: point[name] for name in ("class_name", "file_name", "taken_for", "s1", "margin")}
                found[kind].append({"kind": kind, **told})
    # What is accepted wrongly is graver the surer the domain is; what is refused, the farther it lies off.
    return [
        *sorted(found["accepted_unknown"], key=lambda one: -float(one["s1"])),
        *sorted(found["wrong_name"], key=lambda one: -float(one["s1"])),
        *sorted(found["refused_known"], key=lambda one: float(one["s1"])),
    ]


def _points(pictures: Scored, places: Places, files: Files | None) -> list[dict[str, Any]]:
    """One row per picture, in the order of `places`; file_name and taken_for are None where nobody told them."""
    taken_for = [None] * len(pictures) if pictures.best is None else pictures.best.tolist()
    return [
        {
            "class_name": name,
            "file_name": files[name][row] if files is not None else None,
            "taken_for": best,
            "s1": float(s1),
            "margin": float(margin),
        }
        for (name, row), best, s1, margin in zip(places, taken_for, pictures.s1, pictures.margin, strict=True)
    ]


def _thinned(known: Scored, unknown: Scored) -> dict[str, list[float]]:
    """The curve with both ends and at most CURVE_POINTS points."""
    accepted, taken, named = curve(known, unknown)
    kept = np.unique(np.linspace(0, len(accepted) - 1, min(CURVE_POINTS, len(accepted))).round().astype(int))
    return {"accepted": accepted[kept].tolist(), "taken": taken[kept].tolist(), "named": named[kept].tolist()}
