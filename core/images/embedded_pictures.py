"""Pictures with their vectors, as building and calibration take them, and those that had to be left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.errors import WorkbenchError
from core.images.feedback import Remark
from core.images.pictures import Group, StoredPicture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    ByClass = Mapping[str, Sequence["EmbeddedPicture"]]


@dataclass(frozen=True, eq=False)
class EmbeddedPicture:
    """One picture of a build. remark: the staged remark that brought it or agrees with it, if one does.

    is_stored: whether it lies in the domain's folder already.
    """

    group: Group
    class_name: str
    file_name: str
    sha256: str
    vector: Vectors = field(repr=False)
    remark: Remark | None = None
    is_stored: bool = True


@dataclass(frozen=True)
class RefusedPicture:
    """A picture that was left out, and why."""

    group: Group
    class_name: str
    file_name: str
    error: WorkbenchError


@dataclass(frozen=True, eq=False)
class DomainVectors:
    """pictures: by group, class and file. moved: stored pictures that a remark puts elsewhere, so left out here.

    reused: how many vectors an earlier build gave. decode_s, forward_s: seconds spent reading, and in the model.
    """

    pictures: tuple[EmbeddedPicture, ...]
    refused: tuple[RefusedPicture, ...]
    moved: tuple[StoredPicture, ...]
    reused: int
    decode_s: float
    forward_s: float

    def of(self, group: Group) -> dict[str, tuple[EmbeddedPicture, ...]]:
        """Class -> its pictures, both by name."""
        found: dict[str, list[EmbeddedPicture]] = {}
        for one in self.pictures:
            if one.group == group:
                found.setdefault(one.class_name, []).append(one)
        return {name: tuple(pictures) for name, pictures in found.items()}


def rows_of(pictures: Iterable[EmbeddedPicture]) -> Vectors:
    """The vectors of some pictures, shape (n, dim); there must be one."""
    return np.stack([one.vector for one in pictures])


def rows_by_class(pictures: ByClass) -> dict[str, Vectors]:
    """Class -> vectors, shape (n, dim); a class without pictures is left out."""
    return {name: rows_of(found) for name, found in pictures.items() if found}


def files_by_class(pictures: ByClass) -> dict[str, list[str]]:
    """Class -> file names, in the order of rows_by_class."""
    return {name: [one.file_name for one in found] for name, found in pictures.items()}
