"""Search by a photo: which colours it has, what they stand for, and which files are refused."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.errors import BadInput, TooLarge, Unavailable
from core.fragrance import vocabulary
from core.fragrance.search import photos, pictures
from core.fragrance.search.photos import colours_of, find_by_photo, lab, read_photo
from tests.fragrance.search_home import CUSTOMER, encoder, fill, use


def picture(*colours: tuple[int, int, int], mode: str = "RGB") -> Image.Image:
    """Stripes of equal height."""
    made = Image.new("RGB", (60, 60))
    for number, colour in enumerate(colours):
        made.paste(colour, (0, 60 * number // len(colours), 60, 60 * (number + 1) // len(colours)))
    return made.convert(mode)


def content(made: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    made.save(buffer, kind)
    return buffer.getvalue()


@dataclass
class Model:
    """A picture model that knows the words `rose` best."""

    text_encoder: Any = None
    id: str = "test-model"

    def encode(self, given: list[Image.Image]) -> np.ndarray:
        return np.array([[1.0, 0.0]])

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        return np.array([[1.0, 0.0] if "rose" in text else [0.0, 1.0] for text in texts])


@pytest.fixture
def by_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "image_encoder", Model)


def test_when_colours_are_converted_then_white_black_and_red_have_their_known_values() -> None:
    found = lab(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    assert np.allclose(found, [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20]], atol=0.05)


@pytest.mark.parametrize(
    ("colour", "name"),
    [((200, 30, 40), "red"), ((20, 90, 40), "dark_green"), ((30, 110, 200), "blue"), ((250, 250, 250), "white"),
     ((10, 10, 10), "black"), ((110, 70, 40), "brown")],
)  # fmt: skip
def test_when_a_picture_has_one_colour_then_it_is_named(colour: tuple[int, int, int], name: str) -> None:
    (seen,) = colours_of(picture(colour))
    assert (seen.id, seen.share) == (name, 1.0)


def test_when_a_picture_has_several_colours_then_their_shares_and_reasons_are_told(by_colours: None) -> None:
    reading, notices = read_photo(content(picture((20, 90, 40), (20, 90, 40), (250, 250, 250))))
    assert [one.id for one in reading.colours] == ["dark_green", "white"]
    assert reading.colours[0].share == pytest.approx(2 / 3, abs=0.02)
    assert all(one.why_en and one.why_ko for one in reading.colours)
    assert reading.way == "colours"
    assert reading.odours[0][0] == "mossy"
    assert [one.key for one in notices] == ["fragrance_search.read_by_colours"]


def test_when_the_table_is_read_then_every_word_is_of_the_vocabulary() -> None:
    for colour in photos._table().values():
        assert set(colour["odours"]) <= set(vocabulary.ids("odour"))
        assert set(colour["moods"]) <= set(vocabulary.ids("mood"))


def test_when_the_model_knows_words_then_it_reads_the_picture_and_the_answer_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = Model()
    model.text_encoder = model
    monkeypatch.setattr(photos, "image_encoder", lambda: model)
    reading, notices = read_photo(content(picture((10, 10, 10))))
    assert (reading.way, reading.model, reading.odours[0]) == ("pictures", "test-model", ("rose", 1.0))
    assert notices == ()


def test_when_the_picture_model_is_away_then_colours_are_read_and_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Model:
        raise Unavailable("embeddings.unavailable", encoder="test", reason="gone")

    monkeypatch.setattr(photos, "image_encoder", away)
    reading, notices = read_photo(content(picture((10, 10, 10))))
    assert reading.way == "colours"
    assert [one.key for one in notices] == ["fragrance_search.picture_model_away", "fragrance_search.read_by_colours"]


def test_when_a_photo_is_searched_with_then_perfumes_with_its_odours_are_found(
    home: Path, by_colours: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, encoder())
    fill()
    found = find_by_photo(content(picture((110, 70, 40)), "JPEG"), principal=CUSTOMER)
    assert found.answer.results[0].id == "leather"
    assert "tobacco" in found.reading.words


def test_when_a_picture_is_transparent_or_grey_or_indexed_then_it_is_read_all_the_same() -> None:
    for mode in ("L", "P", "1", "RGBA", "LA", "CMYK"):
        kind = "JPEG" if mode == "CMYK" else "PNG"
        assert pictures.small_picture(content(picture((250, 250, 250), mode=mode), kind)).mode == "RGB"
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert pictures.small_picture(content(clear)).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (b"", "fragrance_search.empty_picture"),
        (b"no picture at all", "fragrance_search.not_a_picture"),
        (content(picture((1, 2, 3)))[:60], "fragrance_search.not_a_picture"),
        (b"%PDF-1.7 something", "fragrance_search.not_a_picture"),
    ],
)
def test_when_a_file_is_no_picture_then_it_is_refused_in_one_sentence(given: bytes, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_photo(given)
    assert refused.value.key == key


def test_when_a_picture_is_too_large_then_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100)
    with pytest.raises(TooLarge) as pixels:
        read_photo(content(picture((1, 2, 3))))
    monkeypatch.setattr(pictures, "MAX_BYTES", 10)
    with pytest.raises(TooLarge) as bytes_:
        read_photo(content(picture((1, 2, 3))))
    assert (pixels.value.key, bytes_.value.key) == (
        "fragrance_search.picture_too_many_pixels",
        "fragrance_search.picture_too_large",
    )
