"""Prototypes and their files: both old formats load as they are, ours are written so that the old server reads them."""

from __future__ import annotations

import json
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInput, Conflict, NotFound
from core.images.names import english_name
from core.images.plain_files import packed
from core.images.prototype_files import load_prototypes, save_prototypes
from core.images.prototypes import Thresholds, build_prototypes, fallback_rule, require_same_encoder
from core.images.verdict import match_prototypes
from core.settings.current import get_settings
from tests.images.vectors import Card, World, domain


def is_nfc(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text)


def write_old(folder: Path, classes: dict[str, np.ndarray], meta: dict[str, object]) -> Path:
    folder.mkdir()
    (folder / "prototypes.npz").write_bytes(packed(classes))
    (folder / "prototypes.meta.json").write_text(json.dumps(meta), "utf-8")
    return folder


def test_when_the_published_files_are_loaded_then_names_are_nfc_and_english_ones_are_found(
    shared_datasets: Path,
) -> None:
    loaded = load_prototypes(shared_datasets / "images_pokemon", domain="pokemon")

    assert len(loaded.classes) == 49
    assert all(is_nfc(name) for name in (*loaded.classes, *loaded.names, *loaded.names.values()))
    assert english_name("피카츄", loaded.names) == "Pikachu"
    assert sum(count or 0 for count in loaded.counts) == 203
    assert loaded.thresholds is None


def test_when_the_published_files_are_asked_for_one_or_three_classes_then_the_verdict_is_the_same(
    shared_datasets: Path,
) -> None:
    loaded = load_prototypes(shared_datasets / "images_pokemon")
    random = np.random.default_rng(0)

    for vector in loaded.vectors:
        query = vector + 0.02 * random.normal(size=loaded.dim)
        one, three = (match_prototypes(query, loaded, top_k=top_k) for top_k in (1, 3))
        assert (one.verdict, one.margin, one.s1) == (three.verdict, three.margin, three.s1)


def test_when_a_plain_mean_was_stored_and_the_meta_has_statistics_then_it_loads_as_a_unit_vector(
    tmp_path: Path,
) -> None:
    vector = np.full(4, 0.3, dtype=np.float32)
    meta = {"domain": "zoo", "classes": ["ant"], "model": "openai/clip-vit-base-patch32", "created_at": "2025-01-01",
            "statistics": {"total_classes": 1, "embedding_dim": 4, "avg_samples_per_class": 3.0}}  # fmt: skip
    folder = write_old(tmp_path / "zoo", {"ant": vector}, meta)

    loaded = load_prototypes(folder)

    assert np.linalg.norm(loaded.vectors[0]) == pytest.approx(1.0)
    assert (loaded.counts, loaded.model) == ((None,), "openai/clip-vit-base-patch32")


def test_when_there_is_no_meta_file_then_the_vectors_load_alone(tmp_path: Path) -> None:
    folder = write_old(tmp_path / "zoo", {"ant": np.ones(4, dtype=np.float32)}, {})
    (folder / "prototypes.meta.json").unlink()

    assert load_prototypes(folder).classes == ("ant",)


@pytest.mark.parametrize("name", ["file", "이브이", "a.npy", "arr_0"])
def test_when_a_domain_is_saved_then_it_loads_as_it_was_and_as_the_old_server_reads_it(
    tmp_path: Path, name: str
) -> None:
    pictures = World().classes("ant bee", 8) | {name: World(5).classes("x", 4)["x"]}
    rule = Thresholds(0.5, 0.1, is_calibrated=True, target=0.05, false_accept=0.04)
    saved = replace(
        build_prototypes("zoo", pictures, encoder=Card(), names={name: "Thing"}), thresholds=rule,
        known_scores=(np.array([0.1, 0.2], dtype=np.float32), np.empty(0, dtype=np.float32), np.ones(1, np.float32)),
    )  # fmt: skip

    save_prototypes(tmp_path, saved)
    loaded = load_prototypes(tmp_path, domain="zoo")

    assert (loaded.classes, loaded.counts, loaded.names, loaded.thresholds) == (
        saved.classes, saved.counts, saved.names, rule,
    )  # fmt: skip
    assert np.allclose(loaded.placed, saved.placed, atol=1e-6)
    assert [one.tolist() for one in loaded.known_scores] == [one.tolist() for one in saved.known_scores]
    meta = json.loads((tmp_path / "prototypes.meta.json").read_text("utf-8"))
    with np.load(tmp_path / "prototypes.npz") as old:
        assert {one: old[one].shape for one in old.files} == dict.fromkeys(saved.classes, (48,))
    assert (meta["embedding_dim"], meta["counts"][name], meta["statistics"]["total_classes"]) == (48, 4, 3)
    assert json.loads((tmp_path / "zoo.names.json").read_text("utf-8")) == {name: "Thing"}


