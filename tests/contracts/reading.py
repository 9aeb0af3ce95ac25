"""What a client reads of an answer, held against the answer; each break is one sentence that names the client.

What is read is a mapping of path to kind. In a path `.` leads into an object, or by a number into a pair; `[]` means
every entry of a list that must have some, `[]?` of one that may be empty: `jobs[].job_id`, `top_k[].0`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

SOME, ANY = "[]", "[]?"
ENTRIES = (SOME, ANY)
LONGEST_VALUE = 60  # characters of a wrong value that are repeated


@dataclass(frozen=True)
class Kind:
    """What a client can do something with. words: how a sentence calls it."""

    words: str
    fits: Callable[[Any], bool]
    may_be_null: bool = False
    may_be_absent: bool = False


Reads = Mapping[str, Kind]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_instant(value: Any) -> bool:
    """With its zone: without one a browser takes it for local time."""
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


TEXT = Kind("text", lambda value: isinstance(value, str) and bool(value.strip()))
STRING = Kind("text, which may be empty,", lambda value: isinstance(value, str))
NUMBER = Kind("a number", _is_number)
WHOLE = Kind("a whole number", lambda value: _is_number(value) and isinstance(value, int))
SHARE = Kind("a share from 0 to 1", lambda value: _is_number(value) and 0 <= value <= 1)
PERCENT = Kind("a percentage from 0 to 100", lambda value: _is_number(value) and 0 <= value <= 100)
TRUTH = Kind("true or false", lambda value: isinstance(value, bool))
INSTANT = Kind("an ISO instant with its zone", _is_instant)
LIST = Kind("a list", lambda value: isinstance(value, list))
OBJECT = Kind("an object", lambda value: isinstance(value, dict))


def one_of(*known: Any) -> Kind:
    return Kind(f"one of {', '.join(map(str, known))}", lambda value: value in known)


def or_null(kind: Kind) -> Kind:
    return replace(kind, words=f"{kind.words} or null", may_be_null=True)


def or_absent(kind: Kind) -> Kind:
    """There and right, or not there at all; null is neither."""
    return replace(kind, words=f"{kind.words} or nothing at all", may_be_absent=True)


def within(place: str, reads: Reads) -> dict[str, Kind]:
    """The same, read of what stands at that place."""
    return {f"{place}.{path}": kind for path, kind in reads.items()}


def breaks(client: str, request: str, answer: Any, reads: Reads) -> list[str]:
    """One sentence for each path that the client cannot read."""
    found = ((path, next(_problems(answer, _steps(path), kind, ""), None)) for path, kind in reads.items())
    return [f"{client} reads {path} from {request}: {problem}" for path, problem in found if problem]


def assert_read(client: str, request: str, answer: Any, reads: Reads) -> None:
    """Fails with all that the client cannot read, a sentence in a line."""
    found = breaks(client, request, answer, reads)
    assert not found, "\n".join(found)


def _steps(path: str) -> list[str]:
    return [step for step in path.replace(SOME, f".{SOME}").split(".") if step]


def _problems(value: Any, steps: list[str], kind: Kind, place: str) -> Iterator[str]:
    """What stands in the way of reading what the steps lead to, the first first. place: the entries passed so far."""
    if steps and steps[0] in ENTRIES:
        yield from _in_entries(value, steps, kind, place)
    elif steps:
        yield from _in_member(value, steps, kind, place)
    elif value is None and not kind.may_be_null:
        yield f"null{place} where {kind.words} is read"
    elif value is not None and not kind.fits(value):
        yield f"{_shown(value)}{place} where {kind.words} is read"


def _in_entries(value: Any, steps: list[str], kind: Kind, place: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{_shown(value)}{place} where a list is read"
    elif not value and steps[0] == SOME:
        yield f"an empty list{place} where entries are read"
    else:
        for number, entry in enumerate(value):
            yield from _problems(entry, steps[1:], kind, f"{place} in entry {number}")


def _in_member(value: Any, steps: list[str], kind: Kind, place: str) -> Iterator[str]:
    name, rest = steps[0], steps[1:]
    if isinstance(value, dict) and name in value:
        yield from _problems(value[name], rest, kind, place)
    elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
        yield from _problems(value[int(name)], rest, kind, place)
    elif not isinstance(value, dict):
        yield f"{_shown(value)}{place} where {name} is read"
    elif rest or not kind.may_be_absent:
        yield f"absent{place}; got keys {sorted(value)}"


def _shown(value: Any) -> str:
    text = repr(value)
    cut = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
    return f"{cut} ({type(value).__name__})"
