"""A brief as plain values that JSON holds, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from core.fragrance.generation.brief import Brief
from core.fragrance.products import Product

_LISTS = ("moods", "seasons", "occasions", "wanted", "excluded")


def plain_brief(brief: Brief) -> dict[str, Any]:
    """`brief_of` takes it back."""
    return asdict(brief)


def brief_of(values: Mapping[str, Any]) -> Brief:
    """What is not a field of a brief is left out: an older brief may have had it."""
    known = {one.name: values[one.name] for one in fields(Brief) if one.name in values}
    for name in _LISTS:
        if name in known:
            known[name] = tuple(known[name])
    if "product" in known:
        known["product"] = Product(**known["product"])
    return Brief(**known)
