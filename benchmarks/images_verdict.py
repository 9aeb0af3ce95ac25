"""From the bytes of an upload to the verdict with CLIP ViT-B/32: our path against transformers in fp32 and Chroma.

The weights are random, saved as a real checkpoint: good for time, and for nothing about how well pictures are matched.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from PIL import Image

import core  # the guard, before anything imports torchvision
from benchmarks.image_uploads import uploads
from benchmarks.report import write_section
from benchmarks.stopwatch import Stopwatch
from core.embeddings.batched_encoder import BatchedEncoder
from core.embeddings.picture_models import ImageEncoder, image_encoder
from core.embeddings.picture_preparation import Preparation
from core.images import matching, seen_pictures
from core.images.domains import add_domain, domain_folder
from core.images.names import UNKNOWN
from core.images.prototypes import Prototypes, build_prototypes, fallback_rule
from core.images.references import References, save_references
from core.images.space import unit_rows
from core.security.policy import Principal, Role
from core.settings.current import get_settings

assert core.__doc__
GOAL = 1 / 3  # of the time of the plain path
SIZE = (1920, 1080)
CLASSES, PER_CLASS = 150, 8
OFFLINE = "efficientnet_lite0"
ANALYST = Principal("benchmark", Role.ANALYST)
RULE = fallback_rule()


def write_checkpoint(folder: Path) -> Path:
    """openai/clip-vit-base-patch32 in all but its numbers: the library's default sizes are that model's."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    torch.manual_seed(0)
    CLIPModel(CLIPConfig()).save_pretrained(folder)
    CLIPImageProcessor().save_pretrained(folder)
    return folder


def write_domain(name: str, model: str, encoder: ImageEncoder) -> Prototypes:
    """A domain of random vectors with everything a built one has: space, references, run."""
    random = np.random.default_rng(0)
    noise = random.standard_normal((CLASSES, PER_CLASS, encoder.dim), dtype=np.float32)
    centres = random.standard_normal((CLASSES, 1, encoder.dim), dtype=np.float32)
    pictures = {f"class {number:03d}": unit_rows(rows) for number, rows in enumerate(centres + 0.5 * noise)}
    built = build_prototypes(name, pictures, encoder=encoder)
    built = replace(built, image_model=model, built_by=f"run of {name}")
    add_domain(built, principal=ANALYST)
    named = [(one, f"{number}.jpg", "0" * 64) for one in pictures for number in range(PER_CLASS)]
    checks = (encoder.id, encoder.weights_sha256, encoder.preprocessing_sha256)
    rows = np.concatenate(list(pictures.values()))
    folder = domain_folder(name)
    save_references(folder, References(rows, *zip(*named, strict=True), *checks, built_by=built.built_by))  # type: ignore[arg-type]
    return built


def plain_path(folder: Path, prototypes: Prototypes, watch: Stopwatch) -> Callable[[bytes], str]:
    """What the libraries' first pages show: decode in full, the checkpoint in fp32, ask Chroma, apply the rule."""
    import chromadb
    import torch
    from transformers import CLIPImageProcessor, CLIPModel

    torch.set_num_threads(1)
    model: Any = CLIPModel.from_pretrained(folder).eval()
    processor: Any = CLIPImageProcessor.from_pretrained(folder)
    client = chromadb.EphemeralClient(chromadb.config.Settings(anonymized_telemetry=False))
    space = {"hnsw": {"space": "cosine"}}
    collection = client.create_collection("prototypes", embedding_function=None, configuration=space)  # type: ignore[arg-type]
    collection.add(ids=list(prototypes.classes), embeddings=prototypes.vectors)

    def verdict(content: bytes) -> str:
        with watch.lap("plain: decode"):
            picture = Image.open(io.BytesIO(content)).convert("RGB")
        with watch.lap("plain: prepare"):
            pixels = processor(images=picture, return_tensors="pt")
        with watch.lap("plain: network"), torch.no_grad():
            features = model.get_image_features(**pixels).pooler_output
            vector = (features / features.norm(dim=-1, keepdim=True)).numpy()
        with watch.lap("plain: nearest"):
            found = collection.query(query_embeddings=vector, n_results=3)
        s1, second = (1 - distance for distance in found["distances"][0][:2])  # type: ignore[index]
        return UNKNOWN if s1 < RULE.tau1 or s1 - second < RULE.tau2 else found["ids"][0][0]

    return verdict


def our_path(domain: str) -> Callable[[bytes], object]:
    return lambda content: matching.recognise(content, name="upload.jpg", domain=domain, principal=ANALYST)


