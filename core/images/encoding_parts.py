"""Pictures to vectors on the workers of a cluster: files go there as they are, and are decoded there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from core.cluster.spread import spread
from core.errors import BadInput, Unavailable
from core.images.decoding import decode
from core.images.seen_pictures import DECODED_EDGE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.embeddings.picture_models import EncoderCard

    Vectors = NDArray[np.float32]

Card = tuple[str, str, str]  # id, weights, preparation


def encoded(
    files: Iterable[tuple[str, str, bytes]], encoder: EncoderCard, *, batch: int
) -> Iterator[dict[str, Vectors | BadInput]]:
    """What became of each batch of files, given as SHA-256, name and content: a vector, or why there is none."""
    coming = iter(files)
    card = encoder.id, encoder.weights_sha256, encoder.preprocessing_sha256
    parts = iter(lambda: (card, list(islice(coming, batch))), (card, []))
    yield from spread(encode_there, parts, name="pictures")


def encode_there(part: tuple[Card, list[tuple[str, str, bytes]]]) -> dict[str, Vectors | BadInput]:
    """One batch on a worker. Raises Unavailable where its model is another one."""
    from core.embeddings.picture_models import image_encoder

    card, files = part
    name, precision, _ = card[0].rsplit(":", 2)
    encoder = image_encoder(name, precision=precision)  # type: ignore[arg-type]
    theirs = encoder.id, encoder.weights_sha256, encoder.preprocessing_sha256
    if theirs != card:
        raise Unavailable("cluster.other_encoder", theirs=" ".join(theirs), ours=" ".join(card))
    made: dict[str, Vectors | BadInput] = {}
    pictures = []
    for sha256, file_name, content in files:
        try:
            pictures.append((sha256, decode(content, name=file_name, target_edge=DECODED_EDGE).image))
        except BadInput as error:
            made[sha256] = error
    rows = encoder.encode([image for _, image in pictures])
    return made | {sha256: vector for (sha256, _), vector in zip(pictures, rows, strict=True)}
