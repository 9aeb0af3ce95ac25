"""Parameters as a person types them at a terminal: `-p key=value`, as often as needed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from core.jobs.notebooks.parameters_cell import Parameter

Pairs = Annotated[list[str] | None, typer.Option("-p", help="key=value, as often as needed")]
Key = Annotated[str, typer.Option(help="idempotency key: the same key runs once")]


def given(pairs: list[str] | None, declared: Iterable[Parameter]) -> dict[str, object]:
    """Their values, of the types that a notebook or chain declares; whoever takes them refuses unknown names.

    Raises BadInput for a value of another type.
    """
    from core.jobs.notebooks.catalogue import parse_text

    known = {one.name: one for one in declared}
    values: dict[str, object] = {}
    for pair in pairs or []:
        name, _, text = pair.partition("=")
        values[name] = parse_text(known[name], text) if name in known else text
    return values
