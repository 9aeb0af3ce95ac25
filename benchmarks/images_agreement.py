"""Whether what saves time changes verdicts: other runtimes and 8 bits of the offline encoder, and reduced decoding.

Real weights on real photos where they are at hand, else on drawn pictures; a verdict is a class or unknown.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from PIL import Image

from benchmarks.images_encoders import PHOTOS, by_torch, int8_everywhere
from benchmarks.report import write_section
from core.embeddings.batched_encoder import BatchedEncoder
from core.embeddings.efficientnet import DIMENSION, PREPARATION, pooled_network, weights_file
from core.embeddings.picture_models import image_encoder
from core.images.calibration.calibrating import calibrate_domain
from core.images.decoding import decode
from core.images.prototypes import Prototypes, build_prototypes
from core.images.samples.drawing import draw_samples
from core.images.seen_pictures import DECODED_EDGE
from core.images.verdict import Match, match_many
from core.settings.current import get_settings

GOAL = 0.99  # of verdicts the same as in fp32
LARGE = 1920  # pixels of the longer edge that small photos are enlarged to before they are decoded in reduced scale
EDGES = (DECODED_EDGE, 224)
Pictures = dict[str, list[Image.Image]]


@dataclass(frozen=True)
class Photos:
    """built: what the prototypes come from. asked: known and unknown pictures to judge."""

    built: Pictures
    asked: list[Image.Image]
    shown: str


def photos() -> Photos:
    if PHOTOS.is_dir():
        built, known, unknown = (_folder(name) for name in ("prototypes", "query_known", "query_unknown"))
        shown = "photos"
    else:
        drawn, built, known, unknown = list(draw_samples(per_class=16)), {}, {}, {}
        for one in drawn:
            (built if one.number < 8 else known).setdefault(one.class_name, []).append(one.image)
        for one in draw_samples("unknown", per_class=12):
            unknown.setdefault(one.class_name, []).append(one.image)
        shown = "drawn pictures"
    asked = [one for group in (known, unknown) for pictures in group.values() for one in pictures]
    count = f"{sum(map(len, known.values()))} known and {sum(map(len, unknown.values()))} unknown {shown}"
    return Photos(built, asked, count)


def _folder(name: str) -> Pictures:
    folders = sorted((PHOTOS.parent / name).iterdir())
    return {one.name: [Image.open(path).convert("RGB") for path in sorted(one.iterdir())] for one in folders}


def verdicts(encoder: Any, found: Photos) -> tuple[list[Match], Prototypes]:
    """Everything as this encoder alone would do it: prototypes, calibration, verdicts."""
    rows = {name: encoder.encode(pictures) for name, pictures in found.built.items()}
    prototypes, _ = calibrate_domain(build_prototypes("photos", rows, encoder=encoder), rows, None, encoder)
    return list(match_many(encoder.encode(found.asked), prototypes)), prototypes


def agreement(ones: list[Match], others: list[Match]) -> tuple[float, float, float]:
    """Shares of equal verdicts and equal best classes, and the largest change of a best similarity."""
    pairs = list(zip(ones, others, strict=True))
    return (
        float(np.mean([one.verdict == other.verdict for one, other in pairs])),
        float(np.mean([one.top[0][0] == other.top[0][0] for one, other in pairs])),
        max(abs(one.s1 - other.s1) for one, other in pairs),
    )


def enlarged(picture: Image.Image) -> bytes:
    """The photo as a large JPEG: reducing pays, and happens, only there."""
    factor = LARGE / max(picture.size)
    width, height = (round(side * factor) for side in picture.size)
    target = io.BytesIO()
    picture.resize((width, height), Image.Resampling.BICUBIC).save(target, "JPEG", quality=90)
    return target.getvalue()


def by_edge(found: Photos, prototypes: Prototypes) -> dict[str, list[Match]]:
    """The same large files decoded in full and in reduced scale, judged by the same prototypes."""
    encoder = image_encoder("efficientnet_lite0")
    rows: dict[str, list[np.ndarray]] = {}
    for picture in found.asked:
        content = enlarged(picture)
        for edge in (None, *EDGES):
            name = "decoded in full" if edge is None else f"shorter edge at least {edge}"
            image = decode(content, name="a.jpg", target_edge=edge).image
            rows.setdefault(name, []).append(encoder.encode([image])[0])
    return {name: list(match_many(np.stack(vectors), prototypes)) for name, vectors in rows.items()}


def main() -> None:
    import torch

    torch.set_num_threads(1)
    found = photos()
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        get_settings.cache_clear()
        offered = image_encoder("efficientnet_lite0")
        network = pooled_network(weights_file())

        def way(name: str, forward: Callable[[np.ndarray], np.ndarray]) -> BatchedEncoder:
            return BatchedEncoder(name, DIMENSION, offered.weights_sha256, PREPARATION, forward)

        exact, prototypes = verdicts(way("torch", by_torch(network)), found)
        ways = {
            f"`{offered.id}`, the only one offered,": verdicts(offered, found)[0],
            "int8 in every layer, not offered,": verdicts(way("int8", int8_everywhere(network, "lite0")), found)[0],
        }
        edges = by_edge(found, prototypes)
    full = edges.pop("decoded in full")
    rows = {f"{name} against torch fp32": agreement(exact, other) for name, other in ways.items()}
    for name, other in edges.items():
        used = ", used" if str(DECODED_EDGE) in name else ""
        rows[f"decoded with the {name}{used}, against in full"] = agreement(full, other)
    lines = [
        "| what is compared | same verdict | same best class | largest change of s1 |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {name} | {same:.1%} | {best:.1%} | {most:.4f} |" for name, (same, best, most) in rows.items()]
    lines += [
        "",
        f"EfficientNet-Lite0 with its real weights on {found.shown}; each way builds its own prototypes and calibrates "
        f"its own rule. The goal is {GOAL:.0%} of verdicts for any precision that is offered; this encoder offers fp32 "
        f"alone and refuses another. For reduced decoding the photos are enlarged to {LARGE} pixels and saved as JPEG. "
        "CLIP's 8 bits are not judged here: without its real weights an agreement would mean nothing.",
    ]
    write_section("images_agreement", "Verdicts by faster ways", "\n".join(lines))


if __name__ == "__main__":
    main()
