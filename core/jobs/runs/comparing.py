"""Two runs side by side: parameters, figures of their results, files they made, and the code that ran."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import BadInput
from core.jobs.job import Job
from core.jobs.process_groups import run_folder
from core.jobs.records import get_job
from core.jobs.run_files import FILES
from core.jobs.runs.executed_notebook import read_executed
from core.security.policy import Principal
from core.settings.current import get_settings
from core.storage.artifacts import MANIFEST

MOST_METRICS = 400
MOST_LISTED = 50  # a longer list in a result is a curve or a table, not figures to read side by side
MOST_READ = 64_000_000  # bytes of a file whose checksum nobody kept

FileVerdict = Literal["same", "changed", "only_left", "only_right", "unknown"]


@dataclass(frozen=True)
class ParameterPair:
    """One parameter of both runs; None where a run does not have it."""

    name: str
    left: Any
    right: Any

    @property
    def is_same(self) -> bool:
        return bool(self.left == self.right)


@dataclass(frozen=True)
class MetricPair:
    """One number of both results. difference: right minus left; relative: as a share of left, None where that is 0."""

    name: str
    left: float | None
    right: float | None

    @property
    def difference(self) -> float | None:
        return None if self.left is None or self.right is None else self.right - self.left

    @property
    def relative(self) -> float | None:
        return self.difference / abs(self.left) if self.difference is not None and self.left else None


@dataclass(frozen=True)
class FileFact:
    """A file that a run made. sha256: None where it is too large to read for this."""

    size_bytes: int
    sha256: str | None


@dataclass(frozen=True)
class ArtifactPair:
    """One file of both runs, by its place and name."""

    name: str
    left: FileFact | None
    right: FileFact | None

    @property
    def verdict(self) -> FileVerdict:
        if self.left is None or self.right is None:
            return "only_right" if self.left is None else "only_left"
        if self.left.size_bytes != self.right.size_bytes:
            return "changed"
        if self.left.sha256 is None or self.right.sha256 is None:
            return "unknown"
        return "same" if self.left.sha256 == self.right.sha256 else "changed"


@dataclass(frozen=True)
class Comparison:
    """Two runs; what differs comes first. code: SHA-256 of the code cells that ran, None before there is a notebook."""

    left: Job
    right: Job
    parameters: tuple[ParameterPair, ...]
    metrics: tuple[MetricPair, ...]
    artifacts: tuple[ArtifactPair, ...]
    left_code: str | None
    right_code: str | None

    @property
    def is_same_code(self) -> bool | None:
        """None where it is not known of both."""
        return None if self.left_code is None or self.right_code is None else self.left_code == self.right_code


def compare(left_id: str, right_id: str, *, principal: Principal) -> Comparison:
    """Both runs must be visible: raises NotFound; BadInput for a run and itself."""
    if left_id == right_id:
        raise BadInput("jobs.same_run", id=left_id)
    left, right = get_job(left_id, principal=principal), get_job(right_id, principal=principal)
    return Comparison(
        left,
        right,
        parameter_pairs(left.parameters, right.parameters),
        _metric_pairs(left.result or {}, right.result or {}),
        _artifact_pairs(left.id, right.id),
        _code_of(left.id, principal),
        _code_of(right.id, principal),
    )


def parameter_pairs(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[ParameterPair, ...]:
    """Parameters of both, those that differ first, else in the order of the notebook."""
    names = list(dict.fromkeys([*left, *right]))
    pairs = [ParameterPair(name, left.get(name), right.get(name)) for name in names]
    return tuple(sorted(pairs, key=lambda pair: pair.is_same))


def numbers_in(result: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number of a result under its dotted name; entries of a list go by their name, else by their place."""
    if isinstance(result, bool):
        return
    if isinstance(result, int | float):
        yield name, result
    elif isinstance(result, Mapping):
        for key, value in result.items():
            yield from numbers_in(value, f"{name}.{key}" if name else str(key))
    elif isinstance(result, list) and len(result) <= MOST_LISTED:
        for place, value in enumerate(result):
            own = value.get("name", place) if isinstance(value, Mapping) else place
            yield from numbers_in(value, f"{name}.{own}" if name else str(own))


def _metric_pairs(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[MetricPair, ...]:
    ours, theirs = dict(numbers_in(left)), dict(numbers_in(right))
    pairs = [MetricPair(name, ours.get(name), theirs.get(name)) for name in dict.fromkeys([*ours, *theirs])]
    return tuple(sorted(pairs, key=lambda pair: pair.left == pair.right)[:MOST_METRICS])


def _artifact_pairs(left_id: str, right_id: str) -> tuple[ArtifactPair, ...]:
    left, right = files_of(left_id), files_of(right_id)
    pairs = [ArtifactPair(name, left.get(name), right.get(name)) for name in sorted({*left, *right})]
    return tuple(sorted(pairs, key=lambda pair: pair.verdict == "same"))


def files_of(job_id: str) -> dict[str, FileFact]:
    """What a run made: its artifacts, by room, slot and name, and further files in its folder."""
    found: dict[str, FileFact] = {}
    for manifest in sorted(get_settings().models_dir.glob(f"*/{job_id}/*/{MANIFEST}")):
        checksums = json.loads(manifest.read_bytes())["files"]
        place = f"{manifest.parents[2].name}/{manifest.parent.name}"
        for name, checksum in checksums.items():
            found |= _fact(manifest.parent / name, f"{place}/{name}", checksum)
    folder = run_folder(job_id)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in FILES and not path.name.startswith("."):  # those are still being written
            found |= _fact(path, name, None)
    return found


def _fact(path: Path, name: str, checksum: str | None) -> dict[str, FileFact]:
    try:
        size = path.stat().st_size
        if checksum is None and size <= MOST_READ:
            checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:  # removed since
        return {}
    return {name: FileFact(size, checksum)}


def _code_of(job_id: str, principal: Principal) -> str | None:
    executed = read_executed(job_id, principal=principal)
    return executed.code_sha256 if executed else None
