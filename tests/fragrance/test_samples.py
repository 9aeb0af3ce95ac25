"""Sample perfumes are composed by our own generator, labelled, and stay as people leave them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.stored import perfumes, stored_perfume
from core.fragrance.catalogue.undoing import remove
from core.fragrance.formulas.stored import get_version, list_formulas
from core.fragrance.limits.checking import check
from core.fragrance.limits.stored import current_limits
from core.fragrance.samples.briefs import BRAND, sample_briefs
from core.fragrance.samples.perfumes import compose_samples
from core.fragrance.vocabulary import ids
from core.security.policy import LOCAL_ANALYST, Principal, Role

ANALYST = Principal("ana", Role.RESEARCHER)


def test_when_the_briefs_are_drawn_then_there_are_enough_of_every_family_and_never_others() -> None:
    drawn = sample_briefs()

    assert len(drawn) >= 60
    assert {one.brief.family for one in drawn} == set(ids("family"))
    assert len({one.name_en for one in drawn}) == len(drawn)
    assert sample_briefs() == drawn


@pytest.fixture
def two_samples(home: Path) -> Path:
    compose_samples(principal=LOCAL_ANALYST, count=2)
    return home


def test_when_samples_are_composed_then_everybody_finds_them_labelled_with_their_formula(two_samples: Path) -> None:
    found = perfumes(ANALYST)

    assert len(found) == 2
    for one in found:
        assert one.is_sample and one.brand == BRAND["en"]
        assert one.top and one.heart and one.base
        assert one.formula_id is not None
        version = get_version(one.formula_id, principal=ANALYST)
        report = check(
            version.formula, version.product, catalogue=current_catalogue(), table=current_limits(), accords={}
        )  # fmt: skip
        assert report.verdict != "fail"
    assert all(one.is_sample for one in list_formulas(principal=ANALYST))


def test_when_one_is_removed_then_it_stays_removed_and_the_others_are_not_made_again(two_samples: Path) -> None:
    gone = perfumes(LOCAL_ANALYST)[0]
    remove(gone.id, expected_revision=stored_perfume(gone.id, LOCAL_ANALYST).revision, principal=LOCAL_ANALYST)

    made = compose_samples(principal=LOCAL_ANALYST, count=1)

    assert len(made) == 1
    assert made[0].perfume.id != gone.id
    assert gone.id not in {one.id for one in perfumes(LOCAL_ANALYST)}
    assert len(perfumes(LOCAL_ANALYST)) == 2