def measure(contents: list[bytes], folder: Path, watch: Stopwatch) -> None:
    """The paths take turns, picture by picture; nobody sees a picture twice but where a second look is measured."""
    clip = write_domain("clip", str(folder), image_encoder(str(folder)))
    write_domain("offline", OFFLINE, image_encoder(OFFLINE))
    plain, clip_path, offline_path = plain_path(folder, clip, watch), our_path("clip"), our_path("offline")
    for way in (plain, clip_path, offline_path):  # the first call loads what is loaded once
        way(contents[0])
    watch.laps.clear()
    for content in contents[1:]:
        with watch.lap("plain"):
            plain(content)
        for name, way in (("ours", clip_path), ("offline", offline_path)):
            with ExitStack() as parts:
                for part, owner, attribute in (
                    ("decode", seen_pictures, "decode"),
                    ("encode", BatchedEncoder, "encode"),
                    ("prepare", Preparation, "__call__"),
                    ("nearest", matching, "match_prototypes"),
                    ("reasons", matching, "nearest"),
                ):
                    parts.enter_context(watch.inside(f"{name}: {part}", owner, attribute))
                with watch.lap(name):
                    way(content)
        with watch.lap("ours: second look"):
            clip_path(content)


def steps(watch: Stopwatch, path: str) -> dict[str, tuple[float, float]]:
    """Step -> median wall and processor seconds; the network is what encoding takes beyond the preparation."""
    found = {step: watch.median(f"{path}: {step}") for step in ("decode", "prepare", "network", "nearest", "reasons")}
    if path != "plain":
        both = zip(watch.median(f"{path}: encode"), found["prepare"], strict=True)
        found["network"] = tuple(encode - prepare for encode, prepare in both)  # type: ignore[assignment]
    whole = watch.median(path)
    rest = tuple(whole[kind] - sum(one[kind] for one in found.values()) for kind in (0, 1))
    return {**found, "all else": rest, "whole": whole}  # type: ignore[dict-item]


def vnni() -> str:
    """Whether the processor multiplies bytes in one step, where the system tells."""
    try:
        told = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return "not told"
    return "yes" if "vnni" in told else "no"


def main(pictures: int = 16) -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKBENCH_HOME"] = home
        get_settings.cache_clear()
        contents = [content for _, content in uploads(per_class=pictures // 16 + 1, seed=11, size=SIZE)]
        contents = contents[: pictures + 1]
        watch = Stopwatch()
        measure(contents, write_checkpoint(Path(home) / "vit-b-32"), watch)
        ids = [image_encoder(name).id for name in (str(Path(home) / "vit-b-32"), OFFLINE)]
    paths = {path: steps(watch, path) for path in ("plain", "ours", "offline")}
    lines = [
        f"| step | plain: transformers fp32, Chroma | ours: `{ids[0]}` | share | offline: `{ids[1]}` | share |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for step in paths["plain"]:
        cells = [f"{1e3 * paths['plain'][step][1]:.1f} ms"]
        for path in ("ours", "offline"):
            cells += [f"{1e3 * paths[path][step][1]:.2f} ms", f"{paths[path][step][1] / paths[path]['whole'][1]:.1%}"]
        lines.append(f"| {step} | {' | '.join(cells)} |")
    (plain, plain_processor), (ours, processor) = paths["plain"]["whole"], paths["ours"]["whole"]
    again = 1e3 * watch.median("ours: second look")[1]
    kilobytes = np.median([len(content) for content in contents]) / 1e3
    lines += [
        "",
        f"From bytes to verdict ours takes {ours / plain:.3f} of the plain path's time on the wall and "
        f"{processor / plain_processor:.3f} of its processor time ({1e3 * processor:.0f} of "
        f"{1e3 * plain_processor:.0f} ms); the goal is at most {GOAL:.3f}. A picture seen before is answered in "
        f"{again:.2f} ms.",
        "",
        f"Medians of {len(contents) - 1} JPEG of {SIZE[0]} x {SIZE[1]} ({kilobytes:.0f} KB), each another; the paths "
        f"take turns in one process, one thread each; steps in processor time. {CLASSES} classes "
        f"with {PER_CLASS} reference pictures; Chroma within the process, without a server. Ours also reads the "
        "domain, checks the encoder and picks the reference pictures that explain the verdict. CLIP's weights are "
        "random: whether 8 bits give the same verdicts as fp32 has to be measured where the real ones are. "
        f"Instructions for 8 bits (VNNI) on this processor: {vnni()}; without them it multiplies bytes at most twice "
        "as fast as numbers in single precision. "
        f"Load average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs.",
    ]
    write_section("images_verdict", "From an upload to the verdict", "\n".join(lines))


if __name__ == "__main__":
    main()
