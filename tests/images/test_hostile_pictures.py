"""Pictures made to harm: bombs of every format, files that are two things at once, and thousands of broken ones.

Each is either a picture of sane size or refused in one sentence, before it costs memory or time.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import BadInput, TooLarge
from core.images.decoding import decode
from core.images.ingestion import Ingestion
from tests.images.packing import PICTURE, packed, reasons, taken
from tests.images.pictures import BLUE, RED, WHITE, animated, corner, exif, is_near, saved

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
PNG = b"\x89PNG\r\n\x1a\n"
BOMB = bytes(20 * 2**20)  # a thousand times as long as packed


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*more: bytes, edge: int = 8, data: bytes = bytes(8 * 25)) -> bytes:
    """A black PNG with other chunks before its pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0))
    return b"".join((PNG, header, *more, chunk(b"IDAT", zlib.compress(data, 9)), chunk(b"IEND", b"")))


def gif(screen: int, *frames: int) -> bytes:
    """A GIF whose screen and frames are said to be squares of these edges."""
    start = b"GIF89a" + struct.pack("<HHBBB", screen, screen, 0x80, 0, 0) + bytes(6)
    drawn = (b"," + struct.pack("<HHHHB", 0, 0, edge, edge, 0) + b"\x02\x02\x44\x01\x00" for edge in frames)
    return b"".join((start, *drawn, b";"))


def webp(edge: int, *, moves: bool) -> bytes:
    """A WebP that says its canvas has this edge and holds a picture of 8 x 8."""
    size = 2 * (edge - 1).to_bytes(3, "little")
    picture = saved(corner(8, 8), "WEBP", lossless=True)[12:]
    frame = bytes(6) + 2 * (7).to_bytes(3, "little") + bytes(4) + picture
    parts = [(b"VP8X", bytes([2 * moves, 0, 0, 0]) + size)]
    parts += [(b"ANIM", bytes(6)), (b"ANMF", frame)] if moves else [(picture[:4], picture[8:])]
    body = b"WEBP" + b"".join(kind + struct.pack("<I", len(one)) + one + bytes(len(one) % 2) for kind, one in parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp(edge: int) -> bytes:
    sizes = struct.pack("<IiiHHIIiiII", 40, edge, edge, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + sizes


def noise(format: str) -> bytes:
    return saved(Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 24, 3), dtype=np.uint8)), format)


def is_told(content: bytes, **options: int) -> bool:
    """Whether it is decoded to a sane size or refused; anything else is raised."""
    try:
        return max(decode(content, name="a", **options).image.size) <= 1000  # type: ignore[arg-type]
    except BadInput:
        return True


@pytest.mark.parametrize(
    "content",
    [
        gif(65_535, 1),
        gif(8, 65_535),  # the frame is larger than its screen
        webp(16_383, moves=True),
        webp(16_383, moves=False),
        bmp(30_000),
        saved(corner(), "JPEG").replace(struct.pack(">HH", 64, 96), struct.pack(">HH", 65_535, 65_535)),
    ],
    ids=["gif", "gif frame", "webp that moves", "webp", "bmp", "jpeg"],
)
def test_when_a_few_bytes_claim_very_many_pixels_then_they_are_refused_unread(content: bytes) -> None:
    assert len(content) < 2000
    with pytest.raises(TooLarge) as refused:
        decode(content, name="bomb")
    assert refused.value.key == "images.too_many_pixels"


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_when_a_text_or_profile_unpacks_a_thousandfold_then_the_picture_is_called_damaged(kind: bytes) -> None:
    head = b"a\0\1\0\0\0" if kind == b"iTXt" else b"a\0\0"
    content = png(chunk(kind, head + zlib.compress(BOMB, 9)))

    with pytest.raises(BadInput) as refused:
        decode(content, name="bomb.png")
    assert refused.value.key == "images.damaged"


def test_when_the_pixels_unpack_to_more_than_the_header_says_then_the_header_decides() -> None:
    picture = decode(png(data=BOMB), name="bomb.png")

    assert picture.image.size == (8, 8)


def test_when_a_later_frame_is_a_bomb_then_only_the_first_is_read() -> None:
    picture = decode(gif(8, 1, 65_535), name="a.gif")

    assert (picture.image.size, picture.frames) == ((8, 8), 2)


