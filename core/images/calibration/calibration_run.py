"""One calibration of a domain: its vectors are gathered, the report is kept, and thresholds reach what serves if asked.

Thresholds are written only into the very prototypes they were chosen for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.embeddings.picture_models import image_encoder
from core.errors import BadInput, Conflict, NotFound
from core.images.domain_vectors import embed_domain
from core.images.domains import domain_folder, open_domain
from core.images.embedded_pictures import EmbeddedPicture, RefusedPicture, rows_by_class
from core.images.matching import encoder_of
from core.images.pictures import Group, list_pictures
from core.images.prototype_files import save_calibration
from core.images.prototypes import Prototypes, build_prototypes
from core.images.references import References, known_vectors, references_behind
from core.images.samples.drawing import SAMPLE_DOMAIN, SamplePicture, draw_samples
from core.images.serving import ROOM, publishing
from core.security.policy import Permission, Principal, require
from core.storage.artifacts import SavedArtifact, save_artifact
from core.storage.audit import note_now
from core.storage.database import utc_now

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.embeddings.picture_models import ImageEncoder
    from core.images.embedded_pictures import ByClass

    Vectors = NDArray[np.float32]

SLOT, REPORT = "calibration", "report.json"
DRAWN = 4  # sample pictures per class, where the samples were not built


@dataclass(frozen=True, eq=False)
class CalibrationData:
    """prototypes: what serves now. known: the pictures they were built from, by class; unknown: those of no class.

    encoded: how many pictures had to be read, the others were known from the build. is_drawn: the samples, built in
    memory only.
    """

    prototypes: Prototypes
    encoder: ImageEncoder
    known: ByClass
    unknown: ByClass
    refused: tuple[RefusedPicture, ...] = ()
    encoded: int = 0
    is_drawn: bool = False

    @property
    def sha256(self) -> str:
        """Over the sorted checksums of all pictures."""
        told = sorted(one.sha256 for side in (self.known, self.unknown) for found in side.values() for one in found)
        return hashlib.sha256("".join(told).encode()).hexdigest()


def gather(
    domain: str, *, principal: Principal, progress: Callable[[float], None] = lambda fraction: None
) -> CalibrationData:
    """The domain as it serves with the vectors of its pictures; empty: the drawn samples, built or not.

    Pictures that the build knows are not encoded again. Raises NotFound for a domain that is not there or not built,
    Conflict when its encoder changed, BadInput when none of its pictures is there.
    """
    try:
        prototypes = open_domain(domain or SAMPLE_DOMAIN, principal=principal)
    except NotFound:
        if domain:
            raise
        return _drawn_samples(progress)
    encoder, name = encoder_of(prototypes), prototypes.domain
    folder = domain_folder(name)
    behind = references_behind(folder, prototypes)
    groups: tuple[Group, ...] = ("unknown",) if behind is not None else ("pictures", "unknown")
    listed = {group: list_pictures(name, group=group, principal=principal) for group in groups}
    found = embed_domain(
        [
            picture
            for group, classes in listed.items()
            for class_name, pictures in classes.items()
            if group == "unknown" or class_name in prototypes.classes
            for picture in pictures
        ],
        (),
        encoder,
        known=known_vectors(folder, encoder),
        report=lambda done, _, total: progress(done / total),
    )
    known = found.of("pictures") if behind is None else _built_from(behind)
    if not known:
        raise BadInput("images.nothing_to_calibrate", domain=name)
    read = len(found.pictures) - found.reused
    return CalibrationData(prototypes, encoder, known, found.of("unknown"), found.refused, read)


def finished(report: Mapping[str, Any], data: CalibrationData, *, run_id: str) -> dict[str, Any]:
    """The whole report.json: what calibrate_domain gave, with the run and the pictures that could not be read."""
    refused = [
        {"class_name": one.class_name, "file_name": one.file_name, "key": one.error.key, "details": one.error.details}
        for one in data.refused
    ]
    return {"run_id": run_id, "created_at": utc_now().isoformat(), **report, "refused": refused}


def store(report: Mapping[str, Any], data: CalibrationData, *, seed: int) -> SavedArtifact:
    """Keep a finished report as models/images/RUN/calibration. Raises StorageFull."""
    metadata = {
        "parameters": {"domain": report["domain"], "target": report["target"]},
        "seed": seed,
        "data": {
            "source": report["domain"],
            "sha256": data.sha256,
            "pictures": sum(map(len, data.known.values())),
            "unknown": sum(map(len, data.unknown.values())),
            "synthetic": data.is_drawn,
        },
        "prototypes_sha256": fingerprint(data.prototypes),
        "encoder": data.encoder.id,
        "metrics": metrics_of(report),
    }
    content = json.dumps(report, ensure_ascii=False, allow_nan=False).encode()
    return save_artifact(ROOM, report["run_id"], {REPORT: content}, metadata, slot=SLOT)


def publish_thresholds(calibrated: Prototypes, *, run_id: str, principal: Principal) -> None:
    """Write thresholds and the classes' own similarities into the domain, with the run that chose them.

    Raises Conflict when the domain was rebuilt since, NotFound when it is gone or was never built.
    """
    require(principal, Permission.DATASETS_WRITE)
    with publishing(calibrated.domain):
        serving = open_domain(calibrated.domain, principal=principal)
        if serving.built_by != calibrated.built_by or fingerprint(serving) != fingerprint(calibrated):
            raise Conflict("images.rebuilt_meanwhile", domain=calibrated.domain)
        rule, own = calibrated.thresholds, calibrated.known_scores
        chosen = replace(serving, thresholds=rule, known_scores=own, calibrated_by=run_id)
        save_calibration(domain_folder(calibrated.domain), chosen)
        note_now(principal, "image_domain.calibrated", calibrated.domain, run_id=run_id)


def fingerprint(prototypes: Prototypes) -> str:
    """SHA-256 of all that similarities depend on: encoder, classes, vectors and space."""
    made_by = [prototypes.encoder_id, prototypes.weights_sha256, prototypes.preprocessing_sha256, prototypes.model]
    digest = hashlib.sha256(json.dumps([*made_by, prototypes.classes]).encode())
    space = prototypes.space
    parts = [] if space is None else [np.float64(space.limit), space.scatter, space.removal]
    for part in (prototypes.vectors, *parts):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def metrics_of(report: Mapping[str, Any]) -> dict[str, float]:
    """The figures for the run history."""
    rates = {name: report[name]["value"] for name in ("false_accept", "false_reject", "right")}
    measures = {name: one["value"] for name, one in report["evaluation"].items() if isinstance(one, dict)}
    return {**report["thresholds"], **rates, **measures}


def result_of(report: Mapping[str, Any], artifact: SavedArtifact, *, published: bool) -> dict[str, Any]:
    """The run's result as plain values."""
    kept = ("domain", "target", "unknown_source", "thresholds", "false_accept", "false_reject", "right", "left_out")
    return {**{name: report[name] for name in kept}, "published": published, "artifact": asdict(artifact)}


