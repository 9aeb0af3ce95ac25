"""Every filter by itself and all together; what is not known never passes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import BadInput
from core.fragrance.search.filters import Filters, checked, filtered
from core.fragrance.search.item_columns import GatheredItems, ItemColumns
from core.fragrance.search.items import perfume_item
from tests.fragrance.search_home import PERFUMES


@pytest.fixture(scope="module")
def columns() -> ItemColumns:
    gathered = GatheredItems()
    for one in PERFUMES:
        gathered.add(perfume_item(one))
    return gathered.columns()


def passing(columns: ItemColumns, **given: Any) -> set[str]:
    found = filtered(columns, checked(Filters(**given)), np.ones(columns.size, dtype=np.bool_))
    return {columns.ids[at].decode() for at in np.flatnonzero(found.allowed)}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"max_price": 60_000}, {"citrus", "vanilla"}),
        ({"min_price": 60_000, "max_price": 100_000}, {"vanilla", "rose-oud"}),
        ({"max_price": 50, "currency": "USD"}, {"dollars"}),
        ({"gender": "여성"}, {"rose-oud", "vanilla", "dollars", "citrus"}),
        ({"gender": "men"}, {"leather", "citrus"}),
        ({"gender": "unisex"}, {"citrus"}),
        ({"seasons": ("봄", "fall")}, {"citrus", "dollars", "leather"}),
        ({"moods": ("romantic",)}, {"rose-oud", "dollars"}),
        ({"include_notes": ("장미",)}, {"rose-oud", "dollars"}),
        ({"include_notes": ("Bulgarian rose",)}, {"rose-oud"}),
        ({"include_notes": ("vanilla", "가죽")}, {"leather"}),
        ({"exclude_notes": ("바닐라",)}, {"rose-oud", "citrus", "dollars"}),
        ({"brand": "house b"}, {"vanilla", "leather"}),
        ({"family": "플로럴"}, {"rose-oud", "dollars"}),
        ({"min_longevity_h": 9}, {"rose-oud", "leather"}),
        ({"is_sample": True}, set()),
        (
            {"gender": "women", "seasons": ("winter",), "exclude_notes": ("vanilla",), "max_price": 100_000},
            {"rose-oud"},
        ),
    ],
)
def test_when_filters_are_given_then_only_what_is_known_to_fit_passes(
    columns: ItemColumns, given: dict[str, Any], found: set[str]
) -> None:
    assert passing(columns, **given) == found


def test_when_all_filters_hold_then_what_passes_is_what_passes_each(columns: ItemColumns) -> None:
    given: dict[str, Any] = {"max_price": 100_000, "gender": "women", "exclude_notes": ("musk",), "brand": "House A"}
    alone = [passing(columns, **{name: value}) for name, value in given.items()]
    assert passing(columns, **given) == set.intersection(*alone)


def test_when_a_filter_removes_then_it_tells_how_many_and_of_how_many_nothing_is_known(columns: ItemColumns) -> None:
    everything = np.ones(columns.size, dtype=np.bool_)
    found = filtered(columns, checked(Filters(max_price=50_000, include_notes=("rose",))), everything)
    assert [(one.filter, one.value, one.removed, one.unknown) for one in found.removals] == [
        ("max_price", "50000", 5, 2),
        ("include_notes", "rose", 4, 1),
    ]
    assert (found.before, found.after) == (6, 0)


def test_when_all_is_said_for_season_or_gender_then_nothing_is_restricted(columns: ItemColumns) -> None:
    assert len(passing(columns, seasons=("all",), gender="전체")) == len(PERFUMES)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"max_price": -1}, "fragrance_search.number_out_of_range"),
        ({"max_price": float("nan")}, "fragrance_search.number_out_of_range"),
        ({"min_price": 2, "max_price": 1}, "fragrance_search.price_upside_down"),
        ({"include_notes": ("Rose",), "exclude_notes": ("rose",)}, "fragrance_search.in_and_out"),
        ({"seasons": ("monsoon",)}, "fragrance.unknown_word"),
        ({"family": "metal"}, "fragrance.unknown_word"),
    ],
)
def test_when_a_filter_cannot_be_then_it_is_refused_in_one_sentence(given: dict[str, Any], key: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked(Filters(**given))
    assert refused.value.key == key
