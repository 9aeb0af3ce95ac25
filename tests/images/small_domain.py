"""A small domain of drawn pictures, stored, built and with references, without a notebook run."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from core.embeddings import efficientnet
from core.embeddings.batched_encoder import BatchedEncoder
from core.embeddings.onnx_runtime import Precision
from core.embeddings.picture_models import image_encoder
from core.images.decoding import decode
from core.images.domains import add_domain, domain_folder
from core.images.pictures import add_picture, list_pictures, save_names
from core.images.prototypes import Prototypes, Thresholds, build_prototypes
from core.images.references import References, save_references
from core.images.samples.drawing import draw_samples, sample_names
from core.resilience.resident_models import resident
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from tests.conftest import use_compiled_models

RULE = Thresholds(0.8, 0.01, is_calibrated=True, target=0.05, false_accept=0.05)


def drawn(classes: int = 3, pictures: int = 3, *, group: str = "known") -> dict[str, list[bytes]]:
    """Class -> PNG files of the first drawn classes."""
    found: dict[str, list[bytes]] = {}
    for one in draw_samples(group, per_class=pictures):  # type: ignore[arg-type]
        if one.class_name not in found and len(found) == classes:
            break
        content = io.BytesIO()
        one.image.save(content, "PNG")
        found.setdefault(one.class_name, []).append(content.getvalue())
    return found


def add_small_domain(
    name: str = "shapes", *, pictures: dict[str, list[bytes]] | None = None, rule: Thresholds | None = RULE,
    run_id: str = "build-1",
) -> Prototypes:  # fmt: skip
    """Store and build a domain from PNG files by class."""
    share_compiled_models()
    for class_name, contents in (pictures or drawn()).items():
        for number, content in enumerate(contents):
            add_picture(name, class_name, content, file_name=f"{number}.png", principal=LOCAL_ANALYST)
    save_names(name, sample_names(), principal=LOCAL_ANALYST)
    encoder = image_encoder()
    stored = [one for found in list_pictures(name, principal=LOCAL_ANALYST).values() for one in found]
    contents = [one.content() for one in stored]
    vectors = np.stack([_encoded(one) for one in contents])
    classes = [one.class_name for one in stored]
    built = build_prototypes(name, _by_class(vectors, classes), encoder=encoder, names=sample_names())
    made = replace(built, thresholds=rule, built_by=run_id, image_model="efficientnet_lite0")
    save_references(
        domain_folder(name),
        References(
            vectors,
            tuple(classes),
            tuple(one.file_name for one in stored),
            tuple(hashlib.sha256(one).hexdigest() for one in contents),
            encoder.id,
            encoder.weights_sha256,
            encoder.preprocessing_sha256,
            run_id,
        ),
    )
    add_domain(made, principal=LOCAL_ANALYST, replaces=True)
    return made


def share_compiled_models() -> None:
    """Let this test's home use what the encoder compiled for another, and the encoder that another loaded."""
    settings = get_settings()
    use_compiled_models(settings.data_dir)
    name, precision = settings.image_model, settings.image_precision
    if name in efficientnet.NAMES:
        key = f"image_encoder:{name}:{precision}:{settings.threads}"
        resident(key, "1", lambda: _loaded(name, precision), size_bytes=efficientnet.SIZE)


@cache
def _loaded(name: str, precision: Precision) -> BatchedEncoder:
    """The encoder, which remembers what it said of a picture: most tests show it the same few."""
    encoder = efficientnet.load(name, precision)
    seen: dict[bytes, np.ndarray] = {}

    def forward(batch: np.ndarray) -> np.ndarray:
        keys = [hashlib.sha256(one.tobytes()).digest() for one in batch]
        new = [place for place, key in enumerate(keys) if key not in seen]
        if new:
            seen.update(zip((keys[place] for place in new), encoder.forward(batch[new]), strict=True))
        return np.stack([seen[key] for key in keys])

    return replace(encoder, forward=forward)


@cache
def _encoded(content: bytes) -> np.ndarray:
    return image_encoder().encode([decode(content, name="sample", target_edge=448).image])[0]


def _by_class(vectors: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
    return {name: vectors[[one == name for one in classes]] for name in dict.fromkeys(classes)}
