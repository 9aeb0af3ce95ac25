"""Parts of a file on disk, worked on by the cluster where its workers see the same file, else here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from core.cluster.connection import is_configured, run_on_workers
from core.cluster.spread import spread

Part = TypeVar("Part")
Result = TypeVar("Result")


def spread_over(
    path: Path, function: Callable[[Part], Result], parts: Sequence[Part], *, name: str
) -> Iterator[Result]:
    """`function(part)` of every part, in their order. parts: name rows or columns of the file at `path`, by its path.

    Workers on other machines take part where their folders hold the file under the same path. Raises as `spread`.
    """
    if is_configured() and not _is_seen_by_all(path):
        yield from map(function, parts)
        return
    yield from spread(function, parts, name=name)


def size_of(path: str) -> int:
    """Bytes of a file on the machine that is asked; -1 where there is none."""
    found = Path(path)
    return found.stat().st_size if found.is_file() else -1


def _is_seen_by_all(path: Path) -> bool:
    answers: dict[str, Any] = run_on_workers(size_of, str(path))
    return bool(answers) and all(answer == path.stat().st_size for answer in answers.values())
