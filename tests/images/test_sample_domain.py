"""The drawn domain of the first start: complete or not there, and never mixed with what people brought."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import NotAllowed
from core.images.decoding import decode
from core.images.domains import domain_folder
from core.images.pictures import add_picture, list_pictures, names_of
from core.images.samples import domain
from core.images.samples.domain import keep_sample_domain
from core.images.samples.drawing import SAMPLE_DOMAIN
from core.images.samples.outlines import KNOWN, UNKNOWN
from core.security.policy import GUEST, LOCAL_ANALYST
from tests.images.coloured_domain import coloured

pytestmark = pytest.mark.usefixtures("home")


def listed(group: str = "pictures") -> dict[str, list[str]]:
    found = list_pictures(SAMPLE_DOMAIN, group=group, principal=LOCAL_ANALYST)  # type: ignore[arg-type]
    return {name: [one.file_name for one in pictures] for name, pictures in found.items()}


def test_when_there_is_no_sample_domain_then_known_and_unknown_pictures_are_drawn_with_english_names() -> None:
    assert keep_sample_domain(principal=LOCAL_ANALYST, per_class=1)

    assert set(listed()) == set(KNOWN) and set(listed("unknown")) == set(UNKNOWN)
    assert names_of(SAMPLE_DOMAIN, principal=LOCAL_ANALYST)["별"] == "Star"
    picture = list_pictures(SAMPLE_DOMAIN, principal=LOCAL_ANALYST)["별"][0]
    kept = add_picture(SAMPLE_DOMAIN, "별", picture.content(), file_name="again.png", principal=LOCAL_ANALYST)
    assert kept.file_name == picture.file_name  # stored as everything people bring is
    assert decode(picture.content(), name="star").width == 224


def test_when_the_samples_are_there_then_nothing_is_drawn() -> None:
    keep_sample_domain(principal=LOCAL_ANALYST, per_class=1)
    before = listed()

    assert not keep_sample_domain(principal=LOCAL_ANALYST, per_class=2)
    assert listed() == before


def test_when_people_brought_pictures_of_their_own_then_none_are_added() -> None:
    add_picture(SAMPLE_DOMAIN, "곰", coloured("곰", 0), file_name="a.png", principal=LOCAL_ANALYST)

    assert not keep_sample_domain(principal=LOCAL_ANALYST, per_class=1)
    assert set(listed()) == {"곰"}


def test_when_empty_folders_are_there_then_they_are_filled() -> None:
    (domain_folder(SAMPLE_DOMAIN) / "pictures" / "별").mkdir(parents=True)

    assert keep_sample_domain(principal=LOCAL_ANALYST, per_class=1)
    assert {name: len(files) for name, files in listed().items()} == dict.fromkeys(KNOWN, 1)


def test_when_drawing_is_interrupted_then_nothing_of_it_stays(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    def interrupted(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(domain, "draw_samples", interrupted)
    with pytest.raises(KeyboardInterrupt):
        keep_sample_domain(principal=LOCAL_ANALYST)

    assert not domain_folder(SAMPLE_DOMAIN).exists()
    assert list((home / "data" / "domains").glob(".drawing-*")) == []


def test_when_a_guest_asks_then_nothing_is_drawn() -> None:
    with pytest.raises(NotAllowed):
        keep_sample_domain(principal=GUEST)
