"""Turns the bytes of one picture into upright RGB, or says in one sentence why it cannot.

The content alone decides what a file is; its name is only for messages. Colour profiles are not applied.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from core.errors import BadInput, TooLarge
from core.images.names import nfc
from core.images.picture_modes import orientation_of, to_rgb, upright
from core.messages import say

if TYPE_CHECKING:
    from PIL.Image import Image

# First bytes of each format; WebP also has "WEBP" from the ninth on.
SIGNATURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"RIFF", "webp"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
)
FORMATS = tuple(dict.fromkeys(kind for _, kind in SIGNATURES))
# What people take for a picture we read: named, so that they know what to convert.
OTHERS = ((b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"%PDF", "PDF"), (b"PK\x03\x04", "ZIP"), (b"<svg", "SVG"))
LONGEST_NAME = 120
CHECK_EDGE = 64  # pixels
# Every way in which Pillow says that content is broken; found by feeding it broken content.
BROKEN = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, IndexError, KeyError, OverflowError),
    *(struct.error, zlib.error),
)


@dataclass(frozen=True)
class DecodingLimits:
    """max_bytes of the file; max_pixels before any reduction; max_aspect: longest edge over shortest.

    A strip of 1 x 10,000 pixels has few pixels, yet becomes millions when an encoder scales its short edge up.
    """

    max_bytes: int = 10 * 2**20
    max_pixels: int = 50_000_000
    max_aspect: float = 50.0
    # A progressive JPEG is passed over once for each scan; files are made that have thousands of them.
    max_scanned_pixels: int = 1_000_000_000


@dataclass(frozen=True)
class Note:
    """Something a person should know of a picture that was decoded all the same."""

    key: str
    details: tuple[tuple[str, object], ...]

    def text(self, language: str = "en") -> str:
        return say(self.key, language, **dict(self.details))


@dataclass(frozen=True)
class DecodedPicture:
    """image: RGB, upright, the first frame. width, height: upright and in full, even when `image` was reduced.

    format: one of FORMATS.
    """

    image: Image
    width: int
    height: int
    format: str
    frames: int
    notes: tuple[Note, ...] = ()


DEFAULT_LIMITS = DecodingLimits()


def decode(
    content: bytes, *, name: str, limits: DecodingLimits = DEFAULT_LIMITS, target_edge: int | None = None
) -> DecodedPicture:
    """The picture in `content`, which a visitor named `name`.

    target_edge [pixels]: the shorter edge of `image` need not be longer; it is reduced by a whole factor and never
    comes out shorter. JPEG is then decoded at reduced scale, which saves most of the time.
    Raises TooLarge or BadInput, see core/messages/images.toml.
    """
    from PIL import Image

    name = shown_name(name)
    if len(content) > limits.max_bytes:
        limit_mb = f"{limits.max_bytes / 2**20:g}"
        raise TooLarge("images.too_large", name=name, size_mb=f"{len(content) / 2**20:.1f}", limit_mb=limit_mb)
    kind = check_format(content[:512], name)
    with _broken_told(name, kind, limits):
        image = Image.open(io.BytesIO(content), formats=(kind.upper(),))
        _check_size(image.size, content, kind, name, limits)
        # The second picture in a phone's JPEG is a preview or a depth map, not a frame.
        frames = 1 if kind == "jpeg" else int(getattr(image, "n_frames", 1))
        full = image.size
        if target_edge is not None:
            image.draft(None, (target_edge, target_edge))
        image.load()
        turned = orientation_of(image, BROKEN)
        rgb = to_rgb(image)
        if target_edge is not None and (factor := min(rgb.size) // target_edge) > 1:
            rgb = rgb.reduce(factor)
    width, height = full if turned < 5 else full[::-1]
    notes = (Note("images.first_frame", (("name", name), ("frames", frames))),) if frames > 1 else ()
    return DecodedPicture(upright(rgb, turned), width, height, kind, frames, notes)


def check_readable(content: bytes, *, name: str) -> None:
    """Decode a picture once, small, only to see that it can be. Raises TooLarge or BadInput as `decode` does."""
    decode(content, name=name, target_edge=CHECK_EDGE)


def check_format(start: bytes, name: str) -> str:
    """The format of a file by its first bytes (12 at least). Raises BadInput when it is none of ours."""
    if not start:
        raise BadInput("images.empty_file", name=name)
    kind = next((kind for magic, kind in SIGNATURES if start.startswith(magic)), None)
    if kind == "webp" and start[8:12] != b"WEBP":
        kind = None
    known = ", ".join(FORMATS).upper()
    if kind is None and (other := _other_format(start)):
        raise BadInput("images.other_format", name=name, format=other, known=known)
    if kind is None:
        raise BadInput("images.not_a_picture", name=name, known=known)
    return kind


def shown_name(name: str) -> str:
    """The last part of a file name as messages show it: no folders, no control characters, not endless."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(sign for sign in nfc(last) if sign.isprintable())[:LONGEST_NAME] or "-"


def _other_format(start: bytes) -> str | None:
    if start[4:8] == b"ftyp":
        return {b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"avif": "AVIF"}.get(start[8:12], "MP4")
    text = start.lstrip(b"\xef\xbb\xbf \r\n\t")
    if b"<svg" in text and text.startswith(b"<"):
        return "SVG"
    return next((other for magic, other in OTHERS if start.startswith(magic)), None)


def _check_size(size: tuple[int, int], content: bytes, kind: str, name: str, limits: DecodingLimits) -> None:
    width, height = size
    pixels = width * height
    if pixels > limits.max_pixels:
        raise _too_many_pixels(name, limits)
    if max(size) > limits.max_aspect * min(size):
        raise BadInput("images.too_narrow", name=name, width=width, height=height, limit=f"{limits.max_aspect:g}")
    # Inside a scan 0xFF is always followed by 0, so this counts scans, and at most a few thumbnails besides.
    if kind == "jpeg" and content.count(b"\xff\xda") * pixels > limits.max_scanned_pixels:
        raise BadInput("images.too_many_scans", name=name)


def _too_many_pixels(name: str, limits: DecodingLimits) -> TooLarge:
    return TooLarge("images.too_many_pixels", name=name, limit_mp=f"{limits.max_pixels / 1e6:g}")


@contextmanager
def _broken_told(name: str, kind: str, limits: DecodingLimits) -> Iterator[None]:
    """Says what Pillow found in our own words: its sentences name objects of the program."""
    from PIL.Image import DecompressionBombError, DecompressionBombWarning

    try:
        yield
    except (DecompressionBombError, DecompressionBombWarning) as error:
        raise _too_many_pixels(name, limits) from error
    except BROKEN as error:
        raise BadInput("images.damaged", name=name, format=kind.upper()) from error
