"""report.json of a build: everything that is ever told about it, computed once, so that all who tell it agree."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from core.images.building.before_after import versus_before
from core.images.building.build import Build
from core.images.building.build_comparison import METHODS, PROTOTYPE, Comparison
from core.images.building.class_checks import confusable, confusion, outliers
from core.images.calibration.evaluation import REPLICATES, auroc, class_draws
from core.images.embedded_pictures import EmbeddedPicture, files_by_class
from core.images.ingestion import MOST_REFUSALS
from core.images.names import english_name
from core.images.samples.drawing import SAMPLE_DOMAIN
from core.intervals import LEVEL, Interval

VERSIONS = ("numpy", "onnxruntime", "pillow", "torch", "transformers", "open_clip_torch")


def report_document(build: Build) -> dict[str, Any]:
    """The document as plain values for strict JSON; whether the build was published is told once it is stored."""
    known, comparison = build.vectors.of("pictures"), build.comparison
    held = build.top_1
    card = build.prototypes
    return {
        "run_id": build.run_id,
        "created_at": card.created_at,
        "domain": build.config.domain,
        "parameters": asdict(build.config),
        "encoder": {
            "id": card.encoder_id, "dim": card.dim, "weights_sha256": card.weights_sha256,
            "preprocessing_sha256": card.preprocessing_sha256,
        },
        "data": {
            "pictures": sum(map(len, known.values())),
            "classes": len(known),
            "unknown": sum(map(len, build.vectors.of("unknown").values())),
            "refused": len(build.vectors.refused),
            "reused": build.vectors.reused,
            "copies_within": build.copies.within,
            "copies_across": build.copies.total,
            "sha256": data_sha256(build),
            "synthetic": build.config.domain == SAMPLE_DOMAIN,
        },
        "classes": _classes(build),
        "refused": [
            {
                "group": one.group, "class_name": one.class_name, "file_name": one.file_name, "key": one.error.key,
                "details": {name: _plain(value) for name, value in one.error.details.items()},
            }
            for one in build.vectors.refused[:MOST_REFUSALS]
        ],
        "outliers": [asdict(one) for one in outliers(comparison, files_by_class(known))] if comparison else [],
        "duplicates": [
            {
                "first": _place(one.first), "second": _place(one.second), "similarity": one.similarity,
                "identical": one.identical,
            }
            for one in build.copies.across
        ],
        "confusable": [asdict(one) for one in confusable(card, comparison)],
        "confusion": _confusion(comparison),
        "methods": methods(build),
        "held_out": {
            "top_1": asdict(held) if held else None,
            "pictures": len(comparison.truth) if comparison else 0,
            "unavailable": None if held else _no_top_1(comparison),
        },
        "versus_before": versus_before(build),
        "calibration": build.calibration,
        "calibration_missing": {"key": build.missing[0], "details": build.missing[1]} if build.missing else None,
        "seconds": build.seconds,
        "findings": [one.as_dict() for one in build.findings],
        "published": False,
        "versions": _versions(),
    }  # fmt: skip


def data_sha256(build: Build) -> str:
    """SHA-256 over the sorted groups, classes and content hashes: changes with a picture, and with its place."""
    lines = sorted(f"{one.group}/{one.class_name}/{one.sha256}" for one in build.vectors.pictures)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def methods(build: Build) -> list[dict[str, Any]]:
    """Each way to name a picture, with its shares on the same held-out pictures, or the key of why it has none."""
    comparison = build.comparison
    if comparison is None or len(comparison.classes) < 2:
        reason = _no_top_1(comparison)
        return [{"name": one, "top_1": None, "auroc": None, "weight": None, "unavailable": reason} for one in METHODS]
    told = _aurocs(build, comparison)
    found = []
    for name in METHODS:
        share = comparison.top_1.get(name)
        found.append(
            {
                "name": name, "top_1": asdict(share) if share else None, "auroc": told.get(name),
                "weight": comparison.weight if name == "fusion" else None,
                "unavailable": None if share else "images.encoder_without_words",
            }
        )  # fmt: skip
    return found


def _classes(build: Build) -> list[dict[str, Any]]:
    comparison = build.comparison
    told = []
    for name, pictures in build.vectors.of("pictures").items():
        held = right = 0
        similarity = None
        if comparison is not None:
            inside = comparison.group == name
            held, right = int(inside.sum()), int(comparison.is_right()[inside].sum())
            similarity = float(comparison.known[PROTOTYPE].s1[inside].mean()) if held else None
        told.append(
            {
                "name": name, "english": english_name(name, build.prototypes.names), "pictures": len(pictures),
                "held_out": held, "right": right, "top_1": right / held if held else None, "similarity": similarity,
            }
        )  # fmt: skip
    return told


def _aurocs(build: Build, comparison: Comparison) -> dict[str, dict[str, float]]:
    """Known against unknown by best similarity, drawn alike for all methods; empty without unknown pictures."""
    strangers = build.vectors.of("unknown")
    if not strangers:
        return {}
    group = np.asarray([name for name, pictures in strangers.items() for _ in pictures], dtype=np.str_)
    random = np.random.default_rng(build.config.seed)
    draw_known, draw_unknown = class_draws(comparison.group), class_draws(group)
    draws: dict[str, list[float]] = {name: [] for name in comparison.known}
    for _ in range(REPLICATES):
        one, other = draw_known(random), draw_unknown(random)
        for name, values in draws.items():
            values.append(auroc(comparison.known[name].s1[one], comparison.unknown[name][other]))
    return {
        name: asdict(
            Interval(
                auroc(comparison.known[name].s1, comparison.unknown[name]),
                *(float(one) for one in np.quantile(values, LEVEL)),
            )
        )
        for name, values in draws.items()
    }


def _confusion(comparison: Comparison | None) -> dict[str, Any]:
    if comparison is None:
        return {"classes": [], "counts": []}
    classes, counts = confusion(comparison)
    return {"classes": list(classes), "counts": counts.tolist()}


def _no_top_1(comparison: Comparison | None) -> str:
    return "images.nothing_held_out" if comparison is None else "images.naming_needs_classes"


def _place(one: EmbeddedPicture) -> dict[str, str]:
    return {"class_name": one.class_name, "file_name": one.file_name}


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | str) else str(value)


def _versions() -> dict[str, str]:
    found = {}
    for name in VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
