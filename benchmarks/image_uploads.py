"""Pictures as a camera would send them, without one: drawn samples, enlarged, with grain, as JPEG."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from core.images.samples.drawing import SamplePicture, draw_samples

QUALITY = 90
GRAIN = 6  # levels; a file of 1920 x 1080 then has about 0.5 MB, as photos of that size do


def uploads(*, per_class: int, seed: int, size: tuple[int, int]) -> Iterator[tuple[SamplePicture, bytes]]:
    """Class after class, each picture another: as it was drawn, and the bytes of a JPEG of `size` pixels."""
    random = np.random.default_rng(seed)
    width, height = size
    for picture in draw_samples(per_class=per_class, seed=seed):
        large = np.asarray(picture.image.resize(size, Image.Resampling.BICUBIC), dtype=np.int16)
        grain = random.integers(-GRAIN, GRAIN + 1, (height, width, 1), dtype=np.int16)
        target = io.BytesIO()
        Image.fromarray((large + grain).clip(0, 255).astype(np.uint8)).save(target, "JPEG", quality=QUALITY)
        yield picture, target.getvalue()
