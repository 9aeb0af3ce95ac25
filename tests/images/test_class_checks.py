"""Outliers, copies and confusable classes: planted ones are found, in any block size, and others are not."""

from __future__ import annotations

import numpy as np
import pytest

from core.images.building import class_checks
from core.images.building.build_comparison import compare_methods
from core.images.building.class_checks import confusable, confusion, copies, outliers
from core.images.embedded_pictures import EmbeddedPicture
from core.images.prototypes import build_prototypes
from core.images.space import unit_rows
from tests.images.vectors import Card, World


def listed(pictures: dict[str, np.ndarray]) -> list[EmbeddedPicture]:
    return [
        EmbeddedPicture("pictures", name, f"{row}.png", f"{name}{row}", vector)
        for name, rows in pictures.items()
        for row, vector in enumerate(rows)
    ]


def test_when_a_picture_of_another_class_lies_in_a_class_then_it_is_the_first_outlier() -> None:
    world = World(noise=0.6)
    pictures = world.classes("ant bee cat", 12)
    pictures["ant"][4] = pictures["bee"].mean(axis=0)
    files = {name: [f"{name}{row}.png" for row in range(12)] for name in pictures}

    found = outliers(compare_methods(pictures, None, Card()), files)

    assert (found[0].class_name, found[0].file_name, found[0].nearest_class) == ("ant", "ant4.png", "bee")
    assert found[0].nearest_similarity is not None and found[0].nearest_similarity > found[0].similarity


@pytest.mark.parametrize("block", [1, 5, 512])
def test_when_pictures_are_copies_then_they_are_found_in_blocks_of_any_size(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_checks, "BLOCK", block)
    pictures = World().classes("ant bee", 6)
    pictures["bee"][1] = unit_rows(pictures["ant"][2] + 0.01 * pictures["bee"][1])
    pictures["ant"][5] = pictures["ant"][0]

    found = copies(listed(pictures))

    assert [(one.first.file_name, one.second.file_name, one.identical) for one in found.across] == [
        ("2.png", "1.png", False)
    ]
    assert (found.total, found.within) == (1, 1)
    assert 0.97 <= found.across[0].similarity <= 1


def test_when_all_pictures_are_copies_then_all_are_counted_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_checks, "MOST_COPIES", 10)
    rows = np.tile(unit_rows(np.ones(48)), (30, 1))

    found = copies(listed({"ant": rows, "bee": rows}))

    assert (len(found.across), found.total, found.within) == (10, 900, 58)


def test_when_nothing_is_alike_then_nothing_is_a_copy() -> None:
    assert copies(listed(World(noise=3.0).classes("ant bee", 6))).total == 0
    assert copies(listed({"ant": np.eye(1, 48)})).across == ()


def test_when_two_classes_look_alike_then_they_are_the_most_confusable_pair() -> None:
    world = World(noise=1.5)
    pictures = world.classes("ant bee cat", 10)
    pictures["bee"] = world.pictures(unit_rows(pictures["ant"].mean(axis=0)), 10)
    prototypes = build_prototypes("zoo", pictures, encoder=Card(), with_space=False)

    found = confusable(prototypes, compare_methods(pictures, None, Card(), with_space=False))

    assert (found[0].first, found[0].second) == ("ant", "bee")
    assert found[0].mistaken > 0 and found[0].similarity > found[1].similarity
    assert len({(one.first, one.second) for one in found}) == len(found) == 3


def test_when_there_are_more_classes_than_shown_then_those_with_most_mistakes_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(class_checks, "MOST_SHOWN", 2)
    world = World(noise=1.5)
    pictures = world.classes("ant bee cat", 10)
    pictures["cat"] = world.pictures(unit_rows(pictures["bee"].mean(axis=0)), 10)

    classes, counts = confusion(compare_methods(pictures, None, Card(), with_space=False))

    assert classes == ("bee", "cat")
    assert counts.shape == (2, 2) and counts.sum() <= 20
