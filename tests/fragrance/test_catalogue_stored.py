"""Saving, undoing and the history of materials and perfumes; the values that are refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.history import FieldChange, history
from core.fragrance.catalogue.material_values import checked_material
from core.fragrance.catalogue.materials import Catalogue, Constituent, Material, Price
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.stored import (
    perfume,
    perfumes,
    save_material,
    save_materials,
    save_perfumes,
    stored_material,
    stored_perfume,
)
from core.fragrance.catalogue.undoing import remove, restore, revert
from core.fragrance.generations import generation
from core.security.policy import LOCAL_ANALYST, Principal, Role

SECOND = Principal("second", Role.RESEARCHER)
READER = Principal("reader", Role.ANALYST)
NIGHT = Perfume(
    "house-night",
    "Night",
    "House",
    description="밤의 숲",
    family="woody",
    gender="unisex",
    seasons=("winter",),
    top=("pepper",),
    notes=("musk",),
    price=90_000.0,
    price_ml=50.0,
    currency="KRW",
)


def changed(catalogue: Catalogue, **values: Any) -> Material:
    return replace(catalogue.get("linalool"), **values)


def test_when_a_material_is_saved_then_every_field_comes_back(home: Path, small_shipped: Catalogue) -> None:
    held = (Constituent("106-24-1", "Geraniol", 1.5, "analysis"),)
    price = Price(31_000.0, "KRW", date(2025, 6, 1), "quote", is_sample=False)
    full = changed(
        small_shipped,
        boiling_point_c=198.0,
        molar_mass=154.25,
        stock_g=12.5,
        solubility="ethanol",
        constituents=held,
        description_en="Fresh.",
        description_ko="싱그러운 향.",
        price=price,
        is_sample=False,
    )

    saved = save_material(full, expected_revision=1, reason="weighed", principal=LOCAL_ANALYST)

    assert saved.material == full
    assert saved.revision == 2
    assert current_catalogue().get("linalool") == full


def test_when_words_are_not_composed_then_they_are_stored_in_nfc(home: Path, small_shipped: Catalogue) -> None:
    apart = "\u1105\u1175\u1102\u1161\u11af\u1105\u116e\u11af"
    saved = save_material(changed(small_shipped, name_ko=apart), expected_revision=1, principal=LOCAL_ANALYST)

    assert saved.material.name_ko == "리날룰"
    assert saved.revision == 1


def test_when_a_new_material_is_saved_then_it_stands_beside_the_samples(home: Path, small_shipped: Catalogue) -> None:
    own = replace(small_shipped.get("rose_base"), id="own_base", name_en="Own base", is_sample=False)

    save_material(own, expected_revision=0, principal=LOCAL_ANALYST)

    assert len(current_catalogue().materials) == 14


def test_when_two_edit_the_same_revision_then_the_second_is_told(home: Path, small_shipped: Catalogue) -> None:
    save_material(changed(small_shipped, stock_g=1.0), expected_revision=1, principal=LOCAL_ANALYST)

    with pytest.raises(Conflict) as refused:
        save_material(changed(small_shipped, stock_g=2.0), expected_revision=1, principal=SECOND)

    assert refused.value.key == "fragrance.changed_meanwhile"
    assert stored_material("linalool", READER).material.stock_g == 1.0


def test_when_many_save_the_same_revision_at_once_then_one_wins(home: Path, small_shipped: Catalogue) -> None:
    stored_material("linalool", READER)

    def save(stock_g: float) -> bool:
        try:
            save_material(changed(small_shipped, stock_g=stock_g), expected_revision=1, principal=LOCAL_ANALYST)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(save, (1.0, 2.0, 3.0, 4.0)))

    assert outcomes.count(True) == 1
    assert len(history("linalool", READER)) == 2


def test_when_one_of_several_conflicts_then_none_is_stored(home: Path, small_shipped: Catalogue) -> None:
    both = [changed(small_shipped, stock_g=1.0), replace(small_shipped.get("vanillin"), stock_g=1.0)]

    with pytest.raises(Conflict):
        save_materials(both, expected={"linalool": 1, "vanillin": 7}, principal=LOCAL_ANALYST)

    assert stored_material("linalool", READER).revision == 1


def test_when_history_is_read_then_it_says_who_why_and_what_changed(home: Path, small_shipped: Catalogue) -> None:
    dearer = Price(40_000.0, "KRW", date(2025, 9, 1), "quote", is_sample=False)
    save_material(
        changed(small_shipped, price=dearer, odour=("floral", "fresh")),
        expected_revision=1,
        reason=" new quote ",
        principal=SECOND,
    )

    newest, first = history("linalool", READER)

    assert (newest.number, newest.owner, newest.why("en")) == (2, "second", "new quote")
    assert newest.changes == (
        FieldChange("odour", "floral;lavender;fresh", "floral;fresh"),
        FieldChange("price_per_kg", "25000", "40000"),
        FieldChange("price_date", "2025-01-01", "2025-09-01"),
        FieldChange("source_price", "sample", "quote"),
    )
    assert first.changes == ()


def test_when_constituents_change_then_the_history_names_them(home: Path, small_shipped: Catalogue) -> None:
    unknown = replace(small_shipped.get("bergamot_oil"), constituents=None)
    save_material(unknown, expected_revision=1, principal=LOCAL_ANALYST)

    changes = {change.column: change for change in history("bergamot_oil", READER)[0].changes}

    assert changes["constituents_known"].after == "no"
    assert changes["constituents"].before == "Limonene (5989-27-5) 45%; Linalool (78-70-6) 15%"


def test_when_something_is_removed_then_it_can_be_put_back_as_it_was(home: Path, small_shipped: Catalogue) -> None:
    remove("vanillin", expected_revision=1, reason="not stocked", principal=LOCAL_ANALYST)
    gone = "vanillin" not in current_catalogue().materials
    restore("vanillin", expected_revision=2, reason="back", principal=LOCAL_ANALYST)

    assert gone
    assert current_catalogue().get("vanillin") == small_shipped.get("vanillin")
    assert [one.value is None for one in history("vanillin", READER)] == [False, True, False]
    with pytest.raises(NotFound):
        restore("vanillin", expected_revision=3, principal=LOCAL_ANALYST)


def test_when_an_earlier_revision_is_taken_back_then_it_is_a_new_one(home: Path, small_shipped: Catalogue) -> None:
    save_material(changed(small_shipped, stock_g=1.0), expected_revision=1, principal=LOCAL_ANALYST)

    number = revert("linalool", to=1, expected_revision=2, reason="mistake", principal=LOCAL_ANALYST)

    assert number == 3
    assert current_catalogue().get("linalool") == small_shipped.get("linalool")
    with pytest.raises(NotFound):
        revert("linalool", to=9, expected_revision=3, principal=LOCAL_ANALYST)


def test_when_a_perfume_is_stored_then_it_comes_back_and_has_a_history(home: Path) -> None:
    save_perfumes([NIGHT], principal=LOCAL_ANALYST)
    save_perfumes([replace(NIGHT, price=95_000.0)], expected={NIGHT.id: 1}, reason="price list", principal=SECOND)

    assert perfume(NIGHT.id, READER) == replace(NIGHT, price=95_000.0)
    assert history(NIGHT.id, READER)[0].changes == (FieldChange("price", "90000", "95000"),)
    assert revert(NIGHT.id, to=1, expected_revision=2, principal=SECOND) == 3
    assert perfumes(READER) == (NIGHT,)
    assert perfumes(READER, ids=["other", NIGHT.id]) == (NIGHT,)


def test_when_a_perfume_was_removed_then_only_its_stored_row_is_found(home: Path) -> None:
    save_perfumes([NIGHT], principal=LOCAL_ANALYST)
    remove(NIGHT.id, expected_revision=1, principal=LOCAL_ANALYST)

    assert perfumes(READER) == ()
    assert stored_perfume(NIGHT.id, READER).removed_at is not None
    with pytest.raises(NotFound):
        perfume(NIGHT.id, READER)


def test_when_perfumes_are_saved_as_they_stand_then_no_revision_is_added(home: Path) -> None:
    save_perfumes([NIGHT], principal=LOCAL_ANALYST)

    assert save_perfumes([NIGHT], principal=LOCAL_ANALYST) == {NIGHT.id: 1}


def test_when_many_perfumes_are_saved_then_all_are_there_and_their_generation_rises(home: Path) -> None:
    many = [replace(NIGHT, id=f"house-{number}", name=f"No. {number}") for number in range(1_200)]

    save_perfumes(many, principal=LOCAL_ANALYST)

    assert len(perfumes(READER)) == 1_200
    assert (generation("perfumes"), generation("catalogue")) == (1, 1)


def test_when_one_perfume_of_many_cannot_be_then_none_is_stored(home: Path) -> None:
    with pytest.raises(BadInput):
        save_perfumes([NIGHT, replace(NIGHT, id="b", price=-1.0)], principal=LOCAL_ANALYST)
    with pytest.raises(BadInput):
        save_perfumes([NIGHT, NIGHT], principal=LOCAL_ANALYST)

    assert perfumes(READER) == ()


def test_when_a_perfume_bears_the_id_of_a_material_then_it_is_refused(home: Path, small_shipped: Catalogue) -> None:
    stored_material("linalool", READER)

    with pytest.raises(Conflict):
        save_perfumes([replace(NIGHT, id="linalool")], principal=LOCAL_ANALYST)


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"usual_share": -1.0}, "usual_share"),
        ({"highest_share": 101.0}, "highest_share"),
        ({"usual_share": 9.0, "highest_share": 8.0}, "usual_share"),
        ({"usual_share": math.nan}, "usual_share"),
        ({"cas": "78-70-7"}, "cas"),
        ({"family": "nice"}, "family"),
        ({"odour": ("floral", "nice")}, "odour"),
        ({"position": "middle"}, "position"),
        ({"kind": "oil"}, "kind"),
        ({"strength": 5}, "strength"),
        ({"vapour_pressure_pa": -1.0}, "vapour_pressure_pa"),
        ({"vapour_pressure_pa": math.inf}, "vapour_pressure_pa"),
        ({"stock_g": -0.1}, "stock_g"),
        ({"id": "accord:x"}, "id"),
        ({"id": "x" * 121}, "id"),
        ({"name_en": "", "name_ko": " "}, "name_en"),
        ({"price": Price(-1.0, "KRW", date(2025, 1, 1), "")}, "price_per_kg"),
        ({"price": Price(1.0, "won", date(2025, 1, 1), "")}, "currency"),
        ({"constituents": (Constituent("78-70-6", "Linalool", 120.0, ""),)}, "share"),
        ({"constituents": (Constituent("78-70-7", "Linalool", 20.0, ""),)}, "cas"),
        ({"constituents": (Constituent("78-70-6", "", 20.0, ""),)}, "name"),
    ],
)
def test_when_a_value_cannot_be_then_one_sentence_names_its_column(
    catalogue: Catalogue, values: dict[str, Any], column: str
) -> None:
    with pytest.raises(BadInput) as refused:
        checked_material(changed(catalogue, **values))

    assert refused.value.details["column"] == column
    assert refused.value.text("en").count(".") >= 1
    assert refused.value.text("ko") != refused.value.text("en")


def test_when_a_price_is_in_another_currency_then_it_is_refused(
    home: Path, small_shipped: Catalogue, settings_from: Callable[..., object]
) -> None:
    dollars = changed(small_shipped, price=Price(20.0, "USD", date(2025, 1, 1), "quote", is_sample=False))

    with pytest.raises(BadInput) as refused:
        save_material(dollars, expected_revision=1, principal=LOCAL_ANALYST)
    with pytest.raises(BadInput):
        save_perfumes([replace(NIGHT, currency="USD")], principal=LOCAL_ANALYST)

    assert refused.value.key == "fragrance_catalogue.other_currency"
    settings_from(WORKBENCH_FRAGRANCE_CURRENCY="USD")
    assert save_material(dollars, expected_revision=1, principal=LOCAL_ANALYST).material == dollars


def test_when_somebody_may_only_read_then_nothing_is_changed(home: Path, small_shipped: Catalogue) -> None:
    for change in (
        lambda: save_material(changed(small_shipped, stock_g=1.0), expected_revision=1, principal=READER),
        lambda: save_perfumes([NIGHT], principal=READER),
        lambda: remove("linalool", expected_revision=1, principal=READER),
        lambda: restore("linalool", expected_revision=1, principal=READER),
        lambda: revert("linalool", to=1, expected_revision=1, principal=READER),
    ):
        with pytest.raises(NotAllowed):
            change()


def test_when_somebody_may_not_read_then_nothing_is_told(home: Path) -> None:
    guest = Principal("guest", Role.GUEST)
    for look in (
        lambda: perfumes(guest),
        lambda: perfume("x", guest),
        lambda: stored_material("linalool", guest),
        lambda: history("linalool", guest),
    ):
        with pytest.raises(NotAllowed):
            look()
