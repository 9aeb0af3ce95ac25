"""Names of classes as a visitor reads them: Korean, or English where the class has an English name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.ui import state
from app.ui.texts import say
from core.images.names import UNKNOWN, english_name

Names = Mapping[str, str]  # Korean -> English


def shown(name: str | None, names: Names) -> str:
    """A class, or the verdict `unknown`, in the visitor's language; a dash for none."""
    if name is None:
        return "–"
    if name == UNKNOWN:
        return say("images.unknown")
    return name if state.language() == "ko" else english_name(name, names)


def names_in(classes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The English names that the classes of a report had."""
    return {str(one["name"]): str(one["english"]) for one in classes}
