"""Whatever a picture file holds - palette, transparency, four inks, 16 bits, a turned camera - as upright RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

ORIENTATION = 0x0112  # EXIF tag: 1 upright, 2-4 mirrored or upside down, 5-8 with the edges exchanged


def to_rgb(image: Image) -> Image:
    """RGB of any mode that a picture file can have; what is transparent becomes white."""
    from PIL import Image as pillow

    if image.mode.startswith("I"):
        return _from_16_bits(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        background = pillow.new("RGBA", layer.size, "white")
        return pillow.alpha_composite(background, layer).convert("RGB")
    return image.convert("RGB")


def orientation_of(image: Image, broken: tuple[type[Exception], ...]) -> int:
    """How the camera was held, 1 to 8; 1 where the EXIF says nothing or is damaged, for the picture is not."""
    try:
        found = image.getexif().get(ORIENTATION, 1)
    except broken:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def upright(image: Image, orientation: int) -> Image:
    """`image` turned as its EXIF `orientation` asks."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _from_16_bits(image: Image) -> Image:
    """Grey of 16 bits, scaled; Pillow's own conversion would turn everything over 255 white."""
    import numpy as np
    from PIL import Image as pillow

    values = np.asarray(image).clip(0, 65535)
    grey = ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return pillow.fromarray(grey).convert("RGB")
