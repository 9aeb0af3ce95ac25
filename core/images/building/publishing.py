"""Storing a build as plain files, letting it serve when nothing stands in the way, and telling the result.

Everything is written at the end: a build that is killed before leaves the domain as it was.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.datasets.findings import Finding, blocking
from core.errors import NotFound
from core.images.building.build import Build
from core.images.building.build_findings import changed_meanwhile
from core.images.feedback import mark_applied, staged
from core.images.names_file import NAMES
from core.images.pictures import add_picture, remove_picture
from core.images.prototype_files import EXTRA, META, VECTORS, load_prototypes, save_prototypes
from core.images.references import FILE, load_references, packed_references, save_references
from core.images.serving import REPORT, ROOM, SLOT, publishing, put_in_place, serving_now
from core.security.policy import Permission, Principal, require
from core.storage.artifacts import Artifact, SavedArtifact, save_artifact
from core.storage.audit import note_now

UNKNOWN_REFERENCES = "unknown.references.npz"


@dataclass(frozen=True)
class Stored:
    """Where a build went: always an artifact, and what serves if it was published. report: the document."""

    artifact: SavedArtifact
    report: dict[str, Any]
    findings: tuple[Finding, ...]
    published: bool


def store(build: Build, document: dict[str, Any], *, principal: Principal, publish: bool, reason: str = "") -> Stored:
    """Save report, prototypes and references; let them serve when asked and no finding blocks it.

    A blocking finding keeps what serves in its place unless a person gives a `reason`. Raises NotAllowed when a
    reason overrules a blocking finding for a role that may not publish.
    """
    require(principal, Permission.DATASETS_WRITE)
    domain = build.config.domain
    with publishing(domain):
        meanwhile = changed_meanwhile(build, serving_now(domain), staged(domain, principal=principal))
        findings = (*meanwhile, *build.findings)
        is_blocked = bool(blocking(findings))
        published = publish and (not is_blocked or bool(reason.strip()))
        if published and is_blocked:  # also from a notebook, whose parameters anybody who may queue a job can set
            require(principal, Permission.CHAMPIONS_PUBLISH)
        told = [one.as_dict() for one in findings]
        report = {**document, "findings": told, "published": published}
        artifact = save_artifact(ROOM, build.run_id, _files(build, report), _metadata(build, report), slot=SLOT)
        if published:
            _take_up_remarks(build, principal)
            put_in_place(build.prototypes, build.references(), build.references("unknown"))
            mark_applied(build.taken_up, run_id=build.run_id, principal=principal)
            note_now(principal, "image_domain.published", domain, run_id=build.run_id, reason=reason.strip())
    return Stored(artifact, report, findings, published)


def restore(artifact: Artifact, domain: str, *, principal: Principal) -> None:
    """Let an earlier build serve again; the pictures of the domain stay as they are."""
    require(principal, Permission.DATASETS_WRITE)
    prototypes = load_prototypes(artifact.folder, domain=domain)
    references = load_references(artifact.folder)
    if references is None:
        raise NotFound("images.no_prototypes", folder=domain, file=FILE)
    with publishing(domain):
        put_in_place(prototypes, references, _unknown_of(artifact))
        note_now(principal, "image_domain.restored", domain, artifact=artifact.folder.name)


def result_of(build: Build, stored: Stored) -> dict[str, Any]:
    """The run's result as plain values: what lists and the status of a run show without opening the artifact."""
    return {
        "domain": build.config.domain,
        "published": stored.published,
        "artifact": asdict(stored.artifact),
        "findings": [one.as_dict() for one in stored.findings],
        "metrics": metrics_of(build),
        "verdict": "not_calibrated" if build.calibration is None else "calibrated",
        "pictures": stored.report["data"]["pictures"],
        "classes": stored.report["data"]["classes"],
        "encoder": build.prototypes.encoder_id,
    }


def metrics_of(build: Build) -> dict[str, float]:
    """The figures that were measured, for the run history and lists; what could not be measured is not there."""
    known = build.vectors.of("pictures")
    found: dict[str, float] = {"pictures": sum(map(len, known.values())), "classes": len(known)}
    share = build.top_1
    if share is not None:
        found["top_1"] = share.value
    if build.calibration is not None:
        measured = build.calibration
        found |= {
            "auroc": measured["evaluation"]["auroc"]["value"],
            "false_accept": measured["false_accept"]["value"],
            "false_reject": measured["false_reject"]["value"],
            **measured["thresholds"],
        }
    return {**found, **{f"{name}_s": seconds for name, seconds in build.seconds.items()}}


def parameters_of(build: Build) -> dict[str, Any]:
    """What the run history keeps of how a build was made."""
    card = build.prototypes
    return {
        **asdict(build.config), "encoder_id": card.encoder_id, "weights_sha256": card.weights_sha256,
        "preprocessing_sha256": card.preprocessing_sha256,
    }  # fmt: skip


def _take_up_remarks(build: Build, principal: Principal) -> None:
    """Put the remarks' pictures where they belong. It may be done twice: a picture is stored once by its content."""
    for one in build.vectors.pictures:
        if one.remark is not None and not one.is_stored:
            group, name = one.remark.place
            content = one.remark.picture.read_bytes()
            add_picture(build.config.domain, name, content, file_name=one.file_name, group=group, principal=principal)
    for moved in build.vectors.moved:
        if moved.path.is_file():
            remove_picture(moved, principal=principal)


def _files(build: Build, report: dict[str, Any]) -> dict[str, bytes]:
    """Exactly the bytes that would serve, with the report beside them."""
    domain = build.config.domain
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        save_prototypes(folder, build.prototypes)
        save_references(folder, build.references())
        kept = (VECTORS, META, EXTRA, FILE, f"{domain}{NAMES}")
        files = {name: (folder / name).read_bytes() for name in kept if (folder / name).exists()}
    files[REPORT] = json.dumps(report, ensure_ascii=False, allow_nan=False).encode()
    unknown = build.references("unknown")
    if len(unknown.sha256s):
        files[UNKNOWN_REFERENCES] = packed_references(unknown)
    return files


def _unknown_of(artifact: Artifact) -> Any:
    if UNKNOWN_REFERENCES not in artifact.metadata["files"]:
        return None
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / FILE).write_bytes(artifact.read(UNKNOWN_REFERENCES))
        return load_references(Path(place))


def _metadata(build: Build, report: dict[str, Any]) -> dict[str, Any]:
    return {
        "parameters": asdict(build.config),
        "seed": build.config.seed,
        "data": {
            "source": build.config.domain, "sha256": report["data"]["sha256"], "rows": report["data"]["pictures"],
            "synthetic": report["data"]["synthetic"],
        },
        "encoder": report["encoder"],
        "metrics": metrics_of(build),
    }  # fmt: skip
