"""The drawn sample pictures are the same for a seed everywhere, varied within a class and different between classes."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable

import numpy as np
import pytest

from core.images.samples.drawing import SamplePicture, draw_samples, sample_names
from core.images.samples.outlines import KNOWN, UNKNOWN


def checksum(pictures: Iterable[SamplePicture]) -> str:
    """SHA-256 over class names and pixels, in order."""
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(f"{picture.class_name}/{picture.number}/{picture.image.size}".encode())
        digest.update(picture.image.tobytes())
    return digest.hexdigest()


def test_when_the_seed_is_the_same_then_so_is_every_pixel() -> None:
    # Changes with Pillow's way of filling polygons, or when a class is drawn otherwise: then it is a new sample domain.
    assert (
        checksum(draw_samples(per_class=2, edge=64))
        == "90053c0f112e2b84b156ee67b6820542a7809f946c61f14674bc8162832975c9"
    )
    assert (
        checksum(draw_samples("unknown", per_class=2, edge=64))
        == "bc0db6d1ce52a7b32f11fa503e0919d007e9ead29562eeb050b52458dc9f94f2"
    )


def test_when_the_seed_is_another_then_the_pictures_are_others() -> None:
    assert checksum(draw_samples(per_class=1, edge=32, seed=1)) != checksum(draw_samples(per_class=1, edge=32, seed=2))


def test_when_more_are_asked_for_then_the_first_stay_the_same() -> None:
    few = list(draw_samples(per_class=1, edge=32))
    many = [one for one in draw_samples(per_class=3, edge=32) if one.number == 0]

    assert checksum(few) == checksum(many)


def test_when_classes_are_listed_then_enough_are_known_and_unknown_and_none_is_both() -> None:
    assert len(KNOWN) >= 12
    assert len(UNKNOWN) >= 4
    assert not KNOWN.keys() & UNKNOWN.keys()


def test_when_names_are_read_then_they_are_composed_korean_beside_distinct_english() -> None:
    names = sample_names()

    assert all(unicodedata.is_normalized("NFC", korean) and not korean.isascii() for korean in names)
    assert len(set(names.values())) == len(names)
    assert all(english.isascii() for english in names.values())


@pytest.mark.parametrize("group", ["known", "unknown"])
def test_when_a_class_is_drawn_then_no_two_pictures_are_alike_and_none_is_empty(group: str) -> None:
    pictures = [np.asarray(one.image, float) for one in draw_samples(group, per_class=2, edge=48)]  # type: ignore[arg-type]
    means = np.array([picture.mean((0, 1)) for picture in pictures])

    assert all(picture.std() > 10 for picture in pictures)
    assert len(np.unique(means.round(3), axis=0)) == len(pictures)
    assert pictures[0].shape == (48, 48, 3)
