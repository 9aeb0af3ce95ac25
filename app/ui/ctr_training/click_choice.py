"""The question which value of a target is a click, asked only where it is written in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.ui.texts import say
from core.ctr.data.click_values import click_values, likely_click

if TYPE_CHECKING:
    import polars


def draw(place: Any, target: polars.Series, *, key: str, chosen: str | None = None, **looks: Any) -> str | None:
    """The value that is a click; None where nobody need be asked, or nothing is chosen yet.

    place: st or a container. chosen: what was said about this target before.
    """
    values = click_values(target)
    if not values:
        return None
    suggested = chosen if chosen in values else likely_click(values)
    picked: str | None = place.selectbox(
        say("ctr.positive"),
        values,
        index=None if suggested is None else values.index(suggested),
        placeholder=say("ctr.positive_choose"),
        help=say("ctr.positive_help"),
        key=key,
        **looks,
    )
    return picked