def test_when_somebody_replaces_the_vectors_then_thresholds_and_space_of_the_others_are_not_used(
    tmp_path: Path,
) -> None:
    save_prototypes(tmp_path, replace(domain(with_space=True), thresholds=Thresholds(0.9, 0.1, is_calibrated=True)))
    (tmp_path / "prototypes.npz").write_bytes(packed({name: np.ones(48) for name in ("ant", "bee", "cat")}))

    loaded = load_prototypes(tmp_path)

    assert (loaded.thresholds, loaded.space) == (None, None)


def test_when_what_was_learnt_is_gone_then_the_old_files_still_serve_uncalibrated(tmp_path: Path) -> None:
    save_prototypes(tmp_path, replace(domain(with_space=True), thresholds=Thresholds(0.9, 0.1, is_calibrated=True)))
    (tmp_path / "prototypes.extra.npz").unlink()

    match = match_prototypes(np.ones(48), load_prototypes(tmp_path))

    assert (match.thresholds, match.calibrated) == (Thresholds(0.30, 0.04), False)


def test_when_the_old_servers_thresholds_are_set_then_they_are_the_fallback(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAU1", "0.99999")
    get_settings.cache_clear()

    assert domain().rule == fallback_rule() == Thresholds(0.99999, 0.04)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"id": "drawn:int8:numpy"}, "images.other_encoder"),
        ({"dim": 512}, "images.other_dimension"),
        ({"weights_sha256": "c" * 64}, "images.other_weights"),
        ({"preprocessing_sha256": "c" * 64}, "images.other_preprocessing"),
    ],
)
def test_when_another_encoder_reads_the_pictures_then_scoring_is_refused_with_the_way_to_rebuild(
    change: dict[str, object], key: str
) -> None:
    prototypes = domain()
    require_same_encoder(prototypes, Card())

    with pytest.raises(Conflict) as refused:
        require_same_encoder(prototypes, replace(Card(), **change))

    assert refused.value.key == key
    assert "images_build_prototypes" in str(refused.value)


def test_when_an_old_file_names_its_model_then_another_one_of_the_same_size_is_refused() -> None:
    old = replace(domain(), encoder_id=None, model="openai/clip-vit-base-patch32")

    require_same_encoder(old, replace(Card(), id="clip_vit_base_patch32:fp32:torch"))
    with pytest.raises(Conflict):
        require_same_encoder(old, Card())


@pytest.mark.parametrize(
    ("classes", "meta", "key"),
    [
        ({"ant": np.zeros(4)}, {}, "images.bad_vector"),
        ({"ant": np.array([1.0, np.nan])}, {}, "images.bad_vector"),
        ({"ant": np.ones(4), "bee": np.ones(5)}, {}, "images.other_shapes"),
        ({"ant": np.ones(4)}, {"classes": ["ant", "bee"]}, "images.meta_disagrees"),
        ({"각": np.ones(4), unicodedata.normalize("NFD", "각"): np.ones(4)}, {}, "images.class_twice"),
        ({"Unknown": np.ones(4)}, {}, "images.class_named_unknown"),
        ({}, {}, "images.no_classes"),
    ],
)
def test_when_files_contradict_themselves_then_they_are_refused(
    tmp_path: Path, classes: dict[str, np.ndarray], meta: dict[str, object], key: str
) -> None:
    folder = write_old(tmp_path / "zoo", classes, meta)

    with pytest.raises(BadInput) as refused:
        load_prototypes(folder)

    assert refused.value.key == key


def test_when_the_file_holds_pickled_objects_then_nothing_is_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "prototypes.npz", ant=np.array([{"a": 1}], dtype=object))

    with pytest.raises(BadInput, match="cannot be read"):
        load_prototypes(tmp_path)


def test_when_a_folder_holds_no_prototypes_then_it_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_prototypes(tmp_path)


def test_when_a_decomposed_names_file_is_replaced_then_only_the_new_names_count(tmp_path: Path) -> None:
    old = unicodedata.normalize("NFD", "동물.names.json")
    (tmp_path / old).write_text('{"ant": "Old"}', "utf-8")

    save_prototypes(tmp_path, replace(domain(), domain="동물", names={"ant": "New"}))

    assert load_prototypes(tmp_path, domain="동물").names == {"ant": "New"}


def test_when_a_copied_folder_bears_another_name_then_its_only_names_file_is_used(
    tmp_path: Path, shared_datasets: Path
) -> None:
    copy = shutil.copytree(
        shared_datasets / "images_pokemon", tmp_path / "mine", ignore=shutil.ignore_patterns("test_images")
    )

    assert load_prototypes(copy).names["이브이"] == "Eevee"
