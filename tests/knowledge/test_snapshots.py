"""Search indexes in files: whole or not at all, the newest serves, and a reader keeps what it has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.knowledge.retrieval.dense import DenseIndex, build_dense
from core.knowledge.retrieval.fusion import search
from core.knowledge.retrieval.lexical import LexicalIndex, build_lexical
from core.knowledge.retrieval.snapshots import Snapshot, Snapshots, write_snapshot, written_generations


def write(folder: Path, generation: int, value: int) -> None:
    write_snapshot(folder, generation, {"part": {"numbers": np.array([value])}}, {"encoder": f"e{value}"})


def newest(folder: Path) -> Snapshot:
    found = Snapshots(folder).newest()
    assert found is not None
    return found


def test_when_nothing_was_written_then_nothing_serves(tmp_path: Path) -> None:
    assert Snapshots(tmp_path / "none").newest() is None and written_generations(tmp_path / "none") == []


def test_when_a_snapshot_is_written_then_it_serves_with_its_arrays_and_facts(tmp_path: Path) -> None:
    write(tmp_path, 12, 7)
    found = newest(tmp_path)
    assert found.generation == 12 and found.facts == {"encoder": "e7"}
    assert {name: array.tolist() for name, array in found.part("part").items()} == {"numbers": [7]}


def test_when_newer_ones_are_written_then_they_serve_and_an_older_reader_keeps_its_own(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    write(tmp_path, 8, 1)
    first = snapshots.newest()
    for generation in (9, 10, 11):
        write(tmp_path, generation, generation)
    latest = snapshots.newest()
    assert first is not None and latest is not None
    assert first.arrays["part.numbers"].tolist() == [1] and latest.arrays["part.numbers"].tolist() == [11]
    assert written_generations(tmp_path) == [10, 11]


def test_when_nothing_new_was_written_then_the_same_arrays_are_given_again(tmp_path: Path) -> None:
    write(tmp_path, 1, 1)
    snapshots = Snapshots(tmp_path)
    assert snapshots.newest() is snapshots.newest()


def test_when_another_process_was_first_then_its_snapshot_stays(tmp_path: Path) -> None:
    write(tmp_path, 3, 1)
    write(tmp_path, 3, 2)
    assert newest(tmp_path).facts == {"encoder": "e1"}


def test_when_writing_breaks_off_then_the_one_before_still_serves(tmp_path: Path) -> None:
    write(tmp_path, 1, 1)
    with pytest.raises(TypeError):
        write_snapshot(tmp_path, 2, {"part": {"numbers": np.array([2])}}, {"no": object()})
    assert newest(tmp_path).generation == 1 and [one.name for one in tmp_path.iterdir()] == ["1"]


def test_when_arrays_are_mapped_then_nobody_can_change_them(tmp_path: Path) -> None:
    write(tmp_path, 1, 1)
    with pytest.raises(ValueError, match="read-only"):
        newest(tmp_path).arrays["part.numbers"][0] = 5


def test_when_indexes_are_opened_from_their_files_then_they_find_the_same(tmp_path: Path) -> None:
    rows = np.eye(3, 16, dtype=np.float32)
    lexical, dense = build_lexical(["환불 규정", "배송 지연", "보증"]), build_dense(rows, np.array([1, 1, 1]))
    write_snapshot(tmp_path, 1, {"lexical": lexical.arrays(), "dense": dense.arrays()}, {})
    found = newest(tmp_path)
    opened = LexicalIndex(**found.part("lexical")), DenseIndex(**found.part("dense"))
    allowed = np.array([True, True, False])
    again = search("배송", rows[0], lexical=opened[0], dense=opened[1], allowed=allowed)
    assert again == search("배송", rows[0], lexical=lexical, dense=dense, allowed=allowed)
