"""What a domain knows: one unit vector per class, how it was made, and what was learnt beside it.

Files are the business of prototype_files; which class a picture belongs to is that of verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.errors import BadInput, Conflict
from core.images.names import class_name
from core.images.search import VectorIndex, make_index
from core.images.space import Space, learn_space, unit_rows
from core.settings.current import get_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.embeddings.picture_models import EncoderCard

    Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Thresholds:
    """When a picture is known: best similarity of at least tau1 and a lead of at least tau2.

    false_accept: share of unknown pictures that would be accepted, measured on classes and pictures that chose
    nothing, with its 95 % interval; None where nobody measured it. target: the share that was asked for.
    """

    tau1: float  # lowest accepted similarity
    tau2: float  # smallest lead over the runner-up
    is_calibrated: bool = False
    target: float | None = None
    false_accept: float | None = None
    false_accept_low: float | None = None
    false_accept_high: float | None = None

    @property
    def is_over_target(self) -> bool:
        """Whether pictures that chose nothing were accepted more often than was asked for."""
        return self.target is not None and self.false_accept is not None and self.false_accept > self.target


def fallback_rule() -> Thresholds:
    """The rule of a domain that was not calibrated, by the settings image_tau1 and image_tau2.

    Their documented defaults were set by hand for another encoder: pages say "not calibrated" beside them.
    """
    settings = get_settings()
    return Thresholds(settings.image_tau1, settings.image_tau2)


@dataclass(frozen=True, eq=False)
class Prototypes:
    """The classes of a domain, sorted by name in NFC.

    vectors: unit rows, shape (n_classes, dim). counts: pictures behind each, None where the file does not tell.
    encoder_id and the two checksums are None in old files. known_scores: per class the similarities of its own
    pictures to the class, each left out of the mean it was compared with, rising; empty where unknown.
    """

    domain: str
    classes: tuple[str, ...]
    vectors: Vectors
    counts: tuple[int | None, ...]
    names: Mapping[str, str] = field(default_factory=dict)  # Korean -> English
    encoder_id: str | None = None
    weights_sha256: str | None = None
    preprocessing_sha256: str | None = None
    model: str | None = None  # what old files call the encoder
    image_model: str | None = None  # by which name image_encoder gives that encoder
    created_at: str | None = None  # ISO 8601
    built_by: str | None = None  # run ids: the way back from every verdict
    calibrated_by: str | None = None
    thresholds: Thresholds | None = None
    space: Space | None = None
    known_scores: tuple[Vectors, ...] = ()

    @property
    def dim(self) -> int:
        return int(self.vectors.shape[1])

    @property
    def rule(self) -> Thresholds:
        """What decides: the domain's own thresholds, else the documented fallback."""
        return self.thresholds or fallback_rule()

    @cached_property
    def placed(self) -> Vectors:
        """The prototypes where they are compared: in the domain's space if it has one."""
        return self.vectors if self.space is None else self.space.place(self.vectors)

    @cached_property
    def index(self) -> VectorIndex:
        """What finds the nearest classes; approximate only beyond the size that search states."""
        return make_index(self.placed)


def build_prototypes(
    domain: str, pictures: Mapping[str, Vectors], *, encoder: EncoderCard, names: Mapping[str, str] | None = None,
    created_at: str | None = None, with_space: bool = True,
) -> Prototypes:  # fmt: skip
    """The mean of each class's unit vectors, cut to length 1, and the space learnt from the same pictures.

    pictures: class -> shape (n, dim), n at least 1. Raises BadInput for a class without pictures, a vector that is
    zero or not finite, a name used twice, or no class at all.
    """
    rows = {class_name(name): np.asarray(vectors, dtype=np.float32) for name, vectors in pictures.items()}
    if not rows:
        raise BadInput("images.no_classes", domain=domain)
    if len(rows) < len(pictures):
        raise BadInput("images.class_twice", domain=domain)
    means = []
    for name in sorted(rows):
        if not len(rows[name]):
            raise BadInput("images.empty_class", name=name)
        means.append(unit_rows(rows[name]).mean(axis=0))
    classes = tuple(sorted(rows))
    return Prototypes(
        domain=domain,
        classes=classes,
        vectors=checked_vectors(np.stack(means), classes),
        counts=tuple(len(rows[name]) for name in classes),
        names=dict(names or {}),
        encoder_id=encoder.id,
        weights_sha256=encoder.weights_sha256,
        preprocessing_sha256=encoder.preprocessing_sha256,
        created_at=created_at,
        space=learn_space(rows) if with_space else None,
    )


def checked_vectors(vectors: Vectors, classes: Sequence[str]) -> Vectors:
    """Unit rows. Raises BadInput naming the first class whose vector is zero or not finite."""
    placed = unit_rows(vectors)
    bad = np.flatnonzero(~placed.any(axis=1))
    if len(bad):
        raise BadInput("images.bad_vector", name=classes[int(bad[0])])
    return placed


def require_same_encoder(prototypes: Prototypes, encoder: EncoderCard) -> None:
    """Raises Conflict, naming both sides and the way to rebuild, when `encoder` did not make these prototypes.

    Old files tell less; what they do not tell is not compared, the dimension always is.
    """
    domain = prototypes.domain
    if prototypes.dim != encoder.dim:
        raise Conflict("images.other_dimension", domain=domain, built=prototypes.dim, now=encoder.dim)
    if prototypes.encoder_id is None:
        if prototypes.model is not None and not _is_same_model(prototypes.model, encoder.id):
            raise Conflict("images.other_encoder", domain=domain, built=prototypes.model, now=encoder.id)
        return
    if prototypes.encoder_id != encoder.id:
        raise Conflict("images.other_encoder", domain=domain, built=prototypes.encoder_id, now=encoder.id)
    if prototypes.weights_sha256 != encoder.weights_sha256:
        built, now = (prototypes.weights_sha256 or "")[:12], encoder.weights_sha256[:12]
        raise Conflict("images.other_weights", domain=domain, encoder=encoder.id, built=built, now=now)
    if prototypes.preprocessing_sha256 != encoder.preprocessing_sha256:
        raise Conflict("images.other_preprocessing", domain=domain, encoder=encoder.id)


def _is_same_model(model: str, encoder_id: str) -> bool:
    """Old files write openai/clip-vit-base-patch32 where an encoder's id also tells precision and runtime."""
    old, new = (
        "".join(one for one in text.casefold() if one.isalnum())
        for text in (model, encoder_id.split(":", maxsplit=1)[0])
    )
    return bool(new) and (old in new or new in old)
