"""What people do in each domain stands in the audit log, in order and under their name, and the log stays whole."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from core.datasets.records import accept_finding, delete_dataset
from core.errors import BadInput, NotAllowed, NotFound
from core.fragrance.catalogue.importing import carry_out
from core.fragrance.catalogue.undoing import remove, restore, revert
from core.fragrance.formulas.keeping import publish_formula, remove_formula, restore_formula, set_state
from core.fragrance.formulas.stored import save_formula
from core.fragrance.limits.stored import import_table, make_current
from core.images.domains import add_domain, remove_domain
from core.jobs import records
from core.knowledge.collections import remove_collection, restore_collection
from core.knowledge.documents import list_documents, remove_documents, restore_documents
from core.knowledge.final_deletion import forget_removed
from core.knowledge.sharing import share_with_everybody
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage import champions
from core.storage.audit import Entry, search_entries, verify
from core.storage.database import utc_now
from tests.datasets.test_records import ANN, SCHEMA, save
from tests.fragrance.formula_values import formula
from tests.fragrance.importing import MATERIAL, planned, written
from tests.fragrance.test_limits_importing import CITRAL, LINALOOL, csv_of
from tests.images.vectors import domain
from tests.jobs.conftest import write_notebook
from tests.knowledge.collections_home import ANA, filled
from tests.storage.test_champions import publish

MAKER = Principal("maker", Role.RESEARCHER, "Maker")
OPERATOR = Principal("root", Role.ADMIN)


def told(noun: str) -> list[Entry]:
    """The entries about one kind of thing, oldest first; the log is whole."""
    assert verify(principal=LOCAL_ANALYST).is_intact
    return list(reversed(search_entries(principal=LOCAL_ANALYST, action=noun)))


def verbs(noun: str) -> list[str]:
    return [entry.action.partition(".")[2] for entry in told(noun)]


def test_when_a_result_is_published_and_rolled_back_then_both_are_noted_with_the_reason(home: Path) -> None:
    first = publish("run-1")
    publish("run-2")
    champions.rollback("demo", first.id, why="the second was worse", principal=OPERATOR)

    assert verbs("champion") == ["promoted", "promoted", "rolled_back"]
    last = told("champion")[-1]
    assert (last.owner, last.target) == ("root", "demo/champion")
    assert last.details == {"version": 3, "run_id": "run-1", "why": "the second was worse"}


def test_when_a_dataset_comes_and_goes_then_each_step_is_noted_once(home: Path) -> None:
    dataset = save(schema=SCHEMA)
    save(schema=SCHEMA)  # the same content again stores nothing new
    accept_finding(dataset.id, "quality.not_integer", "Age", "one typing error", principal=ANN)
    delete_dataset(dataset.id, principal=ANN)

    assert verbs("dataset") == ["added", "finding_accepted", "removed"]
    assert {(entry.owner, entry.target) for entry in told("dataset")} == {("ann", dataset.id)}


def test_when_a_collection_lives_and_dies_then_it_and_its_documents_are_noted_without_their_names(home: Path) -> None:
    collection_id = filled(refunds=b"# Refunds\n\nWithin thirty days.\n")
    found = [one.id for one in list_documents(principal=ANA).documents]
    restore_documents(remove_documents(found, principal=ANA), principal=ANA)
    share_with_everybody(collection_id, principal=ANA)
    share_with_everybody(collection_id, is_shared=False, principal=ANA)
    remove_collection(collection_id, principal=ANA)
    restore_collection(collection_id, principal=ANA)
    remove_collection(collection_id, principal=ANA)
    forget_removed(utc_now() + timedelta(seconds=1), principal=OPERATOR)

    assert verbs("collection") == [
        "made", "filled", "shared", "unshared", "removed", "restored", "removed", "deleted"
    ]  # fmt: skip
    assert verbs("document") == ["removed", "restored", "deleted"]
    assert told("document")[-1].owner == "root"
    assert "refunds" not in str(told("document") + told("collection")).lower()


def test_when_a_job_is_asked_for_then_who_asked_is_noted_even_where_it_is_anothers(notebooks: Path) -> None:
    job = records.submit("demo_work", {}, principal=ANA, idempotency_key="k")
    records.submit("demo_work", {}, principal=ANA, idempotency_key="k")
    records.cancel(job.id, principal=ANA)
    again = records.retry(job.id, principal=OPERATOR)

    assert [(entry.owner, entry.action, entry.target) for entry in told("job")] == [
        ("ana", "job.submitted", job.id), ("ana", "job.cancelled", job.id), ("root", "job.retried", again.id)
    ]  # fmt: skip
    assert (again.owner, again.attempt, again.retry_of) == ("ana", 2, job.id)


def test_when_a_notebook_takes_more_than_submitting_then_who_lacks_it_queues_nothing(notebooks: Path) -> None:
    write_notebook(notebooks, "demo_tune", permission="fragrance.write")
    write_notebook(notebooks, "demo_own", permission="system.configure")

    for name in ("demo_tune", "demo_own"):
        with pytest.raises(NotAllowed):
            records.submit(name, {}, principal=ANA)
    assert records.submit("demo_tune", {}, principal=MAKER).state == "queued"
    with pytest.raises(NotAllowed):
        records.submit("demo_own", {}, principal=MAKER)
    assert [entry.owner for entry in told("job")] == ["maker"]


def test_when_a_notebook_declares_no_permission_then_only_operators_run_it(notebooks: Path) -> None:
    path = notebooks / "demo_work.ipynb"
    path.write_text(path.read_text("utf-8").replace('"permission": "jobs.submit"', ""), "utf-8")

    with pytest.raises(NotAllowed):
        records.submit("demo_work", {}, principal=MAKER)
    assert records.submit("demo_work", {}, principal=OPERATOR).state == "queued"


def test_when_tables_of_limits_take_turns_then_each_turn_is_noted_and_a_refused_one_is_not(home: Path) -> None:
    first = import_table(csv_of(LINALOOL), "a.csv", reason="first", principal=MAKER)
    import_table(csv_of(CITRAL), "b.csv", reason="second", principal=MAKER)
    make_current(first.id, reason="b was a draft", principal=MAKER)
    with pytest.raises(BadInput):
        make_current("sample", reason=" ", principal=MAKER)

    assert verbs("limits") == ["imported", "imported", "restored"]
    assert told("limits")[-1].details["reason"] == "b was a draft"


def test_when_materials_are_imported_and_taken_back_then_each_step_is_noted(home: Path) -> None:
    ((material_id, revision),) = carry_out(planned(written([MATERIAL])), "supplier list", MAKER).items()
    removed = remove(material_id, expected_revision=revision, reason="sold out", principal=MAKER)
    restored = restore(material_id, expected_revision=removed, principal=MAKER)
    with pytest.raises(NotFound):
        revert(material_id, to=99, expected_revision=restored, principal=MAKER)

    assert verbs("catalogue") == ["imported", "removed", "restored"]
    assert {entry.target for entry in told("catalogue")} == {material_id}


def test_when_a_formula_is_judged_and_removed_then_it_is_noted_without_its_lines(home: Path) -> None:
    saved = save_formula("Rose", formula(linalool=40, hedione=60), principal=MAKER)
    set_state(saved.id, "approved", expected=1, principal=MAKER)
    publish_formula(saved.id, principal=MAKER)
    publish_formula(saved.id, is_public=False, principal=MAKER)
    remove_formula(saved.id, principal=MAKER)
    restore_formula(saved.id, principal=OPERATOR)

    assert verbs("formula") == ["judged", "published", "withdrawn", "removed", "restored"]
    assert told("formula")[0].details == {"state": "approved", "version": 1}
    assert "linalool" not in str(told("formula"))


def test_when_an_image_domain_comes_and_goes_then_both_are_noted(home: Path) -> None:
    add_domain(domain(), principal=MAKER)
    remove_domain("zoo", principal=OPERATOR)

    assert [(entry.owner, entry.action, entry.target) for entry in told("image_domain")] == [
        ("maker", "image_domain.added", "zoo"), ("root", "image_domain.removed", "zoo")
    ]  # fmt: skip
