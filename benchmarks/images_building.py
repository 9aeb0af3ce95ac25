"""Where the time goes when a domain is built from 1,000 pictures: inside decoding and the encoder, or beside them.

What the build itself reports is held against a stopwatch around the same two functions.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import ExitStack
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

from benchmarks.image_uploads import uploads
from benchmarks.report import write_section
from benchmarks.stopwatch import Stopwatch
from core.embeddings.batched_encoder import BatchedEncoder
from core.embeddings.picture_models import image_encoder
from core.images import domain_vectors
from core.images.building import build_report, publishing, steps
from core.images.building.build import BuildConfig
from core.images.building.steps import build_domain
from core.images.domains import domain_folder
from core.security.policy import Principal, Role
from core.settings.current import get_settings
from core.storage.migrations import migrate

GOAL = 0.9  # of the time inside decoding and encoding
PICTURES, CLASSES = 1000, 16
SIZE = (640, 480)  # smaller than what cameras give, so that all else weighs more
DOMAIN = "garden"
ANALYST = Principal("benchmark", Role.ANALYST)
PARTS: dict[str, tuple[Any, str]] = {
    "decode": (domain_vectors, "decode"),
    "prepare and forward": (BatchedEncoder, "encode"),
    "prototypes and space": (steps, "build_prototypes"),
    "comparing methods": (steps, "compare_methods"),
    "calibrating": (steps, "calibrate_domain"),
    "report": (build_report, "report_document"),
    "storing, publishing": (publishing, "store"),
}
ENCODING, EXTRA = tuple(PARTS)[:2], tuple(PARTS)[3:]  # EXTRA: what a build does beyond making prototypes


def write_pictures(count: int) -> None:
    drawn = uploads(per_class=-(-count // CLASSES), seed=12, size=SIZE)
    for (picture, content), _ in zip(drawn, range(count), strict=False):
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.jpeg"
        place = domain_folder(DOMAIN) / "pictures" / picture.class_name / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def build(run_id: str, watch: Stopwatch, whole: str) -> dict[str, Any]:
    """One build of the domain, stored and published. Its own report."""
    with ExitStack() as parts:
        for part, (owner, attribute) in PARTS.items():
            parts.enter_context(watch.inside(f"{whole}: {part}", owner, attribute))
        with watch.lap(whole):
            made = build_domain(BuildConfig(DOMAIN), run_id=run_id, principal=ANALYST)
            stored = publishing.store(made, build_report.report_document(made), principal=ANALYST, publish=True)
    assert stored.published
    return stored.report


def _less(whole: tuple[float, float], *parts: tuple[float, float]) -> tuple[float, float]:
    """Wall and processor seconds outside the parts."""
    return whole[0] - sum(wall for wall, _ in parts), whole[1] - sum(processor for _, processor in parts)


def main(pictures: int = PICTURES) -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        get_settings.cache_clear()
        migrate()
        write_pictures(pictures)
        image_encoder()  # loaded, and compiled for the first time, before anything is measured
        watch = Stopwatch()
        report = build("0" * 32, watch, "first")
        build("1" * 32, watch, "again")
    whole = watch.total("first")
    rows = {part: watch.total(f"first: {part}") for part in PARTS}
    rows["all else"] = _less(whole, *rows.values())
    alone = _less(whole, *(rows[part] for part in EXTRA))
    lines = ["| part | wall | processor | share of processor time |", "| --- | --- | --- | --- |"]
    for part, (wall, processor) in {**rows, "whole build": whole}.items():
        lines.append(f"| {part} | {wall:.2f} s | {processor:.2f} s | {processor / whole[1]:.1%} |")
    encoding = [sum(rows[part][kind] for part in ENCODING) for kind in (0, 1)]
    told = report["seconds"]
    lines += [
        "",
        f"Of making the prototypes {encoding[1] / alone[1]:.1%} of the processor time ({encoding[0] / alone[0]:.1%} on "
        f"the wall) is inside decoding and the encoder, of a whole build with its comparison, calibration and "
        f"publishing {encoding[1] / whole[1]:.1%} ({encoding[0] / whole[0]:.1%}); the goal is at least {GOAL:.0%}. The "
        "build's own report, which counts reading and hashing a file as decoding and leaves storing out, says "
        f"{told['decode']:.1f} s, {told['forward']:.1f} s and {told['other']:.1f} s beside.",
        "",
        f"{report['data']['pictures']:,} drawn JPEG of {SIZE[0]} x {SIZE[1]} in {CLASSES} classes, "
        f"`{report['encoder']['id']}`, one thread, {whole[1] / pictures * 1e3:.1f} ms of processor time for each "
        f"picture. Built once more with nothing changed it takes {watch.total('again')[1]:.1f} s: vectors of pictures "
        f"that the last build read are taken from there. Load average at the end: {os.getloadavg()[0]:.1f} on "
        f"{os.cpu_count()} CPUs.",
    ]
    write_section("images_building", "Building prototypes", "\n".join(lines))


if __name__ == "__main__":
    main()
