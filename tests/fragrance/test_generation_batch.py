"""Several briefs at once: each answer as if asked alone, in order, a failure in its own place."""

from __future__ import annotations

from core.errors import BadInput
from core.fragrance.generation.batch import Outcome, generate_all
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.generating import generate
from tests.fragrance.generation_draws import NO_LIMITS
from tests.fragrance.small_catalogue import small_catalogue

BRIEFS = tuple(
    Brief(family=family, complexity="simple", alternatives=2, seed=number)
    for number, family in enumerate(("floral", "woody", "citrus", "oriental", "fresh"))
)


def all_of(*briefs: Brief | BadInput, workers: int = 2) -> tuple[Outcome, ...]:
    return generate_all(briefs, catalogue=small_catalogue(), table=NO_LIMITS, accords={}, workers=workers)


def test_when_briefs_are_asked_together_then_each_answer_is_as_if_asked_alone() -> None:
    alone = [generate(one, catalogue=small_catalogue(), table=NO_LIMITS, accords={}) for one in BRIEFS]
    together = all_of(*BRIEFS)

    assert [one.error for one in together] == [None] * len(BRIEFS)
    for one, other in zip(together, alone, strict=True):
        assert one.generated is not None
        assert one.generated.brief == other.brief
        assert [made.formula for made in one.generated.alternatives] == [made.formula for made in other.alternatives]


def test_when_one_brief_fails_then_its_error_stands_in_its_place_and_the_others_are_made() -> None:
    unread = BadInput("fragrance.unknown_word", word="loud", field="intensity", known="light")
    outcomes = all_of(BRIEFS[0], Brief(wanted=("unobtainium",)), unread, BRIEFS[1])

    assert [one.generated is not None for one in outcomes] == [True, False, False, True]
    assert [one.error.key if one.error else None for one in outcomes] == [
        None, "fragrance.unknown_material", "fragrance.unknown_word", None,
    ]  # fmt: skip


def test_when_nothing_is_asked_then_nothing_is_answered() -> None:
    assert all_of() == ()
