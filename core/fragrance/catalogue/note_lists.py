"""Lists of notes as shops write them, as names: page furniture cut off, layers told apart, nothing else changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.fragrance.vocabulary import plain

# Where the words of a web page begin that was copied together with the list.
PAGE_WORDS = re.compile(
    r"\s*(?:click here for|[×x]\s?close\b|recent press\b|please be aware|read more|show more|see more|\n\s*\*).*",
    re.IGNORECASE | re.DOTALL,
)
LAYER = re.compile(
    r"(?:^|(?<=[\s,;.]))(top|head|heart|middle|mid|base|bottom|톱|탑|하트|미들|베이스)(?:[ _-]?notes?|\s?노트)?\s*:\s*",
    re.IGNORECASE,
)
LAYERS = {
    "top": "top", "head": "top", "톱": "top", "탑": "top", "heart": "heart", "middle": "heart", "mid": "heart",
    "하트": "heart", "미들": "heart", "base": "base", "bottom": "base", "베이스": "base",
}  # fmt: skip
OTHER_LABEL = re.compile(r"^[^:()]{1,40}:\s+")  # the name of a part of a set before its first note
LAST_TWO = re.compile(r"\s+(?:and|&)\s+", re.IGNORECASE)
FIRST_AND = re.compile(r"^(?:and|&)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class NotesOfLayers:
    """Names of notes in their order, each once; notes: those whose layer is not told."""

    top: tuple[str, ...] = ()
    heart: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_notes(text: str) -> NotesOfLayers:
    """The notes of a cell: a list with semicolons only is taken as written, any other is read as a shop's prose."""
    if not text:
        return NotesOfLayers()
    written = text.replace("\r\n", "\n").replace("\r", "\n")
    plain_list = list(_split(written, ";"))
    if len(plain_list) > 1 and not any(len(list(_split(one, ",\n"))) > 1 for one in plain_list):
        return NotesOfLayers(notes=_once(plain_list))
    return _of_prose(PAGE_WORDS.sub("", written))


def _of_prose(written: str) -> NotesOfLayers:
    parts = LAYER.split(written)
    found: dict[str, tuple[str, ...]] = {"notes": _listed(parts[0])}
    for label, listed in zip(parts[1::2], parts[2::2], strict=True):
        layer = LAYERS[plain(label)]
        found[layer] = _once([*found.get(layer, ()), *_listed(listed)])
    return NotesOfLayers(**found)


def _listed(written: str) -> tuple[str, ...]:
    """Names from a list of prose: `a, b and c.` names three."""
    names = [OTHER_LABEL.sub("", name) for name in _split(written, ",;\n")]
    if len(names) > 1 and "(" not in names[-1]:
        names[-1:] = LAST_TWO.split(FIRST_AND.sub("", names[-1]))
    return _once([FIRST_AND.sub("", name).rstrip(".*: ") for name in names])


def _split(written: str, separators: str) -> Iterator[str]:
    """Parts between separators that stand outside brackets; brackets that never close do not count."""
    depth = start = 0
    for place, letter in enumerate(written):
        if letter == "(" and ")" in written[place:]:
            depth += 1
        elif letter == ")":
            depth = max(depth - 1, 0)
        elif letter in separators and depth == 0:
            yield written[start:place]
            start = place + 1
    yield written[start:]


def _once(names: list[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for name in names:
        tidy = " ".join(name.split())
        if tidy:
            found.setdefault(plain(tidy), tidy)
    return tuple(found.values())
