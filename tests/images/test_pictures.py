"""Pictures of a domain: kept whole or not at all, once each, found by name alone, and put back when asked."""

from __future__ import annotations

import os
import time
import unicodedata
import zipfile
from pathlib import Path

import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound, StorageFull
from core.images import pictures
from core.images.domains import list_domains
from core.security.policy import GUEST, Principal, Role
from tests.images.pictures import corner, saved

ANALYST = Principal("ana", Role.ANALYST)
PICTURE, OTHER = saved(corner()), saved(corner(40, 80))


def added(class_name: str = "cat", content: bytes = PICTURE, group: pictures.Group = "pictures"):
    return pictures.add_picture("zoo", class_name, content, file_name="a.png", group=group, principal=ANALYST)


def archive(place: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(place, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return place


def names(group: pictures.Group = "pictures") -> dict[str, int]:
    return {name: len(found) for name, found in pictures.list_pictures("zoo", group=group, principal=ANALYST).items()}


def test_when_a_picture_is_added_then_the_domain_is_listed_as_not_built(home: Path) -> None:
    added()

    card = list_domains(principal=ANALYST)[0]

    assert (card.name, card.is_built, card.problem) == ("zoo", False, None)


def test_when_the_same_picture_comes_twice_then_it_lies_there_once(home: Path) -> None:
    assert added().path == added().path
    assert names() == {"cat": 1}


def test_when_a_file_holds_no_picture_then_nothing_is_kept(home: Path) -> None:
    with pytest.raises(BadInput, match="does not hold an image"):
        added(content=b"hello")

    assert names() == {}


def test_when_an_archive_is_added_then_good_files_stay_and_bad_ones_are_told(home: Path, tmp_path: Path) -> None:
    place = archive(tmp_path / "a.zip", {"cat/1.png": PICTURE, "cat/2.png": b"no", "dog/1.png": OTHER})
    told: list[tuple[int, int]] = []

    table = pictures.add_archive("zoo", place, name="a.zip", principal=ANALYST, progress=lambda *one: told.append(one))

    assert names() == {"cat": 1, "dog": 1}
    assert [(one.class_name, one.taken, one.refused) for one in table.classes] == [("cat", 1, 1), ("dog", 1, 0)]
    assert told[-1] == (3, 3)


def test_when_unknown_pictures_lie_in_no_folder_then_they_are_of_one_class_named_after_the_file(
    home: Path, tmp_path: Path
) -> None:
    place = archive(tmp_path / "a.zip", {"1.png": PICTURE, "2.png": OTHER})

    pictures.add_archive("zoo", place, name="street.zip", group="unknown", principal=ANALYST)

    assert names("unknown") == {"street": 2}
    assert names() == {}


def test_when_a_folder_of_unknown_pictures_is_called_unknown_then_it_is_taken(home: Path) -> None:
    assert added("unknown", group="unknown").class_name == "unknown"
    with pytest.raises(BadInput):
        added("unknown")


def test_when_class_folders_bear_decomposed_names_then_they_are_found_and_added_to_in_composed_form(
    home: Path,
) -> None:
    folder = home / "data" / "domains" / "zoo" / "pictures" / unicodedata.normalize("NFD", "고양이")
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(PICTURE)

    added("고양이", OTHER)

    assert names() == {"고양이": 2}
    assert len(list(folder.parent.iterdir())) == 1


@pytest.mark.parametrize("file", ["../a.png", "..", "", "/etc/passwd", ".hidden", "a\0.png", "b.png"])
def test_when_a_name_leads_elsewhere_then_there_is_no_such_picture(home: Path, file: str) -> None:
    added()
    (home / "data" / "domains" / "zoo" / "a.png").write_bytes(PICTURE)

    with pytest.raises(NotFound):
        pictures.find_picture("zoo", "cat", file, principal=ANALYST)


def test_when_a_picture_is_found_by_its_names_then_its_content_is_what_was_brought(home: Path) -> None:
    stored = added()

    found = pictures.find_picture("zoo", "cat", stored.file_name, principal=ANALYST)

    assert found.content() == PICTURE


def test_when_a_picture_is_removed_then_it_can_be_put_back(home: Path) -> None:
    stored = added()

    removed = pictures.remove_picture(stored, principal=ANALYST)
    gone = names()
    pictures.restore(removed, principal=ANALYST)

    assert (gone, names()) == ({"cat": 0}, {"cat": 1})


def test_when_a_class_is_removed_then_it_can_be_put_back_with_all_pictures(home: Path) -> None:
    added(), added(content=OTHER)

    removed = pictures.remove_class("zoo", "cat", principal=ANALYST)
    gone = names()
    pictures.restore(removed, principal=ANALYST)

    assert (gone, names()) == ({}, {"cat": 2})


def test_when_the_place_was_taken_meanwhile_then_nothing_is_overwritten(home: Path) -> None:
    removed = pictures.remove_picture(added(), principal=ANALYST)
    added()

    with pytest.raises(Conflict):
        pictures.restore(removed, principal=ANALYST)


def test_when_a_day_has_passed_then_what_was_removed_is_deleted_by_the_next_removal(home: Path) -> None:
    removed = pictures.remove_picture(added(), principal=ANALYST)
    long_ago = time.time() - 2 * pictures.KEPT_S
    os.utime(removed.aside.parent, (long_ago, long_ago))

    pictures.remove_picture(added("dog", OTHER), principal=ANALYST)

    with pytest.raises(NotFound):
        pictures.restore(removed, principal=ANALYST)


def test_when_a_picture_is_moved_then_it_is_in_the_other_class_only(home: Path) -> None:
    moved = pictures.move_picture(added(), "dog", principal=ANALYST)

    assert names() == {"cat": 0, "dog": 1}
    assert moved.content() == PICTURE


def test_when_names_are_saved_then_empty_ones_are_left_out(home: Path) -> None:
    added("고양이")

    pictures.save_names("zoo", {"고양이": " Cat ", "개": " "}, principal=ANALYST)

    assert pictures.names_of("zoo", principal=ANALYST) == {"고양이": "Cat"}


def test_when_the_disk_is_full_then_it_is_said_and_no_part_of_a_file_stays(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, content: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageFull):
        added()

    assert [one for one in (home / "data" / "domains").rglob("*") if one.is_file()] == []


def test_when_a_guest_asks_then_nothing_is_shown_or_changed(home: Path) -> None:
    added()

    with pytest.raises(NotAllowed):
        pictures.list_pictures("zoo", principal=GUEST)
    with pytest.raises(NotAllowed):
        pictures.remove_class("zoo", "cat", principal=GUEST)
