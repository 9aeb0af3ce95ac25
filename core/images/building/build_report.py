"""report.json of a build: everything that is ever told about it, computed once, so that all who tell it agree."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from core.images.building.build import Build
from core.images.building.build_comparison import METHODS, PROTOTYPE, Comparison
from core.images.building.class_checks import confusable, confusion, outliers
from core.images.calibration.evaluation import LEVEL, REPLICATES, Interval, auroc, class_draws
from core.images.domain_vectors import EmbeddedPicture, place_of
from core.images.feedback import Remark
from core.images.names import english_name
from core.images.prototypes import Prototypes
from core.images.samples.drawing import SAMPLE_DOMAIN
from core.images.verdict import Match, match_many

MOST_REFUSALS = 1000  # kept with their reasons; all are counted
VERSIONS = ("numpy", "onnxruntime", "pillow", "torch", "transformers", "open_clip_torch")


def report_document(build: Build) -> dict[str, Any]:
    """The document as plain values for strict JSON; whether the build was published is told once it is stored."""
    known, comparison = build.vectors.of("pictures"), build.comparison
    files = {name: [one.file_name for one in pictures] for name, pictures in known.items()}
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
        "outliers": [asdict(one) for one in outliers(comparison, files)] if comparison else [],
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
        "versus_before": versus_before(build, held),
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


def versus_before(build: Build, held: Interval | None) -> dict[str, Any] | None:
    """What served before beside this build, and what each says of the staged remarks' pictures; None at the first.

    before: as the prototypes that serve see the picture, else as the reviewer saw it. after: as these prototypes do,
    which the picture is now part of.
    """
    earlier = build.before.prototypes
    if earlier is None and not build.remarks:
        return None
    report = build.before.report or {}
    counts = [one for one in earlier.counts if one is not None] if earlier else []
    before = {
        "run_id": earlier.built_by,
        "pictures": sum(counts) if len(counts) == len(earlier.classes) else None,
        "classes": len(earlier.classes),
        "top_1": (report.get("held_out") or {}).get("top_1"),
    } if earlier else None  # fmt: skip
    known = build.vectors.of("pictures")
    after = {
        "run_id": build.run_id, "pictures": sum(map(len, known.values())), "classes": len(known),
        "top_1": asdict(held) if held else None,
    }  # fmt: skip
    return {"before": before, "after": after, "remarks": _remarks(build)}


def _remarks(build: Build) -> list[dict[str, Any]]:
    brought = {one.remark.id: one for one in build.vectors.pictures if one.remark is not None}
    remarks = [one for one in build.remarks if one.id in brought]
    if not remarks:
        return []
    queries = np.stack([brought[one.id].vector for one in remarks])
    after = match_many(queries, build.prototypes, top_k=1)
    before = _matched_before(build, queries)
    return [
        {
            "id": one.id, "kind": one.kind, "class_name": place_of(one)[1], "group": place_of(one)[0],
            "file_name": one.file_name, "sha256": one.picture_sha256,
            "before": _verdict(before[row]) if before else _as_seen(one), "after": _verdict(after[row]),
        }
        for row, one in enumerate(remarks)
    ]  # fmt: skip


def _matched_before(build: Build, queries: Any) -> tuple[Match, ...]:
    earlier = build.before.prototypes
    is_same = earlier is not None and _made_by(earlier) == _made_by(build.prototypes)
    return match_many(queries, earlier, top_k=1) if earlier is not None and is_same else ()


def _made_by(prototypes: Prototypes) -> tuple[str | None, str | None, str | None]:
    return prototypes.encoder_id, prototypes.weights_sha256, prototypes.preprocessing_sha256


def _verdict(match: Match) -> dict[str, Any]:
    return {"verdict": match.verdict, "s1": match.s1, "margin": match.margin}


def _as_seen(remark: Remark) -> dict[str, Any] | None:
    if remark.verdict is None:
        return None
    return {"verdict": remark.verdict, "s1": remark.s1, "margin": remark.margin}


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
