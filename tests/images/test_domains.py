"""Domains are folders: a new one is there at once, a broken one hides no other, and who may change them is checked."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.images.domains import add_domain, import_domain, list_domains, open_domain, remove_domain
from core.images.plain_files import packed
from core.images.prototypes import Thresholds
from core.images.verdict import match_prototypes
from core.security.policy import GUEST, Principal, Role
from tests.images.vectors import domain

ANALYST = Principal("ana", Role.ANALYST)


def test_when_a_domain_is_added_then_it_is_listed_and_opens(home: Path) -> None:
    add_domain(replace(domain(), thresholds=Thresholds(0.5, 0.0, is_calibrated=True)), principal=ANALYST)

    card = list_domains(principal=ANALYST)[0]

    assert (card.name, card.classes, card.pictures, card.is_calibrated) == ("zoo", 3, 24, True)
    assert open_domain("zoo", principal=ANALYST).classes == ("ant", "bee", "cat")


def test_when_an_old_folder_is_copied_there_then_it_serves_without_a_restart(home: Path) -> None:
    add_domain(domain(), principal=ANALYST)
    open_domain("zoo", principal=ANALYST)
    name = unicodedata.normalize("NFD", "포켓몬")
    folder = home / "data" / "domains" / name
    folder.mkdir()
    (folder / "prototypes.npz").write_bytes(packed({unicodedata.normalize("NFD", "피카츄"): np.ones(4)}))
    (folder / "prototypes.meta.json").write_text(json.dumps({"embedding_dim": 4}), "utf-8")

    assert open_domain("포켓몬", principal=ANALYST).classes == ("피카츄",)


def test_when_the_files_change_then_the_next_call_sees_the_new_ones(home: Path) -> None:
    add_domain(domain("ant bee"), principal=ANALYST)
    before = open_domain("zoo", principal=ANALYST)

    add_domain(domain("ant bee cow"), principal=ANALYST, replaces=True)
    after = open_domain("zoo", principal=ANALYST)

    assert (len(before.classes), len(after.classes)) == (2, 3)
    assert open_domain("zoo", principal=ANALYST) is after


def test_when_no_domain_is_named_then_the_set_one_or_the_first_answers(
    home: Path, settings_from: Callable[..., object]
) -> None:
    for name in ("zoo", "farm"):
        add_domain(replace(domain(), domain=name), principal=ANALYST)

    assert open_domain(principal=ANALYST).domain == "farm"
    settings_from(WORKBENCH_IMAGE_DOMAIN="zoo")
    assert open_domain(principal=ANALYST).domain == "zoo"


@pytest.mark.parametrize("name", ["fish", "../zoo", "zoo/../zoo", ".", ""])
def test_when_there_is_no_such_domain_then_it_is_not_found(home: Path, name: str) -> None:
    with pytest.raises(NotFound):
        open_domain(name, principal=ANALYST)


def test_when_one_domain_is_broken_then_it_is_listed_with_its_problem_beside_the_others(home: Path) -> None:
    add_domain(domain(), principal=ANALYST)
    (home / "data" / "domains" / "broken").mkdir()
    (home / "data" / "domains" / "broken" / "prototypes.npz").write_bytes(b"PK")

    broken, zoo = list_domains(principal=ANALYST)

    assert "cannot be read" in str(broken.problem)
    assert (zoo.name, zoo.problem) == ("zoo", None)


def test_when_a_name_is_taken_then_adding_is_refused_unless_it_replaces(home: Path) -> None:
    add_domain(domain(), principal=ANALYST)

    with pytest.raises(Conflict, match="already"):
        add_domain(domain(), principal=ANALYST)
    with pytest.raises(Conflict, match="already"):
        add_domain(replace(domain(), domain="Zoo"), principal=ANALYST, replaces=True)


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "con", "x" * 81, "a\x00b"])
def test_when_a_name_could_leave_the_folder_then_it_is_refused(home: Path, name: str) -> None:
    with pytest.raises(BadInput):
        add_domain(replace(domain(), domain=name), principal=ANALYST)


def test_when_published_files_are_imported_then_they_serve_under_the_given_name(
    home: Path, shared_datasets: Path
) -> None:
    import_domain(shared_datasets / "images_pokemon", "monsters", principal=ANALYST)

    opened = open_domain("monsters", principal=ANALYST)

    match = match_prototypes(opened.vectors[opened.classes.index("피카츄")], opened)
    assert (match.verdict, opened.names[match.verdict], match.calibrated) == ("피카츄", "Pikachu", False)


def test_when_a_domain_is_removed_then_it_is_gone_with_its_folder(home: Path) -> None:
    add_domain(domain(), principal=ANALYST)

    remove_domain("zoo", principal=ANALYST)

    assert list_domains(principal=ANALYST) == ()
    assert list((home / "data" / "domains").iterdir()) == []
    with pytest.raises(NotFound):
        remove_domain("zoo", principal=ANALYST)


def test_when_a_guest_asks_then_nothing_is_shown_or_changed(home: Path) -> None:
    for call in (
        lambda: list_domains(principal=GUEST),
        lambda: open_domain("zoo", principal=GUEST),
        lambda: add_domain(domain(), principal=GUEST),
        lambda: remove_domain("zoo", principal=GUEST),
    ):
        with pytest.raises(NotAllowed):
            call()
