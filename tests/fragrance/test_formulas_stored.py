"""Stored formulas belong to their owner, keep every version, and hold accords that stay sound."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound, WorkbenchError
from core.fragrance.amounts import milligrams
from core.fragrance.formulas.formula import Formula, Line, flattened
from core.fragrance.formulas.keeping import (
    copy_formula,
    mark_as_accord,
    publish_formula,
    remove_formula,
    rename_formula,
    restore_formula,
    set_state,
)
from core.fragrance.formulas.stored import (
    accords_for,
    get_formula,
    get_version,
    list_formulas,
    list_versions,
    save_formula,
    save_version,
)
from core.fragrance.generations import generation
from core.fragrance.products import Product
from core.security.policy import Principal, Role
from tests.fragrance.formula_values import formula

pytestmark = pytest.mark.usefixtures("home")

ADA = Principal("ada", Role.RESEARCHER)
BOB = Principal("bob", Role.RESEARCHER)
ADMIN = Principal("root", Role.ADMIN)
CUSTOMER = Principal("cleo", Role.ANALYST)
GUEST = Principal("guest", Role.GUEST)
FIRST, SECOND = formula(linalool=40, hedione=60), formula(linalool=45, hedione=55)


def holding(accord_id: str, share: float = 50) -> Formula:
    return Formula((Line(f"accord:{accord_id}", milligrams(share)), Line("dpg", milligrams(100 - share))))


def refused(error: type[WorkbenchError], key: str, call: object, *args: object, **kwargs: object) -> WorkbenchError:
    with pytest.raises(error) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    assert caught.value.key == key
    assert caught.value.text("ko")
    return caught.value


def test_when_a_formula_is_saved_then_its_owner_reads_the_same_again() -> None:
    saved = save_formula(
        "  First\u3000rose ", FIRST, product=Product("9", 1.5), brief={"words": "장미"}, story={"en": "a rose"},
        reason="first trial", principal=ADA,
    )  # fmt: skip

    version = get_version(saved.id, principal=ADA)
    assert (saved.name, saved.state, saved.version, saved.is_public) == ("First rose", "draft", 1, False)
    assert (version.formula, version.product) == (FIRST, Product("9", 1.5))
    assert (version.brief, version.story, version.reason) == ({"words": "장미"}, {"en": "a rose"}, "first trial")


def test_when_a_version_is_saved_then_the_one_before_stays() -> None:
    saved = save_formula("Rose", FIRST, product=Product("9", 1.5), principal=ADA)

    changed = save_version(saved.id, SECOND, expected=1, reason="rounder", principal=ADA)

    assert changed.version == 2
    assert [one.number for one in list_versions(saved.id, principal=ADA)] == [2, 1]
    assert get_version(saved.id, principal=ADA).formula == SECOND
    assert get_version(saved.id, principal=ADA).product == Product("9", 1.5)
    assert get_version(saved.id, 1, principal=ADA).formula == FIRST


def test_when_somebody_saved_meanwhile_then_the_change_is_a_conflict_and_nothing_is_stored() -> None:
    saved = save_formula("Rose", FIRST, principal=ADA)
    save_version(saved.id, SECOND, expected=1, principal=ADA)

    refused(Conflict, "fragrance.changed_meanwhile", save_version, saved.id, FIRST, expected=1, principal=ADA)

    assert get_formula(saved.id, principal=ADA).version == 2


def test_when_an_approved_formula_gets_a_version_then_it_is_a_draft_again() -> None:
    saved = save_formula("Rose", FIRST, principal=ADA)
    assert set_state(saved.id, "approved", expected=1, principal=ADA).state == "approved"

    assert save_version(saved.id, SECOND, expected=1, principal=ADA).state == "draft"


def test_when_the_version_looked_at_is_not_the_newest_then_it_is_not_approved() -> None:
    saved = save_formula("Rose", FIRST, principal=ADA)
    save_version(saved.id, SECOND, expected=1, principal=ADA)

    refused(Conflict, "fragrance.changed_meanwhile", set_state, saved.id, "approved", expected=1, principal=ADA)


def test_when_a_formula_is_archived_then_it_takes_no_version() -> None:
    saved = save_formula("Rose", FIRST, principal=ADA)
    set_state(saved.id, "archived", expected=1, principal=ADA)

    refused(Conflict, "fragrance_formulas.archived", save_version, saved.id, SECOND, expected=1, principal=ADA)


def test_when_a_state_is_not_known_then_the_known_ones_are_named() -> None:
    saved = save_formula("Rose", FIRST, principal=ADA)

    refused(BadInput, "fragrance_formulas.unknown_state", set_state, saved.id, "done", expected=1, principal=ADA)


def test_when_a_formula_is_private_then_others_do_not_find_it_but_an_administrator_does() -> None:
    saved = save_formula("Rose", FIRST, principal=ADA)

    refused(NotFound, "fragrance.not_there", get_version, saved.id, principal=BOB)
    refused(NotFound, "fragrance.not_there", save_version, saved.id, SECOND, expected=1, principal=BOB)
    assert list_formulas(principal=BOB) == ()
    assert get_version(saved.id, principal=ADMIN).formula == FIRST
    assert [one.id for one in list_formulas(principal=ADMIN)] == [saved.id]


def test_when_a_formula_is_public_then_others_read_and_copy_but_do_not_change_it() -> None:
    saved = save_formula("Rose", FIRST, principal=ADA)
    publish_formula(saved.id, principal=ADA)

    assert not get_formula(saved.id, principal=BOB).is_editable
    refused(NotAllowed, "fragrance_formulas.only_owner", save_version, saved.id, SECOND, expected=1, principal=BOB)
    refused(NotAllowed, "fragrance_formulas.only_owner", rename_formula, saved.id, "Mine", principal=BOB)
    mine = copy_formula(saved.id, "Bob's rose", principal=BOB)
    assert (mine.owner, mine.is_public, get_version(mine.id, principal=BOB).formula) == ("bob", False, FIRST)
    assert [one.id for one in list_formulas(only_mine=True, principal=BOB)] == [mine.id]


def test_when_an_earlier_version_is_copied_then_the_copy_begins_with_it() -> None:
    saved = save_formula("Rose", FIRST, principal=ADA)
    save_version(saved.id, SECOND, expected=1, principal=ADA)

    copied = copy_formula(saved.id, "Again", number=1, principal=ADA)

    assert get_version(copied.id, principal=ADA).formula == FIRST


def test_when_a_customer_has_something_composed_then_it_is_saved_but_its_amounts_are_not_shown() -> None:
    saved = save_formula("My scent", FIRST, principal=CUSTOMER)

    assert save_version(saved.id, SECOND, expected=1, principal=CUSTOMER).version == 2
    refused(NotAllowed, "security.not_allowed", get_version, saved.id, principal=CUSTOMER)
    refused(NotAllowed, "security.not_allowed", list_formulas, principal=CUSTOMER)
    assert accords_for(CUSTOMER) == {}


def test_when_nobody_is_signed_in_then_nothing_is_saved() -> None:
    refused(NotAllowed, "security.not_allowed", save_formula, "Rose", FIRST, principal=GUEST)


def test_when_a_formula_is_removed_then_nobody_finds_it_until_it_is_restored() -> None:
    saved = save_formula("Rose", FIRST, principal=ADA)
    remove_formula(saved.id, principal=ADA)

    refused(NotFound, "fragrance.not_there", get_formula, saved.id, principal=ADA)
    refused(NotFound, "fragrance.not_there", restore_formula, saved.id, principal=BOB)
    assert [one.id for one in list_formulas(removed=True, principal=ADA)] == [saved.id]
    assert list_formulas(removed=True, principal=BOB) == ()
    assert restore_formula(saved.id, principal=ADA).version == 1
    assert get_version(saved.id, principal=ADA).formula == FIRST
    refused(NotFound, "fragrance.not_there", restore_formula, saved.id, principal=ADA)


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\u0007b"])
def test_when_a_name_cannot_be_then_it_is_refused(name: str) -> None:
    saved = save_formula("Rose", FIRST, principal=ADA)

    refused(BadInput, "fragrance_formulas.bad_name", rename_formula, saved.id, name, principal=ADA)
    assert rename_formula(saved.id, "장미", principal=ADA).name == "장미"


def test_when_a_reason_is_endless_then_nothing_is_stored() -> None:
    refused(BadInput, "fragrance_formulas.reason_too_long", save_formula, "Rose", FIRST, reason="x" * 2001,
            principal=ADA)  # fmt: skip

    assert list_formulas(principal=ADA) == ()


def test_when_anything_changes_then_the_generation_rises_and_a_refused_change_leaves_it() -> None:
    before = generation("formulas")
    saved = save_formula("Rose", FIRST, principal=ADA)
    rename_formula(saved.id, "Tea rose", principal=ADA)
    assert generation("formulas") == before + 2

    refused(Conflict, "fragrance.changed_meanwhile", save_version, saved.id, SECOND, expected=7, principal=ADA)
    assert generation("formulas") == before + 2


def test_when_accords_are_asked_for_then_their_newest_readable_versions_come() -> None:
    mine = save_formula("Rose", FIRST, is_accord=True, principal=ADA)
    save_version(mine.id, SECOND, expected=1, principal=ADA)
    save_formula("No accord", FIRST, principal=ADA)
    save_formula("Bob's", FIRST, is_accord=True, principal=BOB)
    public = save_formula("Shared", FIRST, is_accord=True, principal=BOB)
    publish_formula(public.id, principal=BOB)

    assert accords_for(ADA) == {mine.id: SECOND, public.id: FIRST}
    assert len(accords_for(ADMIN)) == 3


def test_when_an_accord_stands_in_a_formula_then_it_can_be_taken_apart() -> None:
    rose = save_formula("Rose", FIRST, is_accord=True, principal=ADA)
    scent = save_formula("Scent", holding(rose.id), principal=ADA)

    apart = flattened(get_version(scent.id, principal=ADA).formula, accords_for(ADA))

    assert apart == {"linalool": 20_000, "hedione": 30_000, "dpg": 50_000}


def test_when_an_accord_may_not_be_read_or_is_none_then_it_cannot_be_used() -> None:
    private = save_formula("Bob's", FIRST, is_accord=True, principal=BOB)
    plain = save_formula("No accord", FIRST, principal=ADA)

    for accord in (private.id, plain.id, "nothing"):
        refused(BadInput, "fragrance.unknown_accord", save_formula, "Scent", holding(accord), principal=ADA)


def test_when_a_version_would_make_a_circle_then_it_is_refused() -> None:
    first = save_formula("First", FIRST, is_accord=True, principal=ADA)
    second = save_formula("Second", holding(first.id), is_accord=True, principal=ADA)
    third = save_formula("Third", holding(second.id), is_accord=True, principal=ADA)

    for accord in (first.id, second.id, third.id):
        refused(BadInput, "fragrance.circular_accord", save_version, first.id, holding(accord), expected=1,
                principal=ADA)  # fmt: skip
    assert get_formula(first.id, principal=ADA).version == 1


def test_when_an_accord_is_in_use_then_it_is_neither_removed_nor_unmarked_and_the_place_is_named() -> None:
    rose = save_formula("Rose", FIRST, is_accord=True, principal=ADA)
    scent = save_formula("Scent", holding(rose.id), principal=ADA)

    error = refused(Conflict, "fragrance_formulas.accord_in_use", remove_formula, rose.id, principal=ADA)
    refused(Conflict, "fragrance_formulas.accord_in_use", mark_as_accord, rose.id, is_accord=False, principal=ADA)
    assert error.details["names"] == "Scent"

    save_version(scent.id, FIRST, expected=1, principal=ADA)
    remove_formula(rose.id, principal=ADA)
    assert accords_for(ADA) == {}


def test_when_a_private_formula_of_others_holds_an_accord_then_its_name_is_not_told() -> None:
    rose = save_formula("Rose", FIRST, is_accord=True, principal=ADA)
    publish_formula(rose.id, principal=ADA)
    save_formula("Secret", holding(rose.id), principal=BOB)

    error = refused(Conflict, "fragrance_formulas.accord_in_use_by_others", remove_formula, rose.id, principal=ADA)
    refused(Conflict, "fragrance_formulas.accord_in_use_by_others", publish_formula, rose.id, is_public=False,
            principal=ADA)  # fmt: skip
    assert "Secret" not in str(error)


def test_when_a_formula_holds_a_private_accord_then_it_is_not_published_before_the_accord() -> None:
    rose = save_formula("Rose", FIRST, is_accord=True, principal=ADA)
    scent = save_formula("Scent", holding(rose.id), principal=ADA)

    error = refused(BadInput, "fragrance_formulas.accords_not_public", publish_formula, scent.id, principal=ADA)
    assert error.details["names"] == "Rose"

    publish_formula(rose.id, principal=ADA)
    publish_formula(scent.id, principal=ADA)
    refused(Conflict, "fragrance_formulas.accord_in_use", publish_formula, rose.id, is_public=False, principal=ADA)


def test_when_only_ones_own_private_formulas_hold_an_accord_then_it_may_become_private_again() -> None:
    rose = save_formula("Rose", FIRST, is_accord=True, principal=ADA)
    publish_formula(rose.id, principal=ADA)
    save_formula("Scent", holding(rose.id), principal=ADA)

    assert not publish_formula(rose.id, is_public=False, principal=ADA).is_public


def test_when_an_accord_vanished_meanwhile_then_a_removed_formula_is_not_restored_without_it() -> None:
    rose = save_formula("Rose", FIRST, is_accord=True, principal=ADA)
    scent = save_formula("Scent", holding(rose.id), principal=ADA)
    remove_formula(scent.id, principal=ADA)
    remove_formula(rose.id, principal=ADA)

    refused(BadInput, "fragrance.unknown_accord", restore_formula, scent.id, principal=ADA)
    restore_formula(rose.id, principal=ADA)
    assert restore_formula(scent.id, principal=ADA).name == "Scent"


def test_when_two_save_the_same_version_at_once_then_only_one_is_stored() -> None:
    saved = save_formula("Rose", FIRST, principal=ADA)

    def attempt(_: int) -> bool:
        try:
            save_version(saved.id, SECOND, expected=1, principal=ADA)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(attempt, range(4)))

    assert sum(outcomes) == 1
    assert get_formula(saved.id, principal=ADA).version == 2
