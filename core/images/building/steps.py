"""One build of a domain: its pictures as vectors, prototypes, what each method names right, and the calibration.

Nothing is stored here and nothing serves yet; that is the business of publishing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.embeddings.picture_models import image_encoder
from core.errors import BadInput
from core.images.building.build import Build, BuildConfig
from core.images.building.build_comparison import Comparison, compare_methods
from core.images.building.build_findings import findings_of
from core.images.building.class_checks import copies
from core.images.calibration.calibrating import calibrate_domain
from core.images.calibration.thresholds import with_known_scores
from core.images.domain_vectors import embed_domain
from core.images.domains import domain_folder
from core.images.embedded_pictures import DomainVectors, EmbeddedPicture, files_by_class, rows_by_class, rows_of
from core.images.feedback import Remark, staged
from core.images.names import english_name
from core.images.pictures import GROUPS, list_pictures, names_of
from core.images.prototypes import Prototypes, build_prototypes
from core.images.references import known_vectors
from core.images.serving import serving_now
from core.security.policy import Principal
from core.storage.database import utc_now

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.embeddings.picture_models import ImageEncoder

    Vectors = NDArray[np.float32]

Progress = Callable[..., None]  # (step, fraction, **figures)
# What calibration asks of a domain that this one may not have; the build goes on without, and says so.
TOO_LITTLE = frozenset({"images.too_few_to_calibrate", "images.nothing_held_out", "images.nothing_to_evaluate"})
READ_UNTIL = 0.8  # share of the progress that reading and encoding take


def build_domain(
    config: BuildConfig, *, run_id: str, principal: Principal, progress: Progress = lambda *_, **__: None,
    encoder: ImageEncoder | None = None,
) -> Build:  # fmt: skip
    """Build the domain from its pictures and the staged remarks on it.

    encoder: the one of the config unless given. Raises BadInput when no picture can be used, Unavailable without the
    encoder.
    """
    begun = time.perf_counter()
    progress("load", 0.0)
    encoder = encoder or image_encoder(config.image_model)
    loaded = time.perf_counter()
    before = serving_now(config.domain)
    remarks = staged(config.domain, principal=principal)
    vectors = _embedded(config, encoder, remarks, principal, progress)
    known, unknown = vectors.of("pictures"), vectors.of("unknown")
    if not known:
        raise BadInput("images.nothing_to_build", domain=config.domain, refused=len(vectors.refused))
    rows = rows_by_class(known)
    progress("compare", READ_UNTIL)
    prototypes = replace(
        build_prototypes(
            config.domain, rows, encoder=encoder, names=names_of(config.domain, principal=principal),
            created_at=utc_now().isoformat(), with_space=config.with_space,
        ),
        image_model=config.image_model,
        built_by=run_id,
    )  # fmt: skip
    comparison = _compared(config, encoder, prototypes, rows, unknown)
    if comparison is not None:
        prototypes = with_known_scores(prototypes, comparison.scored())
    progress("calibrate", 0.88)
    prototypes, calibration, missing = _calibrated(config, encoder, prototypes, known, unknown, comparison, run_id)
    progress("check", 0.94)
    found = copies([one for pictures in known.values() for one in pictures])
    spent = {"load": loaded - begun, "decode": vectors.decode_s, "forward": vectors.forward_s}
    build = Build(
        config, run_id, prototypes, vectors, found, comparison, calibration, missing, remarks, before, (),
        {**spent, "other": time.perf_counter() - begun - sum(spent.values())},
    )  # fmt: skip
    return replace(build, findings=findings_of(build))


def _embedded(
    config: BuildConfig, encoder: ImageEncoder, remarks: tuple[Remark, ...], principal: Principal, progress: Progress
) -> DomainVectors:
    stored = [
        one
        for group in GROUPS
        for pictures in list_pictures(config.domain, group=group, principal=principal).values()
        for one in pictures
    ]

    def report(read: int, encoded: int, total: int) -> None:
        progress("read", READ_UNTIL * read / total, decoded=read, forwarded=encoded, pictures=total)

    known = known_vectors(domain_folder(config.domain), encoder)
    return embed_domain(stored, remarks, encoder, known=known, report=report)


def _compared(
    config: BuildConfig, encoder: ImageEncoder, prototypes: Prototypes, rows: Mapping[str, Vectors],
    unknown: Mapping[str, tuple[EmbeddedPicture, ...]],
) -> Comparison | None:  # fmt: skip
    texts = None
    if encoder.text_encoder is not None:
        named = [english_name(one, prototypes.names) for one in prototypes.classes]
        texts = encoder.text_encoder.encode_texts([config.text_prompt.replace("{}", one) for one in named])
    strangers = rows_of([one for pictures in unknown.values() for one in pictures]) if unknown else None
    try:
        return compare_methods(
            rows, strangers, encoder, texts=texts, with_space=prototypes.space is not None, seed=config.seed
        )
    except BadInput as error:
        if error.key not in TOO_LITTLE:
            raise
        return None


def _calibrated(
    config: BuildConfig, encoder: ImageEncoder, prototypes: Prototypes,
    known: Mapping[str, tuple[EmbeddedPicture, ...]], unknown: Mapping[str, tuple[EmbeddedPicture, ...]],
    comparison: Comparison | None, run_id: str,
) -> tuple[Prototypes, dict[str, Any] | None, tuple[str, dict[str, Any]] | None]:  # fmt: skip
    if not config.calibrate:
        return prototypes, None, ("images.calibration_not_asked", {})
    try:
        calibrated, report = calibrate_domain(
            prototypes, rows_by_class(known), rows_by_class(unknown), encoder, target=config.target, seed=config.seed,
            known_files=files_by_class(known), unknown_files=files_by_class(unknown),
            held=comparison.scored() if comparison else None,
        )  # fmt: skip
    except BadInput as error:
        if error.key not in TOO_LITTLE:
            raise
        return prototypes, None, (error.key, dict(error.details))
    return (
        replace(calibrated, calibrated_by=run_id),
        {"run_id": run_id, "created_at": prototypes.created_at, **report},
        None,
    )
