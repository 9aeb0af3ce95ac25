"""What turns pictures into vectors, whichever model does it, and the one the settings choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from core.resilience.resident_models import resident
from core.settings.current import get_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from core.embeddings.onnx_runtime import Precision

OPEN_CLIP = "open_clip:"


class TextEncoder(Protocol):
    """The text tower of a model that compares pictures with words."""

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows in the space of the pictures, shape (n, dim)."""
        ...


class EncoderCard(Protocol):
    """What identifies a picture model. Vectors of different ids or checksums must never be compared."""

    @property
    def id(self) -> str:
        """name:precision:runtime, for example efficientnet_lite0:fp32:onnxruntime."""
        ...

    @property
    def dim(self) -> int: ...

    @property
    def weights_sha256(self) -> str: ...

    @property
    def preprocessing_sha256(self) -> str: ...


class ImageEncoder(EncoderCard, Protocol):
    """A loaded picture model."""

    @property
    def text_encoder(self) -> TextEncoder | None:
        """None where the model knows pictures only."""
        ...

    def encode(self, pictures: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Unit rows, shape (n, dim). A row of zeros says that the model gave that picture no direction."""
        ...


def image_encoder(name: str | None = None, *, precision: Precision | None = None) -> ImageEncoder:
    """The encoder `name`, or that of the setting image_model; loaded once per process.

    name: efficientnet_lite0 (with +flip: averaged with its mirror image), a CLIP checkpoint of transformers by hub
    name or folder, or open_clip:MODEL@TAG, open_clip:MODEL@FILE, open_clip:FOLDER.
    Raises Unavailable when the model is neither cached nor reachable, and for a precision it cannot run in.
    """
    settings = get_settings()
    name = name or settings.image_model
    precision = precision or settings.image_precision
    key = f"image_encoder:{name}:{precision}:{settings.threads}"
    from core.embeddings import clip, efficientnet

    if name in efficientnet.NAMES:
        return resident(key, "1", lambda: efficientnet.load(name, precision), size_bytes=efficientnet.SIZE)
    if name.startswith(OPEN_CLIP):
        from core.embeddings import open_clip_models

        model = name.removeprefix(OPEN_CLIP)
        return resident(key, "1", lambda: open_clip_models.load(model, precision), size_bytes=clip.SIZE)
    return resident(key, "1", lambda: clip.load(name, precision), size_bytes=clip.SIZE)
