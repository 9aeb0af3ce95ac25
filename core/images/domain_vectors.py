"""The vectors of all pictures a build takes up: stored ones and staged remarks, in small batches, known ones reused.

At no time are more than one batch of decoded pictures in memory; a picture that cannot be read is told, not fatal.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.cluster.connection import is_configured
from core.embeddings.batched_encoder import BATCH
from core.errors import BadInput, NotFound
from core.images.decoding import check_format, decode, shown_name
from core.images.embedded_pictures import DomainVectors, EmbeddedPicture, RefusedPicture
from core.images.feedback import Remark
from core.images.pictures import Group, StoredPicture
from core.images.seen_pictures import DECODED_EDGE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from core.embeddings.picture_models import ImageEncoder

    Vectors = NDArray[np.float32]

REPORTS = 50  # times that progress is told during one pass

Made = dict[str, "Vectors | BadInput"]
Report = Callable[[int, int, int], None]  # pictures read, pictures encoded, pictures in all


@dataclass(frozen=True)
class _Source:
    group: Group
    class_name: str
    file_name: str
    content: Callable[[], bytes]
    stored: StoredPicture | None = None
    remark: Remark | None = None


def embed_domain(
    stored: Sequence[StoredPicture], remarks: Sequence[Remark], encoder: ImageEncoder, *,
    known: Mapping[str, Vectors], report: Report = lambda *_: None,
) -> DomainVectors:  # fmt: skip
    """The vectors of `stored` pictures as the staged `remarks` correct them.

    known: SHA-256 -> vector by the same encoder; those pictures are read, but neither decoded nor encoded.
    A picture of which a remark says another class or group is taken there only.
    """
    work = _Pass(encoder, dict(known))
    by_content = {one.picture_sha256: one for one in remarks}
    sources = [*_stored_sources(stored), *_remark_sources(remarks)]
    if is_configured():
        work.made = _made_on_cluster(sources, encoder, work.known, report)
    step = max(BATCH, len(sources) // REPORTS)
    for place, source in enumerate(sources, start=1):
        work.take(source, by_content)
        if place == len(sources):
            work.encode_batch()
        if place % step == 0 or place == len(sources):
            report(place, work.encoded, len(sources))
    done = sorted(work.done, key=lambda one: (one.group, one.class_name, one.file_name))
    return DomainVectors(
        tuple(done), tuple(work.refused), tuple(work.moved), work.reused, work.decode_s, work.forward_s
    )


@dataclass
class _Pass:
    """What one pass has done so far, with the one batch of decoded pictures that waits."""

    encoder: ImageEncoder
    known: dict[str, Vectors]
    made: Made | None = None  # by workers of a cluster, for every content that is not known
    done: list[EmbeddedPicture] = field(default_factory=list)
    refused: list[RefusedPicture] = field(default_factory=list)
    moved: list[StoredPicture] = field(default_factory=list)
    waiting: list[tuple[_Source, str, Image | None]] = field(default_factory=list)
    taken: set[tuple[str, str, str]] = field(default_factory=set)
    reused: int = 0
    encoded: int = 0
    decode_s: float = 0.0
    forward_s: float = 0.0

    def take(self, source: _Source, by_content: Mapping[str, Remark]) -> None:
        begun = time.perf_counter()
        try:
            content = source.content()
            sha256 = hashlib.sha256(content).hexdigest()
            remark = source.remark or by_content.get(sha256)
            where = (source.group, source.class_name, sha256)
            if remark is not None and remark.place != where[:2]:
                if source.stored is not None:
                    self.moved.append(source.stored)
                return
            if where in self.taken:  # brought twice, or the remark agrees with where it lies
                return
            self.taken.add(where)
            source = _with_remark(source, remark, content, sha256)
            if sha256 in self.known:
                self.reused += 1
                self.done.append(_embedded(source, sha256, self.known[sha256]))
                return
            image = None if self._was_made(sha256, source) else _decoded(content, source)
            self.waiting.append((source, sha256, image))
        except BadInput as error:
            self.refused.append(RefusedPicture(source.group, source.class_name, source.file_name, error))
        except NotFound as error:
            if source.remark is not None:  # a stored picture that was removed meanwhile is simply gone
                self.refused.append(RefusedPicture(source.group, source.class_name, source.file_name, error))
        finally:
            self.decode_s += time.perf_counter() - begun
        if len(self.waiting) == BATCH:
            self.encode_batch()

    def _was_made(self, sha256: str, source: _Source) -> bool:
        """Whether a worker encoded it; raises what it said of a picture that cannot be read."""
        if self.made is None:
            return False
        made = self.made[sha256]
        if isinstance(made, BadInput):
            raise type(made)(made.key, **{**made.details, "name": shown_name(source.file_name)})
        return True

    def encode_batch(self) -> None:
        if not self.waiting:
            return
        begun = time.perf_counter()
        if self.made is None:
            rows = self.encoder.encode([image for *_, image in self.waiting if image is not None])
        else:
            made = [self.made[sha256] for _, sha256, _ in self.waiting]
            rows = np.stack([one for one in made if not isinstance(one, BadInput)])
        self.forward_s += time.perf_counter() - begun
        for (source, sha256, _), vector in zip(self.waiting, rows, strict=True):
            if vector.any():
                self.known[sha256] = vector
                self.done.append(_embedded(source, sha256, vector))
            else:  # its length would be zero, and it would pull the mean of its class nowhere
                error = BadInput("images.no_direction", name=shown_name(source.file_name))
                self.refused.append(RefusedPicture(source.group, source.class_name, source.file_name, error))
        self.encoded += len(self.waiting)
        self.waiting.clear()


def _decoded(content: bytes, source: _Source) -> Image:
    return decode(content, name=source.file_name, target_edge=DECODED_EDGE).image


def _made_on_cluster(
    sources: Sequence[_Source], encoder: ImageEncoder, known: Mapping[str, Vectors], report: Report
) -> Made:
    """The vectors of all contents that are not known yet, each encoded once."""
    from core.images.encoding_parts import encoded

    asked: set[str] = set()

    def files() -> Iterator[tuple[str, str, bytes]]:
        for source in sources:
            try:
                content = source.content()
            except (BadInput, NotFound):  # told by the pass, which reads it again
                continue
            sha256 = hashlib.sha256(content).hexdigest()
            if sha256 not in known and sha256 not in asked:
                asked.add(sha256)
                yield sha256, source.file_name, content

    made: Made = {}
    for some in encoded(files(), encoder, batch=BATCH):
        made |= some
        report(0, len(made), len(sources))
    return made


def _embedded(source: _Source, sha256: str, vector: Vectors) -> EmbeddedPicture:
    is_stored = source.stored is not None
    return EmbeddedPicture(source.group, source.class_name, source.file_name, sha256, vector, source.remark, is_stored)


def _with_remark(source: _Source, remark: Remark | None, content: bytes, sha256: str) -> _Source:
    """A picture that a remark brings gets the file name it will be stored under."""
    name = source.file_name
    if source.stored is None:
        name = f"{sha256[:16]}.{check_format(content[:512], shown_name(name))}"
    return _Source(source.group, source.class_name, name, source.content, source.stored, remark)


def _stored_sources(stored: Sequence[StoredPicture]) -> Iterator[_Source]:
    for one in stored:
        yield _Source(one.group, one.class_name, one.file_name, one.content, stored=one)


def _remark_sources(remarks: Sequence[Remark]) -> Iterator[_Source]:
    for one in remarks:
        group, name = one.place
        yield _Source(group, name, one.file_name, lambda one=one: _content(one), remark=one)  # type: ignore[misc]


def _content(remark: Remark) -> bytes:
    try:
        return remark.picture.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("images.remark_without_picture", name=shown_name(remark.file_name)) from error
