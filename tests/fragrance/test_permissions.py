"""Who may do what in the studio, as one table over the calls of the core that store or read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import NotAllowed, WorkbenchError
from core.fragrance.catalogue import exporting, history, importing, stored, undoing
from core.fragrance.catalogue.import_plans import ImportPlan
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.composing import conversation, kept_conversations
from core.fragrance.formulas import keeping
from core.fragrance.formulas import stored as formulas
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.limits import stored as limits
from core.fragrance.samples import perfumes as samples
from core.fragrance.search import collections, finding, photos, similar, vectors
from core.fragrance.service import conversations, remarks, tickets
from core.fragrance.tuning import champion_table, evaluating, prompt_evaluation, story_pairs, trainings
from core.security.policy import Permission, Principal, Role, is_allowed
from tests.fragrance import search_home

Call = Callable[[Principal], object]
READ, COMPOSE = Permission.FRAGRANCE_READ, Permission.FRAGRANCE_COMPOSE
FORMULA, WRITE = Permission.FRAGRANCE_FORMULA, Permission.FRAGRANCE_WRITE
NOTHING = Formula((Line("linalool", 100_000),))
NO_PLAN = ImportPlan("materials", "none.csv", {}, (), (), (), (), (), ())
CALLS: dict[Permission, dict[str, Call]] = {
    READ: {
        "stored_materials": stored.stored_materials,
        "stored_material": lambda who: stored.stored_material("linalool", who),
        "perfumes": stored.perfumes,
        "perfume": lambda who: stored.perfume("none", who),
        "stored_perfume": lambda who: stored.stored_perfume("none", who),
        "stored_perfumes": stored.stored_perfumes,
        "history of an item": lambda who: history.history("none", who),
        "limit_table": lambda who: limits.limit_table("sample", who),
        "history of limits": limits.history,
        "imported_tables": limits.imported_tables,
        "find_perfumes": lambda who: finding.find_perfumes("", k=0, principal=who),
        "similar_items": lambda who: similar.similar_items("none", principal=who),
        "find_by_photo": lambda who: photos.find_by_photo(b"", principal=who),
        "search_collections": lambda who: collections.search_collections("", (), principal=who),
        "collection_stats": lambda who: collections.collection_stats("none", principal=who),
        "lacking": lambda who: vectors.lacking(principal=who),
        "answer": lambda who: conversations.answer("", session_id=None, language="en", principal=who),
        "turns": lambda who: conversations.turns("none", principal=who),
        "escalate": lambda who: tickets.escalate("none", principal=who),
        "ticket": lambda who: tickets.ticket("none", principal=who),
        "remark": lambda who: remarks.remark("perfume", "none", rating=9, comment="", principal=who),
        "best_rated": lambda who: remarks.best_rated("perfume", most=1, principal=who),
        "training": lambda who: trainings.status("none", principal=who),
        "stop": lambda who: trainings.stop("none", principal=who),
        "trainings": lambda who: trainings.trainings(principal=who),
        "checked_items": lambda who: trainings.checked_items([], principal=who),
        "published": lambda who: champion_table.published(principal=who),
    },
    COMPOSE: {
        "compose": lambda who: conversation.compose("", language="en", principal=who),
        "open_conversation": lambda who: kept_conversations.open_conversation("none", principal=who),
        "turns_of": lambda who: kept_conversations.turns_of("none", principal=who),
        "save_formula": lambda who: formulas.save_formula("", NOTHING, principal=who),
        "save_version": lambda who: formulas.save_version("none", NOTHING, expected=1, principal=who),
    },
    FORMULA: {
        "list_formulas": lambda who: formulas.list_formulas(principal=who),
        "get_formula": lambda who: formulas.get_formula("none", principal=who),
        "get_version": lambda who: formulas.get_version("none", principal=who),
        "list_versions": lambda who: formulas.list_versions("none", principal=who),
        "rename_formula": lambda who: keeping.rename_formula("none", "name", principal=who),
        "set_state": lambda who: keeping.set_state("none", "draft", expected=1, principal=who),
        "publish_formula": lambda who: keeping.publish_formula("none", principal=who),
        "mark_as_accord": lambda who: keeping.mark_as_accord("none", principal=who),
        "remove_formula": lambda who: keeping.remove_formula("none", principal=who),
        "restore_formula": lambda who: keeping.restore_formula("none", principal=who),
        "copy_formula": lambda who: keeping.copy_formula("none", "name", principal=who),
        "export_csv": lambda who: exporting.export_csv("materials", who),
        "evaluate_briefs": lambda who: evaluating.evaluate_briefs([], principal=who),
        "evaluate_prompts": lambda who: prompt_evaluation.evaluate_prompts([], principal=who),
    },
    WRITE: {
        "save_materials": lambda who: stored.save_materials([], expected={}, principal=who),
        "save_perfumes": lambda who: stored.save_perfumes([], principal=who),
        "remove": lambda who: undoing.remove("none", expected_revision=1, principal=who),
        "restore": lambda who: undoing.restore("none", expected_revision=1, principal=who),
        "revert": lambda who: undoing.revert("none", to=1, expected_revision=1, principal=who),
        "plan_import": lambda who: importing.plan_import(b"", "none.csv", "materials", who),
        "carry_out": lambda who: importing.carry_out(NO_PLAN, "", who),
        "import_table": lambda who: limits.import_table(b"", "none.csv", reason="", principal=who),
        "make_current": lambda who: limits.make_current("none", reason="", principal=who),
        "encode_missing": lambda who: vectors.encode_missing(principal=who),
        "start": lambda who: trainings.start([], principal=who),
        "keep": lambda who: story_pairs.keep((), principal=who),
        "kept": lambda who: story_pairs.kept("none", principal=who),
        "compose_samples": lambda who: samples.compose_samples(principal=who, count=0),
    },
}
# Each role with what it may; guests may nothing but what an open entry grants them.
MAY: dict[Role, set[Permission]] = {
    Role.GUEST: set(),
    Role.ANALYST: {READ, COMPOSE},
    Role.RESEARCHER: {READ, COMPOSE, FORMULA, WRITE},
    Role.DEVELOPER: {READ, COMPOSE, FORMULA, WRITE},
    Role.ADMIN: {READ, COMPOSE, FORMULA, WRITE},
}


def is_let_in(call: Call, who: Principal) -> bool:
    """Whether the call gets past its door; what it says of empty values then is for other tests."""
    try:
        call(who)
    except NotAllowed:
        return False
    except WorkbenchError:
        return True
    return True


@pytest.mark.parametrize("role", Role)
def test_when_a_role_calls_then_exactly_what_the_table_grants_is_done(
    home: Path, small_shipped: Catalogue, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    search_home.use(monkeypatch, None)
    who = Principal("somebody", role)

    let_in = {name: is_let_in(call, who) for calls in CALLS.values() for name, call in calls.items()}

    assert let_in == {name: permission in MAY[role] for permission, calls in CALLS.items() for name in calls}
    assert {one for one in CALLS if is_allowed(who, one)} == MAY[role]


def test_when_a_guest_is_granted_reading_then_searching_is_open_and_nothing_else(
    home: Path, small_shipped: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_home.use(monkeypatch, None)
    guest = Principal("guest", Role.GUEST, granted=frozenset({str(READ)}))

    assert all(is_let_in(call, guest) for call in CALLS[READ].values())
    assert not any(is_let_in(call, guest) for one in (COMPOSE, FORMULA, WRITE) for call in CALLS[one].values())
