"""The pictures a domain was built from, as vectors beside their files: the reason a person is shown for a verdict.

They also save the next build the work: a picture it knows by content, under the same encoder, is not read again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import BadInput
from core.images.plain_files import packed, unpacked
from core.images.space import unit_rows
from core.resilience.resident_models import resident
from core.storage.whole_files import replace_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.embeddings.picture_models import EncoderCard
    from core.images.prototypes import Prototypes
    from core.images.space import Space

    Vectors = NDArray[np.float32]

FILE = "references.npz"


@dataclass(frozen=True)
class Reference:
    """A picture of the domain. similarity: cosine to the query, where the domain compares."""

    class_name: str
    file_name: str
    similarity: float


@dataclass(frozen=True, eq=False)
class References:
    """n pictures, grouped by class. vectors: unit rows as the encoder gave them, shape (n, dim).

    built_by: the run that made them; they explain only prototypes of that same run.
    """

    vectors: Vectors
    class_names: tuple[str, ...]
    file_names: tuple[str, ...]
    sha256s: tuple[str, ...]
    encoder_id: str
    weights_sha256: str
    preprocessing_sha256: str
    built_by: str | None = None
    _placed: list[tuple[Space | None, Vectors]] = field(default_factory=list, repr=False)  # the last one asked for

    @cached_property
    def rows_of(self) -> dict[str, NDArray[np.intp]]:
        """Class -> its rows."""
        rows: dict[str, list[int]] = {}
        for row, name in enumerate(self.class_names):
            rows.setdefault(name, []).append(row)
        return {name: np.array(found) for name, found in rows.items()}

    def known_vectors(self, encoder: EncoderCard) -> dict[str, Vectors]:
        """SHA-256 -> vector, of shape (dim,), if `encoder` made them; else nothing."""
        made_by = (self.encoder_id, self.weights_sha256, self.preprocessing_sha256)
        if made_by != (encoder.id, encoder.weights_sha256, encoder.preprocessing_sha256):
            return {}
        return dict(zip(self.sha256s, self.vectors, strict=True))

    def placed(self, prototypes: Prototypes) -> Vectors:
        """The vectors where the domain compares; computed once for a space, by whichever thread comes first."""
        space = prototypes.space
        kept = self._placed[0] if self._placed else None
        if kept is None or kept[0] is not space:
            kept = (space, self.vectors if space is None else space.place(self.vectors))
            self._placed[:] = [kept]
        return kept[1]


def save_references(folder: Path, references: References) -> None:
    """Write the file whole."""
    replace_file(folder / FILE, packed_references(references))


def packed_references(one: References) -> bytes:
    """The references as an npz of plain arrays."""
    return packed(
        {
            "vectors": one.vectors,
            "class_names": np.array(one.class_names, dtype=np.str_),
            "file_names": np.array(one.file_names, dtype=np.str_),
            "sha256s": np.array(one.sha256s, dtype=np.str_),
            "made_by": np.array([one.encoder_id, one.weights_sha256, one.preprocessing_sha256], dtype=np.str_),
            "built_by": np.array(one.built_by or "", dtype=np.str_),
        }
    )


def load_references(folder: Path) -> References | None:
    """The references of a domain, kept loaded until the file changes; None where there are none that can be read."""
    try:
        seen = (folder / FILE).stat()
    except FileNotFoundError:
        return None
    key, version = f"image_references:{folder}", f"{seen.st_mtime_ns}.{seen.st_size}"
    return resident(key, version, lambda: _read(folder / FILE), size_bytes=2 * seen.st_size)


def known_vectors(folder: Path, encoder: EncoderCard) -> dict[str, Vectors]:
    """SHA-256 -> vector, of every picture, of a class or unknown, that the last published build read with `encoder`."""
    stored = (load_references(folder), load_references(folder / "unknown"))
    return {sha256: row for one in stored if one is not None for sha256, row in one.known_vectors(encoder).items()}


def references_behind(folder: Path, prototypes: Prototypes) -> References | None:
    """Those that the prototypes were built from; None for a domain that was imported, or changed by hand."""
    found = load_references(folder)
    is_same = found is not None and prototypes.built_by is not None and found.built_by == prototypes.built_by
    return found if is_same else None


def nearest(
    query: Vectors, references: References, prototypes: Prototypes, *, classes: Sequence[str], count: int
) -> tuple[Reference, ...]:
    """The `count` pictures of each of `classes` that are most alike to the query, class by class, falling.

    query: shape (dim,), as the encoder gave it.
    """
    placed = references.placed(prototypes)
    asked = unit_rows(query) if prototypes.space is None else prototypes.space.place(np.asarray(query)[None])[0]
    found = []
    for name in classes:
        rows = references.rows_of.get(name, np.empty(0, dtype=np.intp))
        scores = np.clip(placed[rows] @ asked, -1.0, 1.0)
        for place in np.argsort(-scores, kind="stable")[:count]:
            found.append(Reference(name, references.file_names[rows[place]], float(scores[place])))
    return tuple(found)


def _read(path: Path) -> References | None:
    try:
        arrays = unpacked(path.read_bytes(), file=path.name)
        encoder_id, weights_sha256, preprocessing_sha256 = (str(one) for one in arrays["made_by"])
        class_names, file_names, sha256s = (
            tuple(str(one) for one in arrays[name]) for name in ("class_names", "file_names", "sha256s")
        )
        vectors = np.asarray(arrays["vectors"], dtype=np.float32)
        if not len(vectors) == len(class_names) == len(file_names) == len(sha256s):
            return None
        return References(
            vectors, class_names, file_names, sha256s,
            encoder_id, weights_sha256, preprocessing_sha256, str(arrays["built_by"]) or None,
        )  # fmt: skip
    except (BadInput, ValueError, TypeError, KeyError, OSError):
        return None  # references explain and save work; without them nothing is wrong
