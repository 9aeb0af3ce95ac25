"""Nearest vectors: exact up to a stated size, approximate beyond with its recall measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.images import search
from core.images.search import ExactIndex, make_index, recall_at
from core.images.space import unit_rows
from core.images.verdict import match_prototypes
from tests.images.vectors import domain

RANDOM = np.random.default_rng(0)
MANY = unit_rows(RANDOM.normal(size=(60, 32)).repeat(50, axis=0) + 0.6 * RANDOM.normal(size=(3000, 32)))
QUERIES = unit_rows(MANY[::150] + 0.1 * RANDOM.normal(size=(20, 32)))


def test_when_vectors_are_few_then_the_answer_is_the_sorted_product() -> None:
    index = make_index(MANY)

    found = index.search(QUERIES, 5)

    scores = QUERIES @ MANY.T
    assert index.is_exact
    assert np.array_equal(found.rows, np.argsort(-scores, axis=1, kind="stable")[:, :5])
    assert np.allclose(found.similarities, -np.sort(-scores, axis=1)[:, :5], atol=1e-6)


def test_when_rows_are_equal_then_the_lower_one_comes_first_at_any_size() -> None:
    axis = np.eye(32, dtype=np.float32)[:1]
    same = axis.repeat(700, axis=0)

    assert make_index(same).search(axis, 3).rows.tolist() == [[0, 1, 2]]
    assert make_index(same[:4]).search(axis, 3).rows.tolist() == [[0, 1, 2]]


def test_when_fewer_vectors_exist_than_are_asked_for_then_all_come() -> None:
    assert make_index(MANY[:2]).search(MANY[:1], 5).rows.shape == (1, 2)


def test_when_vectors_are_many_then_the_index_reaches_the_recall_it_states() -> None:
    pytest.importorskip("faiss", reason="the approximate index needs faiss-cpu")

    index = make_index(MANY, exact_values=1000)

    assert not index.is_exact
    assert index.recall >= search.RECALL
    assert recall_at(index, ExactIndex(MANY), QUERIES) >= search.RECALL


def test_when_the_index_answers_then_similarities_are_those_of_the_product() -> None:
    pytest.importorskip("faiss", reason="the approximate index needs faiss-cpu")
    found = make_index(MANY, exact_values=1000).search(QUERIES, 3)

    for query, rows, scores in zip(QUERIES, found.rows, found.similarities, strict=True):
        assert np.allclose(MANY[rows] @ query, scores, atol=1e-6)
        assert (np.diff(scores) <= 0).all()


def test_when_no_breadth_reaches_the_recall_then_the_exact_product_answers() -> None:
    pytest.importorskip("faiss", reason="the approximate index needs faiss-cpu")

    assert make_index(MANY[:300], exact_values=1000, recall=1.0).is_exact


def test_when_faiss_is_missing_then_the_product_answers_at_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "find_spec", lambda _: None)

    assert make_index(MANY, exact_values=1000).is_exact


def test_when_a_domain_is_large_then_its_verdicts_come_from_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss", reason="the approximate index needs faiss-cpu")
    monkeypatch.setattr(search.make_index, "__kwdefaults__", {"exact_values": 1000, "recall": 0.95, "seed": 0})
    names = tuple(f"{number:04d}" for number in range(len(MANY)))
    large = replace(domain(), classes=names, vectors=MANY, counts=(1,) * len(MANY))

    match = match_prototypes(MANY[1234], large)

    assert not large.index.is_exact
    assert match.top[0] == ("1234", pytest.approx(1.0, abs=1e-5))
    assert match.margin == pytest.approx(match.top[0][1] - match.top[1][1])
