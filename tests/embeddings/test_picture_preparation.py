"""Pictures are fitted, cut and scaled as the model's own library does it, and the recipe has a checksum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.embeddings.batched_encoder import unit_rows
from core.embeddings.efficientnet import PREPARATION
from core.embeddings.picture_preparation import Preparation

CLIP = Preparation(
    224,
    "shortest",
    "bicubic",
    scale=1 / 255,
    mean=(0.48145466, 0.4578275, 0.40821073),
    std=(0.26862954, 0.26130258, 0.27577711),
)


def picture(width: int, height: int) -> Image.Image:
    noise = np.random.default_rng(3).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("sides", [(300, 200), (200, 301), (224, 225), (40, 33), (224, 224)])
def test_when_clip_prepares_then_it_equals_the_processor_of_transformers(sides: tuple[int, int]) -> None:
    pytest.importorskip("transformers", reason="transformers is not installed")
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    theirs = CLIPImageProcessorPil()(picture(*sides), return_tensors="np")["pixel_values"][0]

    assert np.abs(CLIP(picture(*sides)) - theirs).max() < 1e-5


@pytest.mark.parametrize("fit", ["shortest", "squash"])
@pytest.mark.parametrize("sides", [(300, 200), (200, 301), (227, 224), (40, 33)])
def test_when_open_clip_prepares_then_it_equals_its_own_transform(sides: tuple[int, int], fit: str) -> None:
    pytest.importorskip("open_clip", reason="open_clip is not installed")
    from open_clip.transform import image_transform

    theirs = image_transform(224, is_train=False, resize_mode=fit)(picture(*sides)).numpy()  # type: ignore[arg-type]
    ours = replace(CLIP, crop="round", fit=fit)(picture(*sides))  # type: ignore[arg-type]

    assert np.abs(ours - theirs).max() < 1e-5


def test_when_efficientnet_prepares_then_values_lie_around_zero_in_128ths() -> None:
    prepared = PREPARATION(Image.new("RGB", (10, 30), (127, 255, 0)))

    assert prepared.shape == (3, 224, 224)
    assert prepared[:, 5, 5].tolist() == [0.0, 1.0, -127 / 128]


def test_when_a_picture_is_grey_then_it_is_prepared_as_colour() -> None:
    assert CLIP(picture(50, 60).convert("L")).shape == (3, 224, 224)


def test_when_the_recipe_changes_then_its_checksum_does() -> None:
    assert CLIP.sha256 == replace(CLIP).sha256
    assert CLIP.sha256 != replace(CLIP, resample="bilinear").sha256


def test_when_rows_have_no_direction_then_they_become_zeros_and_the_others_unit_length() -> None:
    rows = np.array([[3, 4], [0, 0], [np.nan, 1], [np.inf, 1], [1e30, 1e30]], dtype=np.float32)

    units = unit_rows(rows)

    assert units[0] == pytest.approx([0.6, 0.8])
    assert not units[1:4].any()
    assert np.linalg.norm(units[4]) == pytest.approx(1)
