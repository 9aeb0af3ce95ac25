"""Small picture files of every kind, made on the spot: the upper left quarter is red, all else is blue."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def corner(width: int = 96, height: int = 64) -> Image.Image:
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    return image


def saved(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, format, **options)
    return target.getvalue()


def exif(orientation: int) -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = orientation
    return made


def animated(format: str, frames: int = 3) -> bytes:
    others = [Image.new("RGB", (96, 64), (0, 40 * number, 0)) for number in range(1, frames)]
    return saved(corner(), format, save_all=True, append_images=others)


def is_near(found: Any, wanted: tuple[int, int, int], within: int = 40) -> bool:
    """Whether a pixel has about that colour: lossy formats change it a little."""
    return all(abs(one - other) <= within for one, other in zip(found, wanted, strict=True))
