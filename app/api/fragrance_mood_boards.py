"""Odours and colours that go with a brief: from the styles of the generator and our table of colour associations."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.fragrance.catalogue.materials import Catalogue, Material
    from core.fragrance.generation.brief import Brief

MOST_ODOURS, MOST_COLOURS, MOST_MATERIALS = 8, 4, 8
MOOD_WEIGHT = 0.25  # of a mood that a colour stands for, beside the shares of its odours


@dataclass(frozen=True)
class Colour:
    """lab: CIELAB (D65). name, why: by language. weight: how much it has in common with the brief, only for order."""

    id: str
    lab: tuple[float, float, float]
    name: Mapping[str, str]
    why: Mapping[str, str]
    weight: float


@dataclass(frozen=True)
class MoodBoard:
    """odours: ids with their share of the wanted odour, 0 to 1. materials: those that tell most of it."""

    odours: tuple[tuple[str, float], ...]
    colours: tuple[Colour, ...]
    materials: tuple[Material, ...]


def mood_board(brief: Brief, catalogue: Catalogue) -> MoodBoard:
    """Nothing but associations: it smells nothing and has seen nothing."""
    from core.fragrance.generation.odours import ODOURS, told, wanted

    materials = tuple(catalogue.materials.values())
    target = wanted(brief, materials)
    order = sorted(range(len(ODOURS)), key=lambda at: (-target[at], at))[:MOST_ODOURS]
    odours = tuple((ODOURS[at], float(target[at])) for at in order if target[at] > 0)
    near = [(-float(told(one) @ target), one.id, one) for one in materials if one.id not in brief.excluded]
    telling = tuple(one for weight, _, one in sorted(near, key=lambda pair: pair[:2])[:MOST_MATERIALS] if weight < 0)
    return MoodBoard(odours, _colours(dict(odours), brief), telling)


def _colours(odours: Mapping[str, float], brief: Brief) -> tuple[Colour, ...]:
    found = [
        Colour(
            name,
            tuple(of["lab"]),
            {"en": of["en"], "ko": of["ko"]},
            {"en": of["why_en"], "ko": of["why_ko"]},
            sum(odours.get(one, 0.0) for one in of["odours"])
            + MOOD_WEIGHT * sum(one in brief.moods for one in of["moods"]),
        )
        for name, of in _table().items()
    ]
    best = sorted(found, key=lambda one: -one.weight)[:MOST_COLOURS]  # keeps the table's order among equals
    return tuple(one for one in best if one.weight > 0)


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(resources.files("core.fragrance.search").joinpath("colours.toml").read_text("utf-8"))
