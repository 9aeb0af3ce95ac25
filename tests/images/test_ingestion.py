"""A ZIP or folder of class folders becomes pictures by class; one bad file never stops the others."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from core.errors import NotFound, UploadRejected
from core.images.decoding import DecodingLimits
from core.images.ingestion import ClassCount, Ingestion
from tests.images.packing import PICTURE, packed, reasons, taken, unpacked
from tests.images.pictures import saved


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_when_class_folders_are_given_then_each_picture_comes_with_its_class(tmp_path: Path, kind: str) -> None:
    files = {"고양이/1.png": PICTURE, "고양이/2.png": PICTURE, "dog/1.png": PICTURE}
    source = packed(tmp_path / "a.zip", files) if kind == "zip" else unpacked(tmp_path / "a", files)
    found, table = taken(source)

    assert sorted(found) == [("dog", "1.png"), ("고양이", "1.png"), ("고양이", "2.png")]
    assert table.classes == (ClassCount("dog", 1, 0), ClassCount("고양이", 2, 0))
    with Ingestion(source) as ingestion:
        assert {one.content for one in ingestion} == {PICTURE}


def test_when_files_are_bad_then_the_others_come_and_each_has_its_reason(tmp_path: Path) -> None:
    files = {
        "cat/1.png": PICTURE,
        "cat/notes.txt": b"text",
        "cat/photo.jpg": b"text named jpg",
        "cat/empty.png": b"",
        "dog/cut.png": PICTURE[:40],
        "dog/2.png": PICTURE,
        "loose.png": PICTURE,
    }
    with Ingestion(packed(tmp_path / "a.zip", files)) as ingestion:
        found = [(one.class_name, picture.width) for one, picture in ingestion.decoded()]
        table = ingestion.table()

    assert found == [("cat", 8), ("dog", 8)]
    assert table.classes == (ClassCount("cat", 1, 3), ClassCount("dog", 1, 1))
    assert (table.refused, reasons(table)) == (
        5,
        [
            ("cat", "notes.txt", "images.not_a_picture"),
            ("cat", "photo.jpg", "images.not_a_picture"),
            ("cat", "empty.png", "images.empty_file"),
            ("dog", "cut.png", "images.damaged"),
            ("", "loose.png", "images.outside_class"),
        ],
    )


@pytest.mark.parametrize(
    "names",
    [
        ["cat/1.png", "dog/1.png"],
        ["set/cat/1.png", "set/dog/1.png"],
        ["a/b/cat/1.png", "a/b/dog/1.png"],
        ["set/cat/1.png", "set/dog/1.png", "readme.txt", "set/licence.txt"],
        ["cat/front/1.png", "cat/back/1.png", "dog/1.png"],
        ["./cat/1.png", "dog\\1.png"],
    ],
)
def test_when_folders_are_nested_then_the_first_that_differs_is_the_class(tmp_path: Path, names: list[str]) -> None:
    found, _ = taken(packed(tmp_path / "a.zip", dict.fromkeys(names, PICTURE)))

    assert {class_name for class_name, _ in found} == {"cat", "dog"}


def test_when_there_is_one_class_only_then_its_folder_names_it(tmp_path: Path) -> None:
    assert taken(packed(tmp_path / "a.zip", {"set/cat/1.png": PICTURE}))[0] == [("cat", "1.png")]


def test_when_a_class_is_empty_or_all_refused_then_the_table_names_it(tmp_path: Path) -> None:
    files = {"set/": b"", "set/empty/": b"", "set/cat/1.png": PICTURE, "set/broken/1.png": b"text"}
    _, table = taken(packed(tmp_path / "a.zip", files))

    assert table.empty_classes == ("broken", "empty")
    assert table.classes == (ClassCount("broken", 0, 1), ClassCount("cat", 1, 0), ClassCount("empty", 0, 0))


def test_when_a_mac_or_windows_packed_it_then_system_files_are_passed_over(tmp_path: Path) -> None:
    files = {
        "set/cat/1.png": PICTURE,
        "set/dog/1.png": PICTURE,
        "__MACOSX/set/cat/._1.png": b"fork",
        "set/.DS_Store": b"x",
        "set/cat/Thumbs.db": b"x",
        "set/.hidden/1.png": PICTURE,
    }
    found, table = taken(packed(tmp_path / "a.zip", files))

    assert sorted(found) == [("cat", "1.png"), ("dog", "1.png")]
    assert (table.refused, table.system_files) == (0, 4)


def test_when_names_are_decomposed_then_they_are_composed_and_one_class(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "피카츄")
    found, table = taken(packed(tmp_path / "a.zip", {f"{apart}/가.png": PICTURE, "피카츄/나.png": PICTURE}))

    assert table.classes == (ClassCount("피카츄", 2, 0),)
    assert all(unicodedata.is_normalized("NFC", part) for pair in found for part in pair)


def test_when_a_folder_holds_links_or_pipes_then_they_are_not_followed(tmp_path: Path) -> None:
    unpacked(tmp_path / "outside", {"secret.png": PICTURE})
    folder = unpacked(tmp_path / "set", {"cat/1.png": PICTURE, "dog/1.png": PICTURE})
    (folder / "cat" / "link.png").symlink_to(tmp_path / "outside" / "secret.png")
    (folder / "linked").symlink_to(tmp_path / "outside")
    os.mkfifo(folder / "cat" / "pipe.png")
    found, table = taken(folder)

    assert sorted(found) == [("cat", "1.png"), ("dog", "1.png")]
    assert {reason for _, _, reason in reasons(table)} == {"images.unsafe_path"}
    assert table.refused == 3


@pytest.mark.parametrize("name", ["unknown", "what?", "con"])
def test_when_a_class_may_not_bear_its_name_then_its_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    found, table = taken(packed(tmp_path / "a.zip", {"cat/1.png": PICTURE, f"{name}/1.png": PICTURE}))

    assert found == [("cat", "1.png")]
    assert [(one.class_name, one.file_name) for one in table.refusals] == [("", f"{name}/1.png")]


def test_when_a_file_is_too_large_then_only_it_is_refused(tmp_path: Path) -> None:
    large = saved(Image.effect_noise((64, 64), 60), "PNG")
    found, table = taken(
        packed(tmp_path / "a.zip", {"cat/1.png": large, "cat/2.png": PICTURE}),
        picture_limits=DecodingLimits(max_bytes=len(large) - 1),
    )

    assert (found, reasons(table)) == ([("cat", "2.png")], [("cat", "1.png", "images.entry_too_large")])


def test_when_pictures_lie_in_no_folder_then_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UploadRejected) as refused:
        Ingestion(packed(tmp_path / "a.zip", {"1.png": PICTURE, "2.png": PICTURE}))

    assert refused.value.key == "images.no_class_folders"


def test_when_the_source_is_missing_then_only_its_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refused:
        Ingestion(tmp_path / "missing.zip")

    assert str(tmp_path) not in refused.value.text()


def test_when_the_photos_are_read_then_every_one_is_taken(shared_datasets: Path) -> None:
    _, table = taken(shared_datasets / "images_photos" / "prototypes")

    assert [(one.taken, one.refused) for one in table.classes] == [(8, 0)] * 12
