"""Whatever kind of picture comes in, upright RGB comes out; whatever is none is told in one clear sentence."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from core.errors import BadInput, TooLarge
from core.images.decoding import DecodingLimits, decode
from tests.images.pictures import BLUE, RED, WHITE, animated, corner, exif, is_near, saved


def key_of(content: bytes, name: str = "a.jpg", limits: DecodingLimits | None = None) -> str:
    with pytest.raises(BadInput) as refused:
        decode(content, name=name, limits=limits or DecodingLimits())
    return refused.value.key


def shows_corner(image: Image.Image) -> bool:
    width, height = image.size
    return is_near(image.getpixel((width // 8, height // 8)), RED) and is_near(
        image.getpixel((width - 4, height - 4)), BLUE
    )


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_when_a_format_is_known_then_upright_rgb_comes_out(format: str) -> None:
    picture = decode(saved(corner(), format), name="a")

    assert (picture.image.mode, picture.image.size) == ("RGB", (96, 64))
    assert (picture.width, picture.height, picture.format, picture.frames) == (96, 64, format.lower(), 1)
    assert shows_corner(picture.image)
    assert picture.notes == ()


def test_when_the_name_says_another_format_then_the_content_counts() -> None:
    assert decode(saved(corner(), "PNG"), name="a.jpg").format == "png"


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16", "RGB"])
def test_when_a_png_has_any_mode_then_it_becomes_rgb(mode: str) -> None:
    picture = decode(saved(Image.new(mode, (8, 8)), "PNG"), name="a.png")

    assert picture.image.mode == "RGB"


def test_when_grey_has_16_bits_then_it_is_scaled_and_not_cut() -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    picture = decode(saved(Image.fromarray(ramp), "PNG"), name="a.png")

    assert np.abs(np.asarray(picture.image)[..., 0] - ramp / 257).max() <= 0.5


def test_when_a_jpeg_has_four_inks_then_its_colours_are_kept() -> None:
    picture = decode(saved(corner().convert("CMYK"), "JPEG"), name="a.jpg")

    assert shows_corner(picture.image)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_when_part_is_transparent_then_it_is_white(mode: str) -> None:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (4, 0, 8, 8))
    shown = decode(saved(image.convert(mode), "PNG"), name="a.png").image

    assert (shown.getpixel((1, 1)), shown.getpixel((6, 1))) == (WHITE, (0, 0, 0))


def test_when_a_colour_is_half_transparent_then_half_of_white_shows() -> None:
    shown = decode(saved(Image.new("RGBA", (4, 4), (255, 0, 0, 128)), "WEBP", lossless=True), name="a").image

    assert is_near(shown.getpixel((1, 1)), (255, 127, 127), within=2)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("target_edge", [None, 16])
def test_when_the_camera_was_turned_then_the_picture_is_upright_at_any_scale(
    orientation: int, target_edge: int | None
) -> None:
    turned = corner(384, 256)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what a camera held so would have stored
    if orientation in undo:
        turned = turned.transpose(Image.Transpose(undo[orientation]))
    content = saved(turned, "JPEG", exif=exif(orientation))
    picture = decode(content, name="a.jpg", target_edge=target_edge)

    assert (picture.width, picture.height) == (384, 256)
    assert picture.image.size == ((24, 16) if target_edge else (384, 256))
    assert shows_corner(picture.image)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_when_the_exif_is_damaged_then_the_picture_is_shown_as_stored() -> None:
    content = saved(corner(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff")

    assert shows_corner(decode(content, name="a.jpg").image)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_when_an_edge_is_asked_for_then_the_shorter_edge_is_never_below_it(format: str) -> None:
    content = saved(corner(1000, 700), format)
    for target_edge in (64, 224, 350, 700, 1200):
        picture = decode(content, name="a", target_edge=target_edge)
        assert min(target_edge, 700) <= min(picture.image.size) < max(2 * target_edge, 701)
        assert (picture.width, picture.height) == (1000, 700)


def test_when_a_jpeg_is_reduced_while_decoding_then_it_looks_the_same(shared_datasets: Path) -> None:
    # The photos are small, so one is enlarged to where reducing pays.
    source = next((shared_datasets / "images_photos" / "query_known" / "watch").glob("*.jpg"))
    large = Image.open(source).convert("RGB").resize((1200, 900), Image.Resampling.BICUBIC)
    content = saved(large, "JPEG", quality=90)
    full, reduced = (
        decode(content, name="a.jpg", target_edge=edge).image.resize(
            (224, 224), Image.Resampling.BICUBIC, reducing_gap=3
        )
        for edge in (None, 224)
    )

    assert np.abs(np.asarray(full, float) - np.asarray(reduced, float)).mean() < 3


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_when_a_picture_moves_then_the_first_frame_is_used_and_said(format: str) -> None:
    picture = decode(animated(format), name="폴더/움직임.gif")

    assert shows_corner(picture.image)
    assert picture.frames == 3
    assert [note.text("en") for note in picture.notes] == [
        "움직임.gif is animated (3 frames); only the first frame is looked at."
    ]
    assert "3개" in picture.notes[0].text("ko")


def test_when_a_phone_hides_a_second_picture_in_a_jpeg_then_it_is_not_a_frame() -> None:
    content = saved(corner(), "MPO", save_all=True, append_images=[corner()])
    picture = decode(content, name="a.jpg", target_edge=16)

    assert (picture.format, picture.frames) == ("jpeg", 1)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "images.empty_file"),
        (b"just a text file", "images.not_a_picture"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "images.not_a_picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "images.other_format"),
        (b"II*\0\x08\0\0\0", "images.other_format"),
        (b"<?xml version='1.0'?><svg onload='x'/>", "images.other_format"),
        (b"\xff\xd8\xff\xe0 and then text", "images.damaged"),
        (b"BM", "images.damaged"),
    ],
)
def test_when_a_file_is_no_picture_then_the_sentence_says_which(content: bytes, key: str) -> None:
    assert key_of(content) == key


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.2, 0.6])
def test_when_a_file_is_cut_off_then_it_is_called_damaged(format: str, share: float) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    content = saved(noise, format)

    assert key_of(content[: int(len(content) * share)]) == "images.damaged"


def test_when_a_file_is_refused_then_no_path_and_no_word_of_the_program_is_told() -> None:
    for content in (b"text", saved(corner(), "PNG")[:60], saved(corner(), "JPEG")[:300]):
        with pytest.raises(BadInput) as refused:
            decode(content, name="C:\\secret\\/home/person/비밀\n.jpg")
        for language in ("en", "ko"):
            told = refused.value.text(language)
            assert not any(word in told for word in ("/", "\\", "\n", "secret", "home", "PIL", "Error", "0x", "<"))


def test_when_a_file_is_over_the_limit_then_it_is_not_opened() -> None:
    content = saved(corner(), "PNG")

    assert key_of(content, limits=DecodingLimits(max_bytes=len(content) - 1)) == "images.too_large"
    assert decode(content, name="a", limits=DecodingLimits(max_bytes=len(content))).width == 96


@pytest.mark.parametrize("edge", [8_000, 30_000])
def test_when_a_small_file_claims_very_many_pixels_then_it_is_refused_by_its_header(edge: int) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")

    with pytest.raises(TooLarge) as refused:
        decode(content, name="bomb.png")
    assert refused.value.key == "images.too_many_pixels"


def test_when_a_picture_is_a_thin_strip_then_it_is_refused() -> None:
    assert key_of(saved(Image.new("RGB", (5000, 1)), "PNG")) == "images.too_narrow"


def test_when_a_jpeg_has_thousands_of_scans_then_it_is_refused_before_it_is_read() -> None:
    content = saved(corner(640, 480), "JPEG", progressive=True)
    start = content.rindex(b"\xff\xda")
    scan = content[start : content.rindex(b"\xff\xd9")]

    assert key_of(content[:start] + scan * 5000 + b"\xff\xd9") == "images.too_many_scans"


def test_when_pillow_is_present_then_it_reads_what_we_promise() -> None:
    assert features.check("webp")
    assert features.check("jpg")
    assert Image.open(io.BytesIO(saved(corner(), "BMP"))).format == "BMP"
