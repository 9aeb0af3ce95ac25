"""Published prototypes of the old image server: what its files hold, and that its flaws are not served again."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import Conflict
from core.images.names import UNKNOWN
from core.images.prototype_files import load_prototypes, save_prototypes
from core.images.prototypes import Prototypes, Thresholds, require_same_encoder
from core.images.space import unit_rows
from core.images.verdict import match_many, match_prototypes
from tests.images.vectors import Card

DOCUMENTED = Thresholds(0.30, 0.04)
RULES = (DOCUMENTED, Thresholds(0.83, 0.02), Thresholds(-1.0, 0.0), Thresholds(0.9, 0.1))


@pytest.fixture(scope="module")
def folder(shared_datasets: Path) -> Path:
    return shared_datasets / "images_pokemon"


@pytest.fixture(scope="module")
def pokemon(folder: Path) -> Prototypes:
    return load_prototypes(folder, domain="pokemon")


def queries(pokemon: Prototypes) -> np.ndarray:
    """Prototypes disturbed more and more, points between two and three of them, and directions of no meaning."""
    random = np.random.default_rng(49)
    rows = pokemon.vectors
    noise = unit_rows(random.normal(size=(6, *rows.shape)))
    disturbed = [rows + strength * one for strength, one in zip((0.01, 0.1, 0.2, 0.4, 0.8, 1.6), noise, strict=True)]
    two, three = (random.dirichlet(np.ones(count), 200) for count in (2, 3))
    between = [np.einsum("nk,nkd->nd", one, rows[random.integers(0, 49, one.shape)]) for one in (two, three)]
    return np.concatenate([rows, *disturbed, *between, random.normal(size=(100, pokemon.dim))]).astype(np.float32)


def test_when_the_files_are_decomposed_then_the_names_come_out_composed_and_none_is_lost(
    folder: Path, pokemon: Prototypes
) -> None:
    with np.load(folder / "prototypes.npz") as stored:
        raw = list(stored.files)
    assert not any(unicodedata.is_normalized("NFC", name) for name in raw)  # what makes this worth a test

    assert pokemon.classes == tuple(sorted(unicodedata.normalize("NFC", name) for name in raw))
    assert pokemon.vectors.shape == (49, 512)
    assert np.linalg.norm(pokemon.vectors, axis=1) == pytest.approx(np.ones(49), abs=1e-5)


def test_when_the_counts_are_read_then_each_is_that_of_its_class(folder: Path, pokemon: Prototypes) -> None:
    told = json.loads((folder / "prototypes.meta.json").read_text("utf-8"))["counts"]

    assert dict(zip(pokemon.classes, pokemon.counts, strict=True)) == {
        unicodedata.normalize("NFC", name): count for name, count in told.items()
    }
    assert (min(pokemon.counts), max(pokemon.counts), sum(pokemon.counts)) == (1, 14, 203)  # type: ignore[type-var, arg-type]


def test_when_english_names_are_asked_then_every_class_has_its_own(pokemon: Prototypes) -> None:
    english = [pokemon.names[name] for name in pokemon.classes]

    assert len(set(english)) == 49
    assert (pokemon.names["파오리"], pokemon.names["리자드"]) == ("Farfetch'd", "Charmeleon")


def test_when_prototypes_are_compared_then_they_lie_as_was_measured(pokemon: Prototypes) -> None:
    cosines = pokemon.vectors @ pokemon.vectors.T
    upper = cosines[np.triu_indices(49, 1)]
    first, second = np.unravel_index(np.argmax(cosines - np.eye(49)), cosines.shape)

    assert [upper.min(), upper.mean(), upper.max()] == pytest.approx([0.747, 0.855, 0.956], abs=5e-4)
    assert {pokemon.classes[first], pokemon.classes[second]} == {"리자드", "파이리"}


def test_when_a_prototype_asks_for_itself_then_it_is_found_with_similarity_one(pokemon: Prototypes) -> None:
    found = match_many(pokemon.vectors, pokemon)

    assert [match.top[0][0] for match in found] == list(pokemon.classes)
    assert [match.s1 for match in found] == pytest.approx(np.ones(49), abs=1e-5)


@pytest.mark.parametrize("rule", RULES)
def test_when_one_three_or_ten_classes_are_asked_for_then_the_verdict_is_the_same(
    pokemon: Prototypes, rule: Thresholds
) -> None:
    asked = queries(pokemon)

    one, three, ten = (match_many(asked, pokemon, top_k=top_k, thresholds=rule) for top_k in (1, 3, 10))

    for first, second, third in zip(one, three, ten, strict=True):
        assert (first.verdict, first.s1, first.margin) == (second.verdict, second.s1, second.margin)
        assert (first.verdict, first.s1, first.margin) == (third.verdict, third.s1, third.margin)
        assert first.top == second.top[:1] == third.top[:1]


def test_when_the_lead_alone_decides_then_both_verdicts_occur(pokemon: Prototypes) -> None:
    found = match_many(queries(pokemon), pokemon, top_k=1)

    by_lead = [match for match in found if match.s1 >= DOCUMENTED.tau1]
    assert {match.is_unknown for match in by_lead} == {True, False}
    assert all(match.is_unknown == (match.margin < DOCUMENTED.tau2) for match in by_lead)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, -np.inf])
def test_when_the_vector_is_zero_or_not_finite_then_the_verdict_is_unknown_in_finite_numbers(
    pokemon: Prototypes, value: float
) -> None:
    for query in (np.full(512, value), np.where(np.arange(512) == 7, value, 0.0)):
        match = match_prototypes(query.astype(np.float32), pokemon, thresholds=Thresholds(-1.0, 0.0))

        assert (match.verdict, match.is_unknown, match.s1, match.margin) == (UNKNOWN, True, 0.0, 0.0)
        json.dumps([score for _, score in match.top], allow_nan=False)


def test_when_they_are_written_again_then_the_old_server_finds_what_it_looks_for(
    tmp_path: Path, pokemon: Prototypes
) -> None:
    save_prototypes(tmp_path, pokemon)

    with np.load(tmp_path / "prototypes.npz", allow_pickle=False) as stored:
        assert {(one.shape, one.dtype.name) for one in stored.values()} == {((512,), "float32")}
        assert sorted(stored.files) == list(pokemon.classes)
        kept = np.stack([stored[name] for name in pokemon.classes])
    assert np.abs(kept - pokemon.vectors).max() < 1e-6
    assert load_prototypes(tmp_path, domain="pokemon").names == pokemon.names


def test_when_the_offline_encoder_is_asked_for_them_then_it_is_refused_for_its_dimension(pokemon: Prototypes) -> None:
    with pytest.raises(Conflict, match="512"):
        require_same_encoder(pokemon, replace(Card(), dim=1280))
