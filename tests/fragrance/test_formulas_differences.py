"""A difference says what changed and turns the earlier version into the later one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Conflict
from core.fragrance.amounts import WHOLE_MG
from core.fragrance.formulas.apportioning import apportioned
from core.fragrance.formulas.differences import applied, difference
from core.fragrance.formulas.formula import Formula, Line
from tests.fragrance.formula_values import formula

BEFORE = formula(linalool=40, hedione=50, vanillin=10)
AFTER = formula(linalool=45, hedione=50, accord_r=5)


def test_when_lines_change_then_each_is_told_in_percent_points_and_grams() -> None:
    found = difference(BEFORE, AFTER)

    assert [(one.ingredient, one.kind, one.percent_points, one.grams(20)) for one in found.changes] == [
        ("linalool", "changed", 5, 1),
        ("accord:r", "added", 5, 1),
        ("vanillin", "removed", -10, -2),
    ]
    assert not found.is_reordered


def test_when_nothing_changes_then_the_difference_is_empty() -> None:
    assert difference(BEFORE, BEFORE).is_empty


def test_when_only_the_order_changes_then_that_is_the_difference() -> None:
    turned = Formula(BEFORE.lines[::-1])

    found = difference(BEFORE, turned)

    assert (found.changes, found.is_reordered, found.is_empty) == ((), True, False)
    assert applied(BEFORE, found) == turned


@pytest.mark.parametrize("other", [AFTER, formula(linalool=40, hedione=45, vanillin=10, dpg=5)])
def test_when_the_formula_is_another_version_then_the_difference_does_not_fit(other: Formula) -> None:
    with pytest.raises(Conflict) as caught:
        applied(other, difference(BEFORE, AFTER))

    assert caught.value.key == "fragrance_formulas.difference_does_not_fit"


@st.composite
def formulas(draw: st.DrawFn) -> Formula:
    names = draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True))
    weights = [draw(st.integers(1, 1000)) for _ in names]
    return Formula(tuple(Line(name, mg) for name, mg in zip(names, apportioned(weights, WHOLE_MG), strict=True)))


@settings(max_examples=100)
@given(formulas(), formulas())
def test_when_a_difference_is_applied_to_the_earlier_version_then_the_later_one_comes_of_it(
    before: Formula, after: Formula
) -> None:
    found = difference(before, after)

    assert applied(before, found) == after
    assert sum(one.after_mg - one.before_mg for one in found.changes) == 0
