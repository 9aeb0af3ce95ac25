"""Names of the sets of cases in a visitor's language."""

from __future__ import annotations

from app.ui.texts import say_if_known


def set_name(name: str) -> str:
    """A set as people call it; one that they named keeps its name."""
    return say_if_known("evaluation_set", name, name)
