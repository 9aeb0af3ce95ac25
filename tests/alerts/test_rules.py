"""Rules are data; an operator switches them and sets limits, which the audit log knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.alerts.rules import Rule, rule, rules, shipped_rules, switch
from core.errors import BadInput, NotAllowed, NotFound
from core.knowledge.aptitude.monitoring import RULES as PREFERENCE_RULES
from core.operations.figures import FIGURES
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.audit import search_entries


def test_when_rules_are_read_then_the_documented_limits_are_theirs(home: Path) -> None:
    limits = {one.name: (one.comparison, one.limit) for one in rules()}

    assert limits["accuracy"] == ("below", 0.7)
    assert limits["response_time"] == ("above", 500)
    assert limits["error_rate"] == ("above", 0.05)
    assert limits["error_rate_raised"] == ("above", 0.01)


def test_when_a_rule_names_a_figure_then_somebody_computes_it() -> None:
    for one in shipped_rules():
        assert one.figure in FIGURES or one.figure.startswith("ctr/"), one.name
        assert (one.comparison == "own") == (one.limit is None)
    assert set(FIGURES) == {one.figure for one in shipped_rules()} - {
        one.figure for one in shipped_rules() if one.figure.startswith("ctr/")
    }


@pytest.mark.parametrize("documented", PREFERENCE_RULES, ids=lambda one: one.name)
@pytest.mark.parametrize("value", [0.0, 0.49, 0.5, 0.59, 0.6, 0.69, 0.7, 0.79, 0.8, 1.0, 14, 16, 30_000, 30_001])
def test_when_a_preference_rule_is_data_then_it_is_crossed_by_what_the_documented_one_is(documented, value) -> None:
    here = {one.name: one for one in shipped_rules()}[documented.name]

    assert here.is_crossed(value) == documented.is_crossed(value)
    assert here.severity == documented.severity
    assert here.every_s == 60 * documented.minutes


def test_when_a_rule_is_switched_off_then_it_says_by_whom_and_the_log_knows(home: Path) -> None:
    operator = Principal("op", Role.DEVELOPER, "Operator")

    off = switch("drift", is_on=False, principal=operator)

    assert (off.is_on, off.changed_by) == (False, "op")
    assert rule("drift") == off
    (entry,) = search_entries(action="alert_rule", principal=LOCAL_ANALYST)
    assert (entry.owner, entry.target, entry.details["is_on"]) == ("op", "drift", False)
    assert switch("drift", is_on=True, principal=operator) == next(
        one for one in shipped_rules() if one.name == "drift"
    )


def test_when_a_limit_is_set_then_it_counts_until_it_is_taken_back(home: Path) -> None:
    assert switch("accuracy", is_on=True, limit=0.6, principal=LOCAL_ANALYST).is_crossed(0.65) is False
    assert rule("accuracy").default_limit == 0.7
    assert switch("accuracy", is_on=True, principal=LOCAL_ANALYST).is_crossed(0.65) is True


@pytest.mark.parametrize(
    ("name", "limit", "problem"),
    [("no such", None, NotFound), ("drift", 1.0, BadInput), ("accuracy", float("nan"), BadInput)],
)
def test_when_a_switch_makes_no_sense_then_it_is_refused(
    home: Path, name: str, limit: float | None, problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        switch(name, is_on=True, limit=limit, principal=LOCAL_ANALYST)
    assert all(one.changed_by == "" for one in rules())


def test_when_an_analyst_switches_then_nothing_changes(home: Path) -> None:
    with pytest.raises(NotAllowed):
        switch("drift", is_on=False, principal=Principal("a", Role.RESEARCHER))
    assert rule("drift").is_on


def test_when_a_figure_is_shown_then_its_unit_stands_beside_it() -> None:
    known: dict[str, Rule] = {one.name: one for one in shipped_rules()}

    assert known["accuracy"].shown(0.7) == "70 %"
    assert known["response_time"].shown(500) == "500 ms"
    assert known["drift"].shown(None) == "–"
