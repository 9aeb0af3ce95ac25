"""The sample materials that come with the workbench, and the catalogue that counts now."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from core.fragrance.catalogue import shipped
from core.fragrance.catalogue.cas import cas_number
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.history import history
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.catalogue.stored import save_material, stored_material, stored_materials
from core.fragrance.catalogue.undoing import remove
from core.fragrance.generations import generation, raise_generation
from core.security.policy import LOCAL_ANALYST
from core.storage.database import writing


def test_when_the_files_are_read_then_each_is_a_labelled_sample_with_sources() -> None:
    materials = shipped.shipped_materials()

    assert len(materials) >= 120
    assert {material.is_sample for material in materials} == {True}
    assert all(material.price is None or material.price.is_sample for material in materials)
    assert all(material.sources.get("identity") for material in materials)
    assert [material.id for material in materials] == sorted(material.id for material in materials)


def test_when_the_files_are_read_then_every_source_is_a_known_work_or_says_that_it_is_none() -> None:
    named = {source for material in shipped.shipped_materials() for source in material.sources.values()}

    assert named <= shipped.shipped_sources().keys() | {"sample", "estimate"}


def test_when_the_workbench_counts_in_another_currency_then_sample_prices_are_not_known(
    settings_from: Callable[..., object],
) -> None:
    settings_from(WORKBENCH_FRAGRANCE_CURRENCY="USD")

    assert {material.price for material in shipped.shipped_catalogue().materials.values()} == {None}


def test_when_the_database_is_empty_then_the_shipped_catalogue_counts(home: Path, small_shipped: Catalogue) -> None:
    assert current_catalogue() is small_shipped


def test_when_samples_are_put_in_twice_then_the_second_time_changes_nothing(
    home: Path, small_shipped: Catalogue
) -> None:
    first, before = shipped.ensure_samples(), generation("catalogue")
    second = shipped.ensure_samples()

    assert (first, second) == (13, 0)
    assert generation("catalogue") == before
    assert current_catalogue().materials == small_shipped.materials


def test_when_samples_are_put_in_from_several_sides_then_each_is_there_once(
    home: Path, small_shipped: Catalogue
) -> None:
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: shipped.ensure_samples(), range(4)))

    assert sorted(counts) == [0, 0, 0, 13]
    assert {one.revision for one in stored_materials(LOCAL_ANALYST)} == {1}


def test_when_a_sample_was_edited_or_removed_then_it_stays_so(home: Path, small_shipped: Catalogue) -> None:
    own = replace(small_shipped.get("linalool"), usual_share=3.0)
    save_material(own, expected_revision=1, reason="ours is stronger", principal=LOCAL_ANALYST)
    remove("vanillin", expected_revision=1, principal=LOCAL_ANALYST)

    shipped.ensure_samples()

    assert stored_material("linalool", LOCAL_ANALYST).material.usual_share == 3.0
    assert stored_material("vanillin", LOCAL_ANALYST).removed_at is not None
    assert "vanillin" not in current_catalogue().materials


def test_when_a_sample_is_as_it_came_then_its_history_says_so(home: Path, small_shipped: Catalogue) -> None:
    shipped.ensure_samples()

    (only,) = history("linalool", LOCAL_ANALYST)

    assert only.why("en") == "Sample that comes with the workbench."
    assert only.why("ko") != only.why("en")


def test_when_this_process_changes_a_material_then_the_next_look_sees_it(home: Path, small_shipped: Catalogue) -> None:
    before = current_catalogue()
    save_material(replace(before.get("linalool"), stock_g=5.0), expected_revision=1, principal=LOCAL_ANALYST)
    after = current_catalogue()

    assert after.get("linalool").stock_g == 5.0
    assert before.get("linalool").stock_g is None
    assert current_catalogue() is after


def test_when_a_generation_is_raised_then_it_counts_up_by_name(home: Path) -> None:
    with writing() as connection:
        raised = [raise_generation(connection, name) for name in ("limits", "limits", "formulas")]

    assert raised == [1, 2, 1]
    assert (generation("limits"), generation("formulas"), generation("catalogue")) == (2, 1, 0)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("78-70-6", "78-70-6"),
        (" 60–12–8 ", "60-12-8"),
        ("78-70-7", None),
        ("078-70-6", None),
        ("78706", None),
        ("", None),
    ],
)
def test_when_a_cas_number_is_read_then_form_and_check_digit_decide(written: str, expected: str | None) -> None:
    assert cas_number(written) == expected


def test_when_a_trade_name_stands_in_brackets_then_it_finds_the_material_unless_two_have_it() -> None:
    catalogue = shipped.shipped_catalogue()

    found = catalogue.named("Hedione")
    assert found is not None and found.id == "methyl-dihydrojasmonate"
    assert catalogue.named("generic") is None
