"""Which table of limits counts, and how that came about."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.fragrance.limits import stored
from core.fragrance.limits.stored import current_limits, history, import_table, imported_tables, make_current
from core.security.policy import GUEST, Principal, Role
from tests.fragrance.test_limits_importing import CITRAL, LINALOOL, csv_of

MAKER = Principal("maker", Role.RESEARCHER)
READER = Principal("reader", Role.ANALYST)

pytestmark = pytest.mark.usefixtures("home")


def test_when_nothing_was_imported_then_the_sample_table_counts_and_says_so() -> None:
    assert (current_limits().id, current_limits().is_sample) == ("sample", True)
    assert history(READER) == ()


def test_when_a_table_is_imported_then_it_counts_at_once_for_everybody() -> None:
    assert current_limits().is_sample

    table = import_table(csv_of(LINALOOL, CITRAL), "a.csv", reason="applies from May", name="Ours", principal=MAKER)

    assert current_limits() == table
    assert current_limits() is current_limits()
    (entry,) = history(READER)
    assert (entry.table_id, entry.name, entry.rules, entry.is_current) == (table.id, "Ours", 2, True)
    assert (entry.owner, entry.reason, entry.amendment) == ("maker", "applies from May", "51")


def test_when_an_earlier_table_is_made_current_then_the_return_is_told_with_its_reason() -> None:
    first = import_table(csv_of(LINALOOL), "a.csv", reason="first", principal=MAKER)
    second = import_table(csv_of(CITRAL), "b.csv", reason="second", principal=MAKER)

    make_current(first.id, reason="b was a draft", principal=MAKER)

    assert current_limits() == first
    assert [(one.table_id, one.reason, one.is_current) for one in history(READER)] == [
        (first.id, "b was a draft", True),
        (second.id, "second", False),
        (first.id, "first", False),
    ]
    assert [one.table_id for one in imported_tables(READER)] == [first.id, second.id]


def test_when_the_sample_table_is_made_current_again_then_it_counts_and_is_none_of_the_imported() -> None:
    import_table(csv_of(LINALOOL), "a.csv", reason="first", principal=MAKER)

    make_current("sample", reason="a was wrong", principal=MAKER)

    assert current_limits().id == "sample"
    assert [one.source for one in imported_tables(READER)] == ["a.csv"]


def test_when_a_table_counts_already_then_nothing_is_added() -> None:
    import_table(csv_of(LINALOOL), "a.csv", reason="first", principal=MAKER)

    with pytest.raises(Conflict, match="counts already"):
        import_table(csv_of(LINALOOL), "a.csv", reason="again", principal=MAKER)
    assert len(history(READER)) == 1


def test_when_a_file_is_refused_then_the_table_before_still_counts() -> None:
    before = import_table(csv_of(LINALOOL), "a.csv", reason="first", principal=MAKER)

    with pytest.raises(BadInput):
        import_table(csv_of({**LINALOOL, "4": "lots"}), "b.csv", reason="second", principal=MAKER)
    assert current_limits() == before


def test_when_no_reason_is_given_then_nothing_is_imported() -> None:
    with pytest.raises(BadInput, match="Say why"):
        import_table(csv_of(LINALOOL), "a.csv", reason=" ", principal=MAKER)
    assert current_limits().is_sample


def test_when_there_is_no_such_table_then_it_is_said() -> None:
    with pytest.raises(NotFound):
        make_current("gone", reason="why not", principal=MAKER)


def test_when_somebody_may_not_write_then_no_table_changes(home: Path) -> None:
    with pytest.raises(NotAllowed):
        import_table(csv_of(LINALOOL), "a.csv", reason="mine", principal=READER)
    with pytest.raises(NotAllowed):
        make_current("sample", reason="mine", principal=READER)
    with pytest.raises(NotAllowed):
        history(GUEST)
    assert stored.current_limits().is_sample