def _built_from(references: References) -> dict[str, list[EmbeddedPicture]]:
    found: dict[str, list[EmbeddedPicture]] = {}
    for name, file, sha256, vector in zip(
        references.class_names, references.file_names, references.sha256s, references.vectors, strict=True
    ):
        found.setdefault(name, []).append(EmbeddedPicture("pictures", name, file, sha256, vector))
    return found


def _drawn_samples(progress: Callable[[float], None]) -> CalibrationData:
    """The samples drawn and built in memory, so that the notebook can be tried before anything is there."""
    encoder = image_encoder()
    known = _encoded("pictures", draw_samples("known", per_class=DRAWN), encoder)
    progress(0.7)
    unknown = _encoded("unknown", draw_samples("unknown", per_class=DRAWN), encoder)
    progress(1.0)
    prototypes = build_prototypes(SAMPLE_DOMAIN, rows_by_class(known), encoder=encoder)
    count = sum(map(len, (*known.values(), *unknown.values())))
    return CalibrationData(prototypes, encoder, known, unknown, encoded=count, is_drawn=True)


def _encoded(group: Group, samples: Iterable[SamplePicture], encoder: ImageEncoder) -> dict[str, list[EmbeddedPicture]]:
    found: dict[str, list[EmbeddedPicture]] = {}
    for one in samples:
        name, file = one.class_name, f"{one.number:03d}.png"
        sha256, vector = hashlib.sha256(one.image.tobytes()).hexdigest(), encoder.encode([one.image])[0]
        found.setdefault(name, []).append(EmbeddedPicture(group, name, file, sha256, vector))
    return found
