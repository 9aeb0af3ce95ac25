"""Filters that a query says in words."""

from __future__ import annotations

import pytest

from core.fragrance.search.filters import Filters
from core.fragrance.search.reading_queries import read_query, with_read


def read(text: str) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for one in read_query(text).filters:
        found.setdefault(one.name, []).append(one.value)
    return found


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("fresh rose under 50,000 won", {"max_price": [50_000.0], "currency": ["KRW"]}),
        ("5만원 이하 상쾌한 향", {"max_price": [50_000.0], "currency": ["KRW"]}),
        ("3만원~10만원 플로럴", {"min_price": [30_000.0], "max_price": [100_000.0], "currency": ["KRW"]}),
        ("citrus between $50 and $100", {"min_price": [50.0], "max_price": [100.0], "currency": ["USD"]}),
        ("장미 빼고 우디한 향", {"exclude_notes": ["장미"]}),
        ("바닐라랑 머스크 없이 달콤한 향", {"exclude_notes": ["바닐라", "머스크"]}),
        ("차분한 우디, 바닐라 없이", {"exclude_notes": ["바닐라"]}),
        ("시더, 바닐라는 빼고", {"exclude_notes": ["바닐라"]}),
        ("장미와 바닐라 빼고", {"exclude_notes": ["장미", "바닐라"]}),
        ("woody without vanilla or musk", {"exclude_notes": ["vanilla", "musk"]}),
        ("smoke-free leather", {"exclude_notes": ["smoky"]}),
        ("우디, 머스크는 들어가지 않게", {"exclude_notes": ["머스크"]}),
        ("레더가 들어간 향", {"include_notes": ["가죽"]}),
        ("a scent containing iris", {"include_notes": ["iris"]}),
        ("여름에 남자가 쓸 향수", {"seasons": ["summer"], "gender": ["masculine"]}),
        ("a gift for her in winter", {"seasons": ["winter"], "gender": ["feminine"]}),
        ("lasts at least 8 hours", {"min_longevity_h": [8.0]}),
        ("8시간 이상 가는 머스크", {"min_longevity_h": [8.0]}),
        ("5만 5천원 이하 장미", {"max_price": [55_000.0], "currency": ["KRW"]}),
        ("no more than 6 hours", {}),
        ("3-4시간 지속되는 향", {}),
        ("2024 edition", {}),
        ("rose with musk", {}),
        ("a garden of 100 roses in the sun", {}),
    ],
)
def test_when_words_say_a_filter_then_it_is_read(text: str, filters: dict[str, list[object]]) -> None:
    assert read(text) == filters


def test_when_something_is_to_be_left_out_then_nobody_searches_for_it() -> None:
    assert read_query("장미 빼고 우디한 향").searched == "우디한 향"
    assert read_query("leather but no oud under 90,000 won").searched == "leather"


def test_when_a_filter_was_read_then_the_words_it_was_read_from_are_told() -> None:
    (one,) = read_query("leather without Oud").filters
    assert (one.name, one.words) == ("exclude_notes", "without Oud")


def test_when_korean_names_odours_and_seasons_then_their_english_is_searched_too() -> None:
    assert {"rose", "romantic", "spring"} <= set(read_query("로맨틱한 봄 장미").expanded.split())
    assert read_query("romantic spring rose").expanded == "romantic spring rose"


def test_when_a_filter_is_given_then_words_do_not_change_it() -> None:
    filters, counted = with_read(Filters(max_price=30_000.0), read_query("장미 5만원 이하, 여름에"))
    assert filters == Filters(max_price=30_000.0, seasons=("summer",))
    assert [one.name for one in counted] == ["seasons"]


def test_when_a_read_filter_is_switched_off_then_it_does_not_hold() -> None:
    filters, _ = with_read(Filters(), read_query("바닐라 없이 여름에"), ignored={"exclude_notes"})
    assert filters == Filters(seasons=("summer",))


def test_when_words_forbid_what_was_asked_for_then_the_given_filter_holds() -> None:
    filters, _ = with_read(Filters(include_notes=("rose",)), read_query("without rose"))
    assert filters == Filters(include_notes=("rose",))
