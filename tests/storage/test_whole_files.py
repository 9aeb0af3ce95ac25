"""Files that are there whole or not at all, whoever reads or writes them meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.storage.whole_files import replace_file


def test_when_a_file_is_replaced_then_whoever_reads_it_has_the_old_one_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    replace_file(path, b"old" * 10_000)

    with path.open("rb") as reader:
        begin = reader.read(3)
        replace_file(path, b"new")
        rest = reader.read()

    assert begin + rest == b"old" * 10_000
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_when_several_write_at_once_then_the_file_is_that_of_one_of_them(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    contents = [bytes([number]) * 500_000 for number in range(8)]
    writers = [threading.Thread(target=replace_file, args=(path, content)) for content in contents]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_when_it_cannot_be_replaced_then_what_was_there_stays_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "report.html"
    folder.mkdir()

    with pytest.raises(IsADirectoryError):
        replace_file(folder, b"new")

    assert folder.is_dir()
    assert list(tmp_path.iterdir()) == [folder]
