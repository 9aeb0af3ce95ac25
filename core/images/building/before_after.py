"""A build beside what served before: the figures of both, and what each says of pictures that reviewers spoke of."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from core.images.building.build import Build
from core.images.feedback import Remark
from core.images.prototypes import Prototypes
from core.images.verdict import Match, match_many


def versus_before(build: Build) -> dict[str, Any] | None:
    """What served before beside this build, and what each says of the staged remarks' pictures; None at the first.

    before: as the prototypes that serve see the picture, else as the reviewer saw it. after: as these prototypes do,
    which the picture is now part of.
    """
    earlier, held = build.before.prototypes, build.top_1
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
            "id": one.id, "kind": one.kind, "class_name": one.place[1], "group": one.place[0],
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
