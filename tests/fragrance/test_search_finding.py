"""The product's search: what it finds, why, for whom, and what it says when a part is away."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput, NotAllowed, Unavailable
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.formulas.stored import save_formula
from core.fragrance.search import vectors
from core.fragrance.search.filters import Filters
from core.fragrance.search.finding import find_perfumes
from core.fragrance.search.index import bring_up_to_date
from core.fragrance.search.items import COLLECTIONS, RECIPES
from tests.fragrance.search_home import ADMIN, CUSTOMER, DIM, GUEST, PERFUMES, RESEARCHER, encoder, fill, use


@pytest.fixture
def filled(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, encoder())
    fill()


def keys(answer: object) -> list[str]:
    return [one.key for one in answer.notices]  # type: ignore[attr-defined]


def ids(answer: object) -> list[str]:
    return [one.id for one in answer.results]  # type: ignore[attr-defined]


def test_when_something_is_asked_then_each_result_says_by_what_it_was_found(filled: None) -> None:
    answer = find_perfumes("가죽 담배", principal=CUSTOMER)
    best = answer.results[0]
    assert best.id == "leather"
    assert best.perfume == PERFUMES[3]
    assert best.matched.notes == ("leather", "tobacco")
    assert "tobacco" in best.matched.words
    assert best.notes == 1.0
    assert best.lexical is not None and best.lexical > 0
    assert answer.legs == ("words", "vectors", "notes")
    assert answer.notices == ()


def test_when_a_similarity_is_told_then_it_is_a_cosine_and_distance_is_one_less_it(filled: None) -> None:
    for one in find_perfumes("a dark rose with smoke", principal=CUSTOMER).results:
        assert one.similarity is not None
        assert -1 <= one.similarity <= 1
        assert one.distance == 1.0 - one.similarity


def test_when_the_same_is_asked_twice_then_the_answer_is_the_same(filled: None) -> None:
    first, second = (find_perfumes("rose and vanilla", principal=CUSTOMER).results for _ in range(2))
    assert first == second
    assert [one.rank for one in first] == list(range(1, len(first) + 1))
    assert [one.score for one in first] == sorted((one.score for one in first), reverse=True)


def test_when_filters_are_given_then_all_hold_together_and_are_told(filled: None) -> None:
    filters = Filters(gender="female", exclude_notes=("oud",), max_price=100_000)
    answer = find_perfumes("vanilla rose lemon", filters, principal=CUSTOMER)
    assert set(ids(answer)) == {"vanilla", "citrus"}
    assert answer.searched == 2
    assert answer.results[0].matched.filters == ("max_price", "gender", "exclude_notes")


def test_when_a_filter_leaves_nothing_then_it_is_said_which_removed_how_many(filled: None) -> None:
    answer = find_perfumes("rose", Filters(family="woody", gender="male"), principal=CUSTOMER)
    assert answer.results == ()
    (notice,) = answer.notices
    assert (notice.key, notice.details["filter"], notice.details["removed"]) == (
        "fragrance_search.nothing_left",
        "family",
        6,
    )


def test_when_words_say_filters_then_they_hold_and_are_shown_and_can_be_switched_off(filled: None) -> None:
    answer = find_perfumes("leather, tobacco, vanilla without vanilla", principal=CUSTOMER)
    assert [(one.name, one.value) for one in answer.read] == [("exclude_notes", "vanilla")]
    assert "leather" not in ids(answer)
    off = find_perfumes("leather, tobacco, vanilla without vanilla", principal=CUSTOMER, ignored=("exclude_notes",))
    assert off.read == ()
    assert "leather" in ids(off)


def test_when_a_read_filter_would_leave_nothing_then_it_is_let_go_of_and_told(filled: None) -> None:
    answer = find_perfumes("rose under 1,000 won", principal=CUSTOMER)
    assert ids(answer)
    assert answer.read == ()
    assert keys(answer) == ["fragrance_search.read_filter_let_go"]
    assert answer.filters.max_price is None


def test_when_some_items_have_no_vectors_then_words_find_them_and_their_number_is_told(filled: None) -> None:
    fill((Perfume("new", "Brand New", "House D", "Elemi and pepper.", notes=("elemi", "pepper")),), encoded=False)
    bring_up_to_date("shared-words", DIM)
    answer = find_perfumes("elemi", principal=CUSTOMER)
    assert ids(answer)[0] == "new"
    assert answer.results[0].similarity is None
    assert [one.details for one in answer.notices] == [{"count": 1, "total": 7}]


def test_when_the_encoder_is_away_then_words_and_notes_answer_and_say_so(
    filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, None)
    answer = find_perfumes("장미", principal=CUSTOMER)
    assert set(ids(answer)) >= {"rose-oud", "dollars"}
    assert answer.legs == ("words", "notes")
    assert keys(answer) == ["fragrance_search.encoder_away"]


def test_when_only_vectors_are_asked_for_and_away_then_it_is_said(
    filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, None)
    with pytest.raises(Unavailable) as refused:
        find_perfumes("rose", principal=CUSTOMER, legs=("vectors",))
    assert refused.value.key == "fragrance_search.no_leg"


def test_when_a_perfume_changes_then_the_next_search_finds_what_it_is_now(filled: None) -> None:
    find_perfumes("rose", principal=CUSTOMER)
    fill((Perfume("untold", "Untold", "House C", "Now a juniper.", notes=("juniper berries",)),))
    bring_up_to_date("shared-words", DIM)
    assert ids(find_perfumes("노간주", principal=CUSTOMER, legs=("notes",))) == ["untold"]


def test_when_missing_vectors_are_encoded_then_only_those_are_and_progress_is_told(filled: None) -> None:
    told: list[tuple[int, int]] = []
    assert vectors.encode_missing(principal=ADMIN) == 0
    fill((Perfume("new", "Brand New", "House D", "Elemi."),), encoded=False)
    assert vectors.lacking(principal=CUSTOMER).count == 1
    assert vectors.encode_missing(lambda done, total: told.append((done, total)), principal=ADMIN) == 1
    assert told == [(0, 1), (1, 1)]
    assert vectors.lacking(principal=CUSTOMER).count == 0


def test_when_the_encoder_is_another_then_its_own_vectors_are_asked_for(
    filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, encoder("another"))
    answer = find_perfumes("rose", principal=CUSTOMER)
    assert answer.encoder_id == "another"
    assert keys(answer) == ["fragrance_search.without_vectors"]
    assert vectors.encode_missing(at_most=3, principal=ADMIN) == 3


def test_when_materials_are_searched_then_they_are_found_by_either_name(filled: None) -> None:
    answer = find_perfumes("베르가못", principal=CUSTOMER, collections=("fragrance_notes",))
    assert answer.results[0].material is not None
    assert "bergamot" in answer.results[0].material.odour


def test_when_formulas_are_searched_then_nobody_finds_another_ones(filled: None) -> None:
    made = save_formula(
        "Quiet orange", Formula((Line("linalool", 60_000), Line("limonene", 40_000))), principal=RESEARCHER
    )  # fmt: skip
    bring_up_to_date("shared-words", DIM)
    own = find_perfumes("quiet orange", principal=RESEARCHER, collections=(RECIPES,))
    assert ids(own) == [made.id]
    assert own.results[0].formula is not None
    assert ids(find_perfumes("quiet orange", principal=ADMIN, collections=(RECIPES,))) == [made.id]
    other = type(RESEARCHER)("another", RESEARCHER.role, "another")
    assert find_perfumes("quiet orange", principal=other, collections=(RECIPES,)).total == 0
    customer = find_perfumes("quiet orange", principal=CUSTOMER, collections=COLLECTIONS)
    assert made.id not in ids(customer)
    assert "fragrance_search.recipes_not_read" in keys(customer)


def test_when_somebody_may_not_read_then_nothing_is_searched(filled: None) -> None:
    with pytest.raises(NotAllowed):
        find_perfumes("rose", principal=GUEST)
    with pytest.raises(NotAllowed):
        vectors.encode_missing(principal=CUSTOMER)


@pytest.mark.parametrize(
    ("query", "k", "key"),
    [("r" * 2001, 10, "fragrance_search.query_too_long"), ("rose", 0, "fragrance_search.k_out_of_range")],
)
def test_when_a_question_cannot_be_then_it_is_refused(home: Path, query: str, k: int, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        find_perfumes(query, k=k, principal=CUSTOMER)
    assert refused.value.key == key


def test_when_nothing_is_asked_then_nothing_is_found(filled: None) -> None:
    assert find_perfumes("  ", principal=CUSTOMER).results == ()


def test_when_what_is_to_be_left_out_leaves_nothing_then_it_stays_out(filled: None) -> None:
    answer = find_perfumes("rose without rose", Filters(family="floral"), principal=CUSTOMER)
    assert answer.results == ()
    assert [one.name for one in answer.read] == ["exclude_notes"]
    assert keys(answer) == ["fragrance_search.nothing_left"]
