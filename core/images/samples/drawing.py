"""Drawn, seeded sample pictures: shapes, textures and products in outline, with other classes that stay unknown.

Nothing here is a photograph and nobody is shown. A seed gives the same pictures on every machine: all draws are whole
numbers, corners are rounded to whole pixels and noise is added in whole steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.images.samples.outlines import KNOWN, UNKNOWN, Outline

if TYPE_CHECKING:
    from PIL.Image import Image

SAMPLE_DOMAIN, SAMPLE_SEED, SAMPLE_EDGE = "samples", 4, 224
PER_CLASS = 20
FINER = 3  # drawn at this many times the size and averaged, for smooth edges
TEXTURES = frozenset({"줄무늬", "체크무늬", "물방울무늬", "물결무늬", "벽돌무늬"})
Colour = tuple[int, int, int]
PAINTS: tuple[Colour, ...] = (
    *((200, 40, 50), (225, 110, 30), (210, 165, 20), (60, 140, 60), (20, 120, 130), (40, 90, 190)),
    *((110, 60, 170), (190, 60, 130), (120, 75, 45), (70, 80, 90)),
)
GROUNDS: tuple[Colour, ...] = (
    *((240, 240, 240), (250, 235, 210), (215, 230, 245), (225, 240, 220), (245, 220, 225), (205, 205, 200)),
)
Group = Literal["known", "unknown"]


@dataclass(frozen=True)
class SamplePicture:
    """A drawn picture, RGB; `class_name` in Korean (NFC), `number` from 0 within its class."""

    class_name: str
    english_name: str
    number: int
    image: Image


def sample_names() -> dict[str, str]:
    """Korean name -> English name of every drawn class, known or not."""
    return {korean: english for korean, (english, _) in (KNOWN | UNKNOWN).items()}


def draw_samples(
    group: Group = "known", *, per_class: int = PER_CLASS, seed: int = SAMPLE_SEED, edge: int = SAMPLE_EDGE
) -> Iterator[SamplePicture]:
    """`per_class` pictures of `edge` x `edge` pixels for each class of the group.

    Each picture has draws of its own: picture 3 of a class is the same however many are asked for.
    """
    chosen = KNOWN if group == "known" else UNKNOWN
    for order, (korean, (english, outline)) in enumerate(chosen.items()):
        for number in range(per_class):
            rng = np.random.default_rng([seed, group == "unknown", order, number])
            image = _draw(rng, outline(), edge, is_texture=korean in TEXTURES)
            yield SamplePicture(korean, english, number, image)


def _draw(rng: np.random.Generator, outline: Outline, edge: int, *, is_texture: bool) -> Image:
    from PIL import Image, ImageDraw

    size = edge * FINER
    body, accent, dark = rng.permutation(len(PAINTS))[:3]
    colours = {"body": _near(rng, PAINTS[body]), "accent": _near(rng, PAINTS[accent])}
    colours["dark"] = _near(rng, tuple(part // 3 for part in PAINTS[dark]))
    background = _background(rng, size)
    # The thing and where it is: what is "back" cuts a hole, through which the background shows.
    thing, mask = Image.new("RGB", (size, size)), Image.new("L", (size, size))
    painting, cutting = ImageDraw.Draw(thing), ImageDraw.Draw(mask)
    place = _placing(rng, size, is_texture=is_texture)
    for role, polygon in outline:
        corners = [place(x, y) for x, y in polygon]
        painting.polygon(corners, fill=colours.get(role))
        cutting.polygon(corners, fill=0 if role == "back" else 255)
    return _noisy(rng, Image.composite(thing, background, mask).reduce(FINER))


def _placing(rng: np.random.Generator, size: int, *, is_texture: bool) -> Callable[[float, float], tuple[int, int]]:
    """Where a point of an outline lands: scaled, squeezed, turned, moved, for some mirrored."""
    turn = pi * int(rng.integers(-90, 90) if is_texture else rng.integers(-25, 26)) / 180
    scale = size * int(rng.integers(48, 80) if is_texture else rng.integers(26, 44)) / 100
    squeeze = int(rng.integers(85, 101)) / 100
    mirror = 1 if is_texture or rng.integers(2) else -1
    free = 0 if is_texture else max(size // 2 - round(scale * 1.05), 0)
    middle_x, middle_y = (size // 2 + int(rng.integers(-free, free + 1)) for _ in range(2))

    def place(x: float, y: float) -> tuple[int, int]:
        across, down = mirror * x * scale * squeeze, y * scale
        return (
            round(middle_x + across * cos(turn) - down * sin(turn)),
            round(middle_y + across * sin(turn) + down * cos(turn)),
        )

    return place


def _background(rng: np.random.Generator, size: int) -> Image:
    """A soft change from one light colour to another, with a few faint lines."""
    from PIL import Image, ImageDraw

    first, second = (np.array(_near(rng, GROUNDS[rng.integers(len(GROUNDS))])) for _ in range(2))
    share = np.arange(size)[:, None]
    column = (first * (size - share) + second * share) // size
    rows = np.repeat(column[:, None, :], size, axis=1).astype(np.uint8)
    image = Image.fromarray(rows if rng.integers(2) else np.ascontiguousarray(rows.transpose(1, 0, 2)))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(0, 4))):
        ends = [int(one) for one in rng.integers(0, size, 4)]
        pen.line(ends, fill=_near(rng, GROUNDS[rng.integers(len(GROUNDS))]), width=int(rng.integers(1, 5)) * FINER)
    return image


def _noisy(rng: np.random.Generator, image: Image) -> Image:
    from PIL import Image as pillow

    most = int(rng.integers(0, 17))
    noise = rng.integers(-most, most + 1, (image.height, image.width, 3))
    return pillow.fromarray((np.asarray(image).astype(np.int64) + noise).clip(0, 255).astype(np.uint8))


def _near(rng: np.random.Generator, colour: Sequence[int]) -> Colour:
    red, green, blue = (min(255, max(0, part + int(rng.integers(-18, 19)))) for part in colour)
    return (red, green, blue)
