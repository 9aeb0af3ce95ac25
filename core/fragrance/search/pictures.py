"""A visitor's picture as small upright RGB, or one sentence why it cannot be read; its content alone decides."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

from core.errors import BadInput, TooLarge

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 50_000_000
MAX_SCANS = 100  # of a progressive JPEG; files are made that have thousands
EDGE = 512  # pixels; colours and picture models need no more
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
BROKEN = (OSError, EOFError, SyntaxError, ValueError, TypeError, IndexError, KeyError, OverflowError, struct.error,
          zlib.error)  # fmt: skip


def small_picture(content: bytes) -> Image:
    """RGB, its first frame, upright, at most EDGE pixels wide and high. Raises TooLarge or BadInput."""
    from PIL import Image, ImageOps

    if not content:
        raise BadInput("fragrance_search.empty_picture")
    if len(content) > MAX_BYTES:
        raise TooLarge("fragrance_search.picture_too_large", limit_mb=f"{MAX_BYTES / 2**20:g}")
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        # Inside a scan 0xFF is always followed by 0, so this counts scans, and at most a few thumbnails besides.
        has_many_scans = picture.format == "JPEG" and content.count(b"\xff\xda") > MAX_SCANS
        if picture.width * picture.height > MAX_PIXELS or has_many_scans:
            raise TooLarge("fragrance_search.picture_too_many_pixels", limit_mp=f"{MAX_PIXELS / 1e6:g}")
        picture.draft("RGB", (EDGE, EDGE))
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
            layer = upright.convert("RGBA")  # what is transparent is seen on white, as on most pages
            ground = Image.new("RGBA", layer.size, "white")
            upright = Image.alpha_composite(ground, layer)
        upright.thumbnail((EDGE, EDGE))
        return upright.convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge("fragrance_search.picture_too_many_pixels", limit_mp=f"{MAX_PIXELS / 1e6:g}") from error
    except BROKEN as error:
        raise BadInput("fragrance_search.not_a_picture", known=", ".join(FORMATS)) from error