def test_when_an_archive_holds_a_bomb_then_it_alone_is_refused(tmp_path: Path) -> None:
    files = {"cat/1.png": PICTURE, "cat/bomb.gif": gif(65_535, 1), "cat/inner.zip": b"PK\x03\x04" + bytes(40)}
    with Ingestion(packed(tmp_path / "a.zip", files)) as ingestion:
        found = [picture.width for _, picture in ingestion.decoded()]
        table = ingestion.table()

    assert found == [8]
    assert sorted(reasons(table)) == [
        ("cat", "bomb.gif", "images.too_many_pixels"),
        ("cat", "inner.zip", "images.other_format"),
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_when_a_picture_is_also_an_archive_or_a_page_then_only_the_picture_is_seen(format: str) -> None:
    plain = saved(corner(), format)
    packed_inside = io.BytesIO()
    with zipfile.ZipFile(packed_inside, "w") as archive:
        archive.writestr("evil.html", "<script>")
    alone = np.asarray(decode(plain, name="a").image)

    for tail in (packed_inside.getvalue(), b"<html><script>alert(1)</script></html>", b"%PDF-1.7"):
        both = decode(plain + tail, name="a.html")
        assert both.format == format.lower()
        assert np.array_equal(np.asarray(both.image), alone)


def test_when_an_archive_begins_like_a_picture_then_its_files_are_read_as_an_archive(tmp_path: Path) -> None:
    inner = packed(tmp_path / "inner.zip", {"cat/1.png": PICTURE, "dog/2.png": PICTURE}).read_bytes()
    (tmp_path / "both.zip").write_bytes(PICTURE + inner)

    assert taken(tmp_path / "both.zip")[0] == [("cat", "1.png"), ("dog", "2.png")]


@pytest.mark.parametrize("suffix", ["txt", "exe", "svg", "html", "jpg"])
def test_when_a_picture_in_an_archive_bears_another_suffix_then_its_content_decides(
    tmp_path: Path, suffix: str
) -> None:
    found, table = taken(packed(tmp_path / "a.zip", {"cat/1.png": PICTURE, f"cat/2.{suffix}": PICTURE}))

    assert (len(found), table.refused) == (2, 0)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("target_edge", [None, 8])
def test_when_bytes_are_overwritten_at_random_then_a_picture_or_one_sentence_comes_out(
    format: str, target_edge: int | None
) -> None:
    random = np.random.default_rng(1)
    plain = noise(format)
    options = {} if target_edge is None else {"target_edge": target_edge}
    for _ in range(150):
        broken = bytearray(plain)
        for place in random.integers(2, len(plain), random.integers(1, 9)):
            broken[place] = random.integers(256)
        assert is_told(bytes(broken), **options)


@pytest.mark.parametrize("format", FORMATS)
def test_when_a_file_is_cut_anywhere_then_a_picture_or_one_sentence_comes_out(format: str) -> None:
    plain = noise(format)

    for length in np.linspace(0, len(plain) - 1, 60).astype(int):
        assert is_told(plain[:length])
        assert is_told(plain[:length], target_edge=8)


def test_when_four_inks_come_from_a_turned_camera_then_colours_and_edges_are_right_at_any_scale() -> None:
    lying = corner(384, 256).transpose(Image.Transpose.ROTATE_90).convert("CMYK")
    content = saved(lying, "JPEG", exif=exif(6), quality=95)

    for target_edge in (None, 32):
        picture = decode(content, name="a.jpg", target_edge=target_edge)
        width, height = picture.image.size
        assert (picture.width, picture.height) == (384, 256)
        assert is_near(picture.image.getpixel((width // 8, height // 8)), RED)
        assert is_near(picture.image.getpixel((width - 2, height - 2)), BLUE)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_when_another_format_than_jpeg_says_how_the_camera_was_held_then_it_counts_too(format: str) -> None:
    lying = corner().transpose(Image.Transpose.ROTATE_90)
    picture = decode(saved(lying, format, exif=exif(6), lossless=True), name="a")

    assert picture.image.size == (96, 64)
    assert is_near(picture.image.getpixel((12, 8)), RED)


def test_when_colour_has_16_bits_then_it_is_scaled_and_not_cut() -> None:
    values = np.array([[[0, 32_768, 65_535]] * 8] * 8, dtype=">u2")
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0))
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    content = b"".join((PNG, header, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")))

    assert is_near(decode(content, name="a.png").image.getpixel((4, 4)), (0, 128, 255), within=1)


def test_when_grey_of_16_bits_is_reduced_then_it_is_still_scaled() -> None:
    ramp = np.linspace(0, 65_535, 64).astype(np.uint16).repeat(64).reshape(64, 64)
    shown = decode(saved(Image.fromarray(ramp), "PNG"), name="a.png", target_edge=16).image

    assert shown.size == (16, 16)
    assert np.abs(np.asarray(shown)[:, 0, 0].astype(int) - np.linspace(6, 249, 16)).max() <= 2


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_when_a_colour_of_the_palette_is_transparent_then_white_shows_there_alone(format: str) -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.paste(1, (4, 0, 8, 8))
    shown = decode(saved(image, format, transparency=0), name="a").image

    assert (shown.getpixel((1, 4)), shown.getpixel((6, 4))) == (WHITE, RED)


def test_when_palette_colours_are_half_transparent_then_half_of_white_shows() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    shown = decode(saved(image, "PNG", transparency=bytes([128, 255])), name="a.png").image

    assert is_near(shown.getpixel((1, 1)), (127, 127, 127), within=2)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_when_a_picture_moves_and_is_reduced_then_it_is_still_the_first_frame(format: str) -> None:
    shown = decode(animated(format), name="a", target_edge=16).image

    assert shown.size == (24, 16)
    assert is_near(shown.getpixel((3, 2)), RED)
