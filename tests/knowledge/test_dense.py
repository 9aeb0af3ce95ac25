"""Search by vectors in 8 bits: the same order as plain cosines, and a passage as near as its nearest window."""

from __future__ import annotations

import numpy as np
import pytest

from core.knowledge.retrieval import dense
from core.knowledge.retrieval.dense import DenseIndex, GatheredVectors, build_dense

DIM = 96


def drawn(rows: int, seed: int = 3) -> np.ndarray:
    """Unit rows that bunch up, as those of text encoders do."""
    random = np.random.default_rng(seed)
    found = (random.standard_normal((rows, DIM)) + 2).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def windows() -> np.ndarray:
    return drawn(900)


@pytest.fixture(scope="module")
def index(windows: np.ndarray) -> DenseIndex:
    return build_dense(windows, np.full(300, 3))


def test_when_windows_are_compared_then_the_cosine_is_that_of_the_nearest(
    index: DenseIndex, windows: np.ndarray
) -> None:
    query = drawn(1, seed=9)[0]
    cosines, places = index.nearest_windows(query, np.arange(300))
    exact = (windows @ query).reshape(300, 3)
    assert np.abs(cosines - exact.max(axis=1)).max() < 2e-3
    assert np.take_along_axis(exact, places[:, None], axis=1)[:, 0] == pytest.approx(exact.max(axis=1), abs=4e-3)


def test_when_whole_passages_are_ordered_then_the_first_ten_are_those_of_plain_vectors(
    index: DenseIndex, windows: np.ndarray
) -> None:
    means = windows.reshape(300, 3, DIM).mean(axis=1)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    shared = []
    for query in drawn(20, seed=11):
        exact = set(np.argsort(-(means @ query))[:10].tolist())
        shared.append(len(exact & set(np.argsort(-index.scores(query))[:10].tolist())))
    assert np.mean(shared) >= 9.8


def test_when_the_query_is_a_window_then_it_is_found_with_a_cosine_of_one(
    index: DenseIndex, windows: np.ndarray
) -> None:
    cosines, places = index.nearest_windows(windows[3 * 42 + 1], np.arange(300))
    assert (int(cosines.argmax()), int(places[42])) == (42, 1)
    assert cosines[42] == pytest.approx(1, abs=2e-3)


def test_when_vectors_lie_as_far_out_as_they_can_then_whole_numbers_do_not_overflow() -> None:
    rows = np.zeros((2, 384), dtype=np.float32)
    rows[0], rows[1] = 384**-0.5, -(384**-0.5)
    index = build_dense(rows, np.array([1, 1]))
    assert index.nearest_windows(rows[0], np.arange(2))[0] == pytest.approx([1, -1], abs=1e-3)


@pytest.mark.parametrize("windows_of", [[3, -1], [1, 2], []])
def test_when_windows_and_passages_do_not_fit_then_no_index_is_made(windows_of: list[int]) -> None:
    with pytest.raises(ValueError, match="vectors for"):
        build_dense(drawn(2), np.array(windows_of, dtype=np.int64))


def test_when_there_is_nothing_then_nothing_is_found() -> None:
    index = build_dense(np.empty((0, DIM), dtype=np.float32), np.empty(0, dtype=np.int64))
    assert index.size == 0 and not len(index.scores(drawn(1)[0]))


def test_when_all_vectors_are_the_same_then_all_are_equally_near() -> None:
    row = drawn(1)[0]
    cosines, _ = build_dense(np.stack([row] * 3), np.ones(3, dtype=np.int64)).nearest_windows(row, np.arange(3))
    assert cosines == pytest.approx([1, 1, 1], abs=1e-4)


def test_when_vectors_are_gathered_piece_by_piece_then_the_index_is_that_of_all_at_once(
    windows: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "AT_ONCE", 3)
    counts = [0, 0, 0, 0, 2, 1, 0, 3, 0, 0, 0, 1]
    gathered, starts = GatheredVectors(), np.cumsum([0, *counts])
    for count, start in zip(counts, starts[:-1], strict=True):
        gathered.add(windows[start : start + count] if count else None)

    found, whole = gathered.index(), build_dense(windows[: sum(counts)], np.array(counts))

    assert found is not None
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(found.arrays()[name], array)


def test_when_nothing_has_vectors_then_nothing_is_gathered() -> None:
    gathered = GatheredVectors()
    gathered.add(None)

    assert gathered.index() is None
