"""Search by a photo: its colours by a table of associations, or what a picture model that knows words sees in it.

The answer says by which way it was read and why each word is there; neither way smells anything.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.embeddings.picture_models import image_encoder
from core.errors import Unavailable
from core.fragrance import vocabulary
from core.fragrance.search.filters import Filters
from core.fragrance.search.finding import Answer, find_perfumes
from core.fragrance.search.pictures import small_picture
from core.knowledge.notices import Notice, notice_of
from core.security.policy import Permission, Principal, require

if TYPE_CHECKING:
    from PIL.Image import Image

EDGE = 96  # pixels; more do not change which colours there are
LEAST_SHARE = 0.12  # of the picture; a colour with less is a detail
MOST_COLOURS = 3
MOST_WORDS = 6
PROMPT = "a photo that makes one think of the smell of {word}"
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                   [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
WHITE = np.array([0.95047, 1.0, 1.08883])  # D65


@dataclass(frozen=True)
class SeenColour:
    """share: of the picture, 0 to 1. odours, moods: ids. why: the association, in `language`s en and ko."""

    id: str
    share: float
    odours: tuple[str, ...]
    moods: tuple[str, ...]
    en: str
    ko: str
    why_en: str
    why_ko: str


@dataclass(frozen=True)
class PhotoReading:
    """way: colours, or pictures where a model compared the picture with words.

    odours: ids that are searched for, the strongest first, with their weight: share of the colours, or cosine in the
    model's space. words: what is searched for.
    """

    way: Literal["colours", "pictures"]
    odours: tuple[tuple[str, float], ...]
    moods: tuple[str, ...]
    colours: tuple[SeenColour, ...]
    words: str
    model: str | None = None


@dataclass(frozen=True)
class PhotoAnswer:
    """reading: what was searched for and why. answer: as of any search."""

    reading: PhotoReading
    answer: Answer
    notices: tuple[Notice, ...]


def find_by_photo(
    content: bytes, filters: Filters | None = None, *, k: int = 10, principal: Principal
) -> PhotoAnswer:  # fmt: skip
    """Perfumes that go with a picture. Raises TooLarge or BadInput for what is none, and as `find_perfumes` does."""
    require(principal, Permission.FRAGRANCE_READ)
    reading, notices = read_photo(content)
    answer = find_perfumes(reading.words, filters, k=k, principal=principal, reads_words=False)
    return PhotoAnswer(reading, answer, (*notices, *answer.notices))


def read_photo(content: bytes) -> tuple[PhotoReading, tuple[Notice, ...]]:
    """What the picture stands for. Raises TooLarge or BadInput."""
    picture = small_picture(content)
    seen = colours_of(picture)
    notices: list[Notice] = []
    try:
        encoder = image_encoder()
        if encoder.text_encoder is not None:
            found = _by_model(picture, encoder)
            words = _words([one for one, _ in found], ())
            return PhotoReading("pictures", found, (), seen, words, encoder.id), ()
    except Unavailable as error:
        notices.append(Notice("fragrance_search.picture_model_away", {"reason": notice_of(error).plain()}))
    notices.append(Notice("fragrance_search.read_by_colours"))
    weights: dict[str, float] = {}
    for colour in seen:
        for place, odour in enumerate(colour.odours):
            weights[odour] = weights.get(odour, 0.0) + colour.share / (1 + place)
    odours = tuple(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0])))[:MOST_WORDS]
    moods = tuple(dict.fromkeys(mood for colour in seen for mood in colour.moods))[:MOST_COLOURS]
    words = _words([one for one, _ in odours], moods)
    return PhotoReading("colours", odours, moods, seen, words), tuple(notices)


def colours_of(picture: Image) -> tuple[SeenColour, ...]:
    """The colours of the table that take a good part of the picture, the largest first; never none."""
    small = picture.copy()
    small.thumbnail((EDGE, EDGE))
    pixels = lab(np.asarray(small, dtype=np.float64).reshape(-1, 3) / 255)
    names = list(_table())
    centres = np.array([_table()[name]["lab"] for name in names], dtype=np.float64)
    nearest = ((pixels[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    shares = np.bincount(nearest, minlength=len(names)) / len(pixels)
    order = sorted(range(len(names)), key=lambda at: (-shares[at], at))
    kept = [at for at in order if shares[at] >= LEAST_SHARE][:MOST_COLOURS] or order[:1]
    return tuple(_seen(names[at], float(shares[at])) for at in kept)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIELAB of sRGB between 0 and 1 (IEC 61966-2-1, D65), shape (n, 3) -> (n, 3)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    ratio = linear @ TO_XYZ.T / WHITE
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack(
        [116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], axis=1
    )  # fmt: skip


def _by_model(picture: Image, encoder: Any) -> tuple[tuple[str, float], ...]:
    """Odour words by cosine with the picture in the model's own space, the nearest first."""
    ids = vocabulary.ids("odour")
    texts = [PROMPT.format(word=vocabulary.label("odour", one)) for one in ids]
    cosines = np.asarray(encoder.text_encoder.encode_texts(texts) @ encoder.encode([picture])[0])
    order = np.lexsort((np.arange(len(ids)), -cosines))[:MOST_WORDS]
    return tuple((ids[at], float(cosines[at])) for at in order)


def _words(odours: list[str], moods: tuple[str, ...]) -> str:
    labels = [vocabulary.label("odour", one) for one in odours] + [vocabulary.label("mood", one) for one in moods]
    return ", ".join(dict.fromkeys(labels))


def _seen(name: str, share: float) -> SeenColour:
    of = _table()[name]
    return SeenColour(
        name, share, tuple(of["odours"]), tuple(of["moods"]), of["en"], of["ko"], of["why_en"], of["why_ko"]
    )


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    text = resources.files(__package__ or "core.fragrance.search").joinpath("colours.toml").read_text("utf-8")
    return tomllib.loads(text)
