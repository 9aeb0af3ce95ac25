"""Vectors of the pictures this process looked at lately, by content and encoder: asking again costs no model run."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.images.decoding import Note, decode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.embeddings.picture_models import ImageEncoder

    Vector = NDArray[np.float32]

MOST = 4096  # of 5 KB each
# Twice the edge that the encoders ask for: reduced further while decoding, vectors begin to differ.
DECODED_EDGE = 448  # pixels


@dataclass(frozen=True, eq=False)
class SeenPicture:
    """What was learnt of a picture. vector: unit row, shape (dim,). width, height: upright, in full [pixels]."""

    sha256: str
    vector: Vector
    width: int
    height: int
    format: str
    notes: tuple[Note, ...]


_seen: OrderedDict[tuple[str, ...], SeenPicture] = OrderedDict()
_lock = threading.Lock()


def look_at(content: bytes, *, name: str, encoder: ImageEncoder) -> SeenPicture:
    """Decode and encode a picture, unless it was just seen. Raises BadInput or TooLarge as `decode` does."""
    sha256 = hashlib.sha256(content).hexdigest()
    key = (sha256, encoder.id, encoder.weights_sha256, encoder.preprocessing_sha256)
    with _lock:
        if key in _seen:
            _seen.move_to_end(key)
            return _seen[key]
    decoded = decode(content, name=name, target_edge=DECODED_EDGE)
    vector = encoder.encode([decoded.image])[0]
    seen = SeenPicture(sha256, vector, decoded.width, decoded.height, decoded.format, decoded.notes)
    with _lock:
        _seen[key] = seen
        while len(_seen) > MOST:
            _seen.popitem(last=False)
    return seen


def forget_all() -> None:
    """Empty the memory; measurements begin with it."""
    with _lock:
        _seen.clear()
