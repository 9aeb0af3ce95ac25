"""The limits beyond which a formula is told to be at risk; they are data, `expectations.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Expectations:
    """All in percent: of the odorous part, and of the lines for those of very high strength."""

    top_over: float
    heart_under: float
    base_under: float
    very_strong_lines_over: float
    one_material_over: float


@cache
def expectations() -> Expectations:
    """Those shipped with the project."""
    text = resources.files(__package__ or "core.fragrance.validation").joinpath("expectations.toml").read_text("utf-8")
    return Expectations(**{name: float(value) for name, value in tomllib.loads(text).items()})
