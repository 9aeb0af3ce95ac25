"""The outlines of the drawn sample classes, as polygons in a square from -1 to 1, y downwards; never people.

Each part is a polygon and the role of its colour: "body", "accent", "dark", or "back" for what shows through.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

Point = tuple[float, float]
Part = tuple[str, tuple[Point, ...]]
Outline = tuple[Part, ...]

EVERYWHERE = 1.6  # textures reach beyond the square, so that turning one leaves no empty corner


def oval(x: float, y: float, width: float, height: float, start: float = 0.0, end: float = 2.0) -> tuple[Point, ...]:
    """An ellipse, or the part of it between two angles in units of pi."""
    steps = 40
    angles = [pi * (start + (end - start) * step / steps) for step in range(steps + 1)]
    return tuple((x + width * cos(angle), y + height * sin(angle)) for angle in angles)


def box(left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def star() -> Outline:
    radii = (0.95, 0.4)
    return (("body", tuple(_at(radii[corner % 2], pi * corner / 5 - pi / 2) for corner in range(10))),)


def heart() -> Outline:
    curve = [
        (
            sin(angle) ** 3 * 0.95,
            -(13 * cos(angle) - 5 * cos(2 * angle) - 2 * cos(3 * angle) - cos(4 * angle)) / 17 * 0.95,
        )
        for angle in (2 * pi * step / 60 for step in range(60))
    ]
    return (("body", tuple(curve)),)


def crescent() -> Outline:
    return (("body", oval(0, 0, 0.9, 0.9)), ("back", oval(0.38, -0.1, 0.75, 0.75)))


def arrow() -> Outline:
    head = ((0.95, 0.0), (0.2, -0.65), (0.2, 0.65))
    return (("body", box(-0.9, -0.25, 0.3, 0.25)), ("body", head))


def cross() -> Outline:
    return (("body", box(-0.3, -0.9, 0.3, 0.9)), ("body", box(-0.9, -0.3, 0.9, 0.3)))


def mug() -> Outline:
    handle = (("body", oval(0.5, 0.05, 0.42, 0.45)), ("back", oval(0.5, 0.05, 0.24, 0.27)))
    cup = (("body", box(-0.7, -0.65, 0.45, 0.8)), ("dark", oval(-0.125, -0.65, 0.575, 0.16)))
    return (*handle, *cup, ("accent", box(-0.7, 0.1, 0.45, 0.35)))


def bottle() -> Outline:
    body = ((-0.38, -0.2), (0.38, -0.2), (0.42, 0.95), (-0.42, 0.95))
    neck = ((-0.14, -0.75), (0.14, -0.75), (0.38, -0.2), (-0.38, -0.2))
    return (
        ("body", neck),
        ("body", body),
        ("dark", box(-0.18, -0.95, 0.18, -0.72)),
        ("accent", box(-0.4, 0.15, 0.4, 0.6)),
    )


def umbrella() -> Outline:
    scallops = tuple(("back", oval(-0.66 + 0.66 * number, 0.0, 0.3, 0.2)) for number in range(3))
    crook = (("dark", oval(0.2, 0.75, 0.24, 0.22, 0, 1)), ("back", oval(0.2, 0.75, 0.12, 0.1, 0, 1)))
    panel = (("accent", oval(0, 0, 0.34, 0.8, 1, 2)),)
    return (("body", oval(0, 0, 0.98, 0.85, 1, 2)), *panel, *scallops, ("dark", box(-0.05, -0.9, 0.06, 0.78)), *crook)


def glasses() -> Outline:
    rims = tuple(("body", oval(x, 0, 0.42, 0.4)) for x in (-0.5, 0.5))
    lenses = tuple(("accent", oval(x, 0, 0.31, 0.29)) for x in (-0.5, 0.5))
    arms = (("body", box(-1.0, -0.34, -0.8, -0.2)), ("body", box(0.8, -0.34, 1.0, -0.2)))
    return (*arms, ("body", box(-0.16, -0.16, 0.16, -0.04)), *rims, *lenses)


def chair() -> Outline:
    legs = tuple(("dark", box(x, 0.25, x + 0.14, 0.98)) for x in (-0.55, 0.41))
    posts = tuple(("body", box(x, -0.95, x + 0.18, 0.2)) for x in (-0.55, 0.2))
    return (*legs, *posts, ("accent", box(-0.37, -0.8, 0.2, -0.35)), ("body", box(-0.6, 0.1, 0.62, 0.32)))


def key() -> Outline:
    bow = (("body", oval(-0.6, 0, 0.38, 0.38)), ("back", oval(-0.6, 0, 0.2, 0.2)))
    teeth = tuple(("body", box(x, 0.05, x + 0.12, reach)) for x, reach in ((0.45, 0.36), (0.65, 0.26), (0.83, 0.36)))
    return (*bow, ("body", box(-0.25, -0.09, 0.95, 0.09)), *teeth)


def lamp() -> Outline:
    shade = ((-0.35, -0.9), (0.35, -0.9), (0.75, -0.1), (-0.75, -0.1))
    return (("dark", box(-0.06, -0.1, 0.06, 0.8)), ("accent", oval(0, 0.85, 0.45, 0.13)), ("body", shade))


def stripes() -> Outline:
    return tuple(
        ("body", box(-EVERYWHERE, -EVERYWHERE + 0.4 * row, EVERYWHERE, -EVERYWHERE + 0.4 * row + 0.2))
        for row in range(8)
    )


def checks() -> Outline:
    return _grid(0.4, lambda x, y: box(x, y, x + 0.4, y + 0.4), alternate=True)


def polka_dots() -> Outline:
    return _grid(0.5, lambda x, y: oval(x + 0.25, y + 0.25, 0.16, 0.16))


def waves() -> Outline:
    bands = []
    for row in range(8):
        top = [(-EVERYWHERE + 0.08 * step, _wave(row, step)) for step in range(41)]
        bands.append(("body", (*top, *((x, y + 0.18) for x, y in reversed(top)))))
    return tuple(bands)


def gear() -> Outline:
    teeth = tuple(_at(0.95 if number % 4 < 2 else 0.7, 2 * pi * number / 40) for number in range(40))
    return (("body", teeth), ("back", oval(0, 0, 0.3, 0.3)))


def house() -> Outline:
    roof = ((-0.95, -0.1), (0.0, -0.9), (0.95, -0.1))
    windows = tuple(("accent", box(x, 0.1, x + 0.3, 0.4)) for x in (-0.5, 0.2))
    return (("body", box(-0.7, -0.1, 0.7, 0.9)), ("dark", roof), *windows, ("dark", box(-0.13, 0.5, 0.13, 0.9)))


def fish() -> Outline:
    tail = ((0.45, 0.0), (0.98, -0.5), (0.98, 0.5))
    fin = ((-0.1, -0.3), (0.35, -0.7), (0.35, -0.2))
    return (
        ("accent", tail),
        ("accent", fin),
        ("body", oval(-0.2, 0, 0.75, 0.42)),
        ("dark", oval(-0.6, -0.1, 0.08, 0.08)),
    )


def ladder() -> Outline:
    rungs = tuple(("accent", box(-0.4, y / 10, 0.4, y / 10 + 0.1)) for y in range(-8, 9, 3))
    return (*rungs, ("body", box(-0.52, -0.98, -0.38, 0.98)), ("body", box(0.38, -0.98, 0.52, 0.98)))


def bricks() -> Outline:
    return tuple(
        ("body", box(x - 0.3 * (row % 2), y, x - 0.3 * (row % 2) + 0.54, y + 0.24))
        for row, y in enumerate(-EVERYWHERE + 0.3 * number for number in range(11))
        for x in (-EVERYWHERE + 0.6 * number for number in range(6))
    )


def leaf() -> Outline:
    edge = [(-0.95 + 1.9 * step / 30, -0.5 * sin(pi * step / 30)) for step in range(31)]
    blade = (*edge, *((x, -y) for x, y in reversed(edge)))
    veins = tuple(
        ("dark", ((x, 0.0), (x + 0.25, turn * 0.32), (x + 0.3, turn * 0.3)))
        for x in (-0.5, -0.1, 0.3)
        for turn in (-1, 1)
    )
    return (("body", blade), ("dark", box(-1.0, -0.03, 0.9, 0.03)), *veins)


# Korean name: (English name, outline).
KNOWN: dict[str, tuple[str, Callable[[], Outline]]] = {
    "별": ("Star", star),
    "하트": ("Heart", heart),
    "초승달": ("Crescent", crescent),
    "화살표": ("Arrow", arrow),
    "십자": ("Cross", cross),
    "머그컵": ("Mug", mug),
    "병": ("Bottle", bottle),
    "우산": ("Umbrella", umbrella),
    "안경": ("Glasses", glasses),
    "의자": ("Chair", chair),
    "열쇠": ("Key", key),
    "램프": ("Lamp", lamp),
    "줄무늬": ("Stripes", stripes),
    "체크무늬": ("Checks", checks),
    "물방울무늬": ("Polka dots", polka_dots),
    "물결무늬": ("Waves", waves),
}
UNKNOWN: dict[str, tuple[str, Callable[[], Outline]]] = {
    "톱니바퀴": ("Gear", gear),
    "집": ("House", house),
    "물고기": ("Fish", fish),
    "사다리": ("Ladder", ladder),
    "나뭇잎": ("Leaf", leaf),
    "벽돌무늬": ("Bricks", bricks),
}


def _at(radius: float, angle: float) -> Point:
    return (radius * cos(angle), radius * sin(angle))


def _wave(row: int, step: int) -> float:
    return -EVERYWHERE + 0.42 * row + 0.12 * sin(pi * step / 5)


def _grid(size: float, shape: Callable[[float, float], tuple[Point, ...]], *, alternate: bool = False) -> Outline:
    count = round(2 * EVERYWHERE / size)
    return tuple(
        ("body", shape(-EVERYWHERE + size * column, -EVERYWHERE + size * row))
        for row in range(count)
        for column in range(count)
        if not alternate or (row + column) % 2
    )
