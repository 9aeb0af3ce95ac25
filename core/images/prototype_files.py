"""The files of a domain: prototypes.npz and prototypes.meta.json in the format of the old image server.

The names file lies beside them, and what is learnt per domain in prototypes.extra.npz, which may be missing.
Checksums in the meta file tie the parts together: thresholds never meet prototypes they were not chosen for.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import BadInput, NotFound
from core.images.names import class_name, nfc
from core.images.names_file import read_names, replace_names
from core.images.plain_files import as_json, packed, read_json, unpacked
from core.images.prototypes import Prototypes, Thresholds, checked_vectors
from core.images.space import Space
from core.storage.whole_files import replace_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

VECTORS, META, EXTRA = "prototypes.npz", "prototypes.meta.json", "prototypes.extra.npz"
TRIES, PAUSE_S = 3, 0.02  # another process may be half way through replacing the files


def load_prototypes(folder: Path, *, domain: str | None = None) -> Prototypes:
    """The prototypes in `folder`, old or new format; the domain is the folder's name unless said otherwise.

    Raises NotFound without a prototypes.npz, BadInput for files that disagree or cannot be read.
    """
    for _ in range(TRIES):
        meta, content, extra = _meta(folder), _bytes(folder, VECTORS), _bytes(folder, EXTRA)
        if is_whole := _belongs(meta, VECTORS, content) and _belongs(meta, EXTRA, extra):
            break
        time.sleep(PAUSE_S)
    if content is None:
        raise NotFound("images.no_prototypes", folder=folder.name, file=VECTORS)
    if not is_whole:  # replaced by hand: the vectors count, what was learnt for others does not
        extra, meta = None, {**meta, "thresholds": None}
    arrays = unpacked(content, file=f"{folder.name}/{VECTORS}")
    return _assembled(folder, nfc(domain or folder.name), meta, arrays, extra)


def save_prototypes(folder: Path, prototypes: Prototypes) -> None:
    """Write the files, each of them whole; what else lies in `folder` stays."""
    folder.mkdir(parents=True, exist_ok=True)
    vectors = packed(dict(zip(prototypes.classes, prototypes.vectors, strict=True)))
    replace_file(folder / VECTORS, vectors)
    replace_names(folder, prototypes.domain, prototypes.names)
    _save_learnt(folder, prototypes, vectors)


def save_calibration(folder: Path, prototypes: Prototypes) -> None:
    """Write thresholds and known scores beside the vectors, whose file stays as it is, byte by byte.

    prototypes: as loaded from `folder`; reading brings rows to length 1 again, which may change their last digit.
    """
    _save_learnt(folder, prototypes, (folder / VECTORS).read_bytes())


def _save_learnt(folder: Path, prototypes: Prototypes, vectors: bytes) -> None:
    """The files beside the vectors; the meta file last, since its checksums tie them together."""
    files, extra = {VECTORS: hashlib.sha256(vectors).hexdigest()}, _extra(prototypes)
    if extra is None:
        (folder / EXTRA).unlink(missing_ok=True)
    else:
        files[EXTRA] = hashlib.sha256(extra).hexdigest()
        replace_file(folder / EXTRA, extra)
    replace_file(folder / META, as_json({**_described(prototypes), "files": files}))


def _assembled(
    folder: Path, domain: str, meta: dict[str, Any], arrays: Mapping[str, NDArray[Any]], extra: bytes | None
) -> Prototypes:
    place = f"{folder.name}/{VECTORS}"
    named = {class_name(name): np.asarray(one) for name, one in arrays.items()}
    if not named:
        raise BadInput("images.no_classes", domain=domain)
    if len(named) < len(arrays):
        raise BadInput("images.class_twice", domain=domain)
    if len({one.shape for one in named.values()}) != 1 or any(one.ndim != 1 or not one.size for one in named.values()):
        raise BadInput("images.other_shapes", file=place)
    classes = tuple(sorted(named))
    told = {nfc(str(one)) for one in meta.get("classes", classes)}
    if told != set(classes):
        missing = ", ".join(sorted(told ^ set(classes))[:5])
        raise BadInput("images.meta_disagrees", file=f"{folder.name}/{META}", names=missing)
    counts = {nfc(str(name)): count for name, count in (meta.get("counts") or {}).items()}
    vectors = checked_vectors(np.stack([named[name] for name in classes]), classes)
    learnt = {} if extra is None else unpacked(extra, file=f"{folder.name}/{EXTRA}")
    return Prototypes(
        domain=domain,
        classes=classes,
        vectors=vectors,
        counts=tuple(counts.get(name) for name in classes),
        names=read_names(folder, domain) or {},
        encoder_id=meta.get("encoder_id"),
        weights_sha256=meta.get("weights_sha256"),
        preprocessing_sha256=meta.get("preprocessing_sha256"),
        model=meta.get("model"),
        image_model=meta.get("image_model"),
        created_at=meta.get("created_at"),
        built_by=meta.get("built_by"),
        calibrated_by=meta.get("calibrated_by"),
        thresholds=_thresholds(meta.get("thresholds"), f"{folder.name}/{META}"),
        space=Space(float(learnt["limit"]), learnt["scatter"], learnt["removal"]) if "scatter" in learnt else None,
        known_scores=_known_scores(learnt, len(classes)),
    )


def _thresholds(told: Any, place: str) -> Thresholds | None:
    if told is None:
        return None
    try:
        return Thresholds(**told)
    except TypeError as error:
        raise BadInput("images.unreadable_file", file=place) from error


def _described(prototypes: Prototypes) -> dict[str, Any]:
    """The meta file: the keys of both old formats, then ours."""
    known = [one for one in prototypes.counts if one is not None]
    return {
        "domain": prototypes.domain,
        "classes": list(prototypes.classes),
        "model": prototypes.model or prototypes.encoder_id,
        "created_at": prototypes.created_at,
        "embedding_dim": prototypes.dim,
        "counts": {
            name: one for name, one in zip(prototypes.classes, prototypes.counts, strict=True) if one is not None
        },
        "statistics": {
            "total_classes": len(prototypes.classes),
            "embedding_dim": prototypes.dim,
            "avg_samples_per_class": sum(known) / len(known) if known else None,
        },
        "encoder_id": prototypes.encoder_id,
        "weights_sha256": prototypes.weights_sha256,
        "preprocessing_sha256": prototypes.preprocessing_sha256,
        "image_model": prototypes.image_model,
        "built_by": prototypes.built_by,
        "calibrated_by": prototypes.calibrated_by,
        "thresholds": asdict(prototypes.thresholds) if prototypes.thresholds else None,
    }


def _extra(prototypes: Prototypes) -> bytes | None:
    arrays: dict[str, NDArray[Any]] = {}
    if prototypes.space is not None:
        one = prototypes.space
        arrays |= {"limit": np.array(one.limit), "scatter": one.scatter, "removal": one.removal}
    if prototypes.known_scores:
        arrays["known_scores"] = np.concatenate(prototypes.known_scores).astype(np.float32)
        arrays["known_lengths"] = np.array([len(one) for one in prototypes.known_scores], dtype=np.int64)
    return packed(arrays) if arrays else None


def _known_scores(learnt: Mapping[str, NDArray[Any]], classes: int) -> tuple[NDArray[np.float32], ...]:
    if "known_scores" not in learnt or len(learnt["known_lengths"]) != classes:
        return ()
    return tuple(np.split(learnt["known_scores"], np.cumsum(learnt["known_lengths"])[:-1]))


def _meta(folder: Path) -> dict[str, Any]:
    path = folder / META
    read = read_json(path) if path.exists() else {}
    if not isinstance(read, dict):
        raise BadInput("images.unreadable_file", file=f"{folder.name}/{META}")
    return read


def _bytes(folder: Path, name: str) -> bytes | None:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        return None


def _belongs(meta: Mapping[str, Any], name: str, content: bytes | None) -> bool:
    told = meta.get("files")
    if told is None:  # old format: nothing was promised
        return True
    return told.get(name) == (None if content is None else hashlib.sha256(content).hexdigest())
