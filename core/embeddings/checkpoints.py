"""Where the files of a model lie - a folder, the hub's cache, or the hub - what they hash to, and what ids call it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import Unavailable
from core.settings.current import get_settings

WEIGHTS = ("*.safetensors", "*pytorch_model*.bin")  # the second is a pickle: read with weights_only, and only if alone

MISSING = "embeddings.model_not_cached"


def checkpoint_folder(
    name: str, weights: Sequence[str] = WEIGHTS, *, more: Sequence[str] = (), missing: str = MISSING,
    ask_hub: bool = True,
) -> Path:  # fmt: skip
    """The folder of a model given by path or by hub name (owner/model); the cache is asked before the network.

    weights: patterns of files that hold weights; one of them is there, the first for choice. more: patterns of other
    files it may need. missing: key of the sentence for a model that is not to be had.
    Raises Unavailable when it is not there and the hub may not be asked or does not give it.
    """
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    texts = ["*.json", "*.txt", *more]
    cached = _snapshot(name, [*texts, *weights], local_files_only=True)
    if cached and weight_files(cached, weights):
        return cached
    if ask_hub and not get_settings().hub_offline:
        for pattern in weights:
            fetched = _snapshot(name, [*texts, pattern])
            if fetched and weight_files(fetched, [pattern]):
                return fetched
    raise Unavailable(missing, model=name)


def _snapshot(name: str, patterns: list[str], *, local_files_only: bool = False) -> Path | None:
    """The snapshot of a hub model; None where there is none."""
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise Unavailable("embeddings.image_unavailable", model=name, reason=error) from error
    try:
        folder = snapshot_download(
            name,
            allow_patterns=patterns,
            cache_dir=hub_cache(),
            local_files_only=local_files_only,
            etag_timeout=get_settings().outside_timeout_s,
        )
    except (OSError, ValueError):  # not cached, not reachable, not a name: the caller says which way out there is
        return None
    return Path(folder)


def hub_cache() -> str | None:
    """The hub's cache folder by the setting hf_home; None leaves the choice to the hub's library."""
    home = get_settings().hf_home
    return str(Path(home).expanduser() / "hub") if home else None


def weight_files(folder: Path, weights: Sequence[str] = WEIGHTS) -> tuple[Path, ...]:
    """The files of the first pattern that any file has, sorted; empty where no pattern has any."""
    found = (tuple(sorted(folder.glob(pattern))) for pattern in weights)
    return next((files for files in found if files), ())


def files_sha256(files: Sequence[Path]) -> str:
    """SHA-256 of the files one after the other; of one file, it is that file's own."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def read_model(
    model_class: Any, folder: Path, *, name: str, unusable: str, may_lack: tuple[str, ...] = (), **options: Any
) -> Any:
    """A model of transformers, ready to be asked, read from its files alone.

    unusable: key of the sentence for a checkpoint that is no such model. may_lack: beginnings of weights that nobody
    reads. options: of from_pretrained.
    Raises Unavailable, also where a weight is missing: the library would go on with random numbers in its place.
    """
    try:
        model, found = model_class.from_pretrained(folder, local_files_only=True, output_loading_info=True, **options)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise Unavailable(unusable, model=name, reason=error) from error
    missing = sorted(key for key in found["missing_keys"] if not key.startswith(may_lack))
    if missing:
        raise Unavailable(unusable, model=name, reason=", ".join(missing[:3]))
    return model.eval()


def id_name(name: str) -> str:
    """The name an id carries: a hub name as it is, of a path the last part: where a file lies is nobody's business."""
    return Path(name).expanduser().resolve().name if Path(name).expanduser().exists() else name


def file_name(name: str) -> str:
    """The same as part of a file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)


def not_cached(name: str) -> Unavailable:
    return Unavailable(MISSING, model=name)
