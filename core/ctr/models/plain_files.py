"""Arrays and settings of a fitted model as plain bytes: NPZ and JSON, nothing pickled."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np


def as_npz(**arrays: Any) -> bytes:
    """Compressed NPZ."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def from_npz(content: bytes) -> dict[str, np.ndarray]:
    """The arrays; object arrays are refused."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def as_json(content: Any) -> bytes:
    """UTF-8 JSON that refuses NaN, which other readers do not understand."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def with_prefix(prefix: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files under names of their own: model.json becomes trees.model.json."""
    return {f"{prefix}.{name}": content for name, content in files.items()}


def without_prefix(prefix: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that `with_prefix` named, under their first names."""
    start = f"{prefix}."
    return {name.removeprefix(start): content for name, content in files.items() if name.startswith(start)}
