"""Collections are seen by their owners and by whom they are shared with, and by nobody else through any function."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, NotAllowed, NotFound, WorkbenchError
from core.knowledge import collections, documents, final_deletion, rights, sharing
from core.knowledge.collections import (
    create_collection,
    get_collection,
    list_collections,
    remove_collection,
    rename_collection,
    restore_collection,
)
from core.knowledge.ingestion import carrying_out, plans, requests, versions
from core.knowledge.ingestion.sources import files
from core.knowledge.passages import encoding_again, stored, vectors
from core.knowledge.sharing import list_members, share, share_with_everybody, share_with_organisation, unshare
from core.security.policy import GUEST, Principal, Role
from core.storage.database import writing
from tests.knowledge.collections_home import ADMIN, ANA, BEN, CHO, HashEncoder, account, filled, ingest


def test_when_made_then_only_its_owner_and_admins_see_it(database: Path) -> None:
    made = create_collection("  규정   모음 ", description="사내", principal=ANA)

    assert (made.name, made.owner, made.documents, made.is_editable) == ("규정 모음", "ana", 0, True)
    assert [len(list_collections(principal=one)) for one in (ANA, BEN, ADMIN)] == [1, 0, 1]
    with pytest.raises(NotFound):
        get_collection(made.id, principal=BEN)


def test_when_a_guest_asks_then_nothing_is_allowed(database: Path) -> None:
    with pytest.raises(NotAllowed):
        list_collections(principal=GUEST)
    with pytest.raises(NotAllowed):
        create_collection("x", principal=GUEST)


@pytest.mark.parametrize("name", ["", "  ", "a\u202eb", "x" * 201])
def test_when_a_name_cannot_be_told_apart_then_it_is_refused(database: Path, name: str) -> None:
    with pytest.raises(BadInput, match="name of 1 to 200"):
        create_collection(name, principal=ANA)


def test_when_renamed_then_the_description_stays_unless_another_is_given(database: Path) -> None:
    made = create_collection("old", description="about", principal=ANA)

    assert rename_collection(made.id, "new", principal=ANA).description == "about"
    assert rename_collection(made.id, "new", description="", principal=ANA).description == ""


def test_when_shared_for_reading_then_documents_are_seen_and_not_changed(database: Path) -> None:
    account(BEN)
    collection_id = filled(policy=b"# A\n\nwords of a rule\n")

    share(collection_id, "BEN", "reader", principal=ANA)

    assert get_collection(collection_id, principal=BEN).is_editable is False
    assert documents.list_documents(principal=BEN).total == 1
    with pytest.raises(NotAllowed, match="for reading"):
        plans.plan(collection_id, files({"b.txt": b"text"}), principal=BEN)


def test_when_the_role_is_changed_to_editor_then_documents_may_be_brought_but_not_shared_further(
    database: Path,
) -> None:
    account(BEN)
    collection_id = filled(policy=b"# A\n\nwords of a rule\n")
    share(collection_id, "ben", "reader", principal=ANA)

    share(collection_id, "ben", "editor", principal=ANA)

    assert ingest(collection_id, {"b.txt": b"some more text"}, principal=BEN).state == "completed"
    assert [one.role for one in list_members(collection_id, principal=BEN)] == ["editor"]
    for change in (
        lambda: share(collection_id, "ben", "editor", principal=BEN),
        lambda: rename_collection(collection_id, "mine", principal=BEN),
        lambda: remove_collection(collection_id, principal=BEN),
    ):
        with pytest.raises(NotAllowed, match="Only the owner"):
            change()


def test_when_a_share_is_taken_back_then_it_is_gone_at_once(database: Path) -> None:
    account(BEN)
    collection_id = filled(policy=b"# A\n\nwords of a rule\n")
    share(collection_id, "ben", "reader", principal=ANA)

    unshare(collection_id, "ben", principal=ANA)

    assert rights.visible_collections(BEN) == frozenset()
    with pytest.raises(NotFound):
        unshare(collection_id, "ben", principal=ANA)


def test_when_shared_with_an_organisation_then_its_people_read_and_others_do_not(database: Path) -> None:
    account(ANA, organisation="school")
    account(BEN, organisation="school")
    account(CHO, organisation="other")
    collection_id = filled(policy=b"# A\n\nwords of a rule\n")

    share_with_organisation(collection_id, principal=ANA)
    seen = [len(rights.visible_collections(one)) for one in (ANA, BEN, CHO)]
    share_with_organisation(collection_id, is_shared=False, principal=ANA)

    assert seen == [1, 1, 0]
    assert rights.visible_collections(BEN) == frozenset()


def test_when_shared_with_everybody_then_all_who_are_signed_in_read_and_none_of_them_changes_anything(
    database: Path,
) -> None:
    collection_id = filled(policy=b"# A\n\nwords of a rule\n")

    share_with_everybody(collection_id, principal=ANA)
    seen = [len(rights.visible_collections(one)) for one in (ANA, BEN, CHO)]
    with pytest.raises(NotAllowed):
        rename_collection(collection_id, "mine", principal=BEN)
    share_with_everybody(collection_id, is_shared=False, principal=ANA)

    assert seen == [1, 1, 1]
    assert rights.visible_collections(BEN) == frozenset()


def test_when_nobody_or_no_organisation_is_named_then_sharing_says_so(database: Path) -> None:
    account(ANA)
    made = create_collection("x", principal=ANA)

    with pytest.raises(NotFound, match="nobody"):
        share(made.id, "nobody", "reader", principal=ANA)
    with pytest.raises(BadInput, match="no organisation"):
        share_with_organisation(made.id, principal=ANA)


def test_when_removed_then_nothing_in_it_is_found_until_it_is_restored(database: Path) -> None:
    collection_id = filled(policy=b"# A\n\nwords of a rule\n")
    before = list(stored.passages_to_index("hash-1"))

    remove_collection(collection_id, principal=ANA)
    gone = documents.list_documents(principal=ANA).total, list(stored.passages_to_index("hash-1"))
    with pytest.raises(NotFound):
        restore_collection(collection_id, principal=BEN)
    restore_collection(collection_id, principal=ANA)

    assert gone == (0, [])
    assert list(stored.passages_to_index("hash-1")) == before != []


# Every public function that takes a principal, and how it is asked for everything that a word could stand in.
World = dict[str, Any]
READERS: dict[Callable[..., Any], Callable[[World, Principal], list[tuple[Any, ...]]]] = {
    collections.list_collections: lambda world, who: [()],
    collections.get_collection: lambda world, who: [(one,) for one in world["collections"]],
    sharing.list_members: lambda world, who: [(one,) for one in world["collections"]],
    documents.list_documents: lambda world, who: [()],
    documents.get_document: lambda world, who: [(one,) for one in world["documents"]],
    documents.list_versions: lambda world, who: [(one,) for one in world["documents"]],
    documents.document_text: lambda world, who: [(one,) for one in world["documents"]],
    documents.original_of: lambda world, who: [(one,) for one in world["documents"]],
    stored.read_passages: lambda world, who: [(world["passages"],)],
    stored.get_passage: lambda world, who: [(one,) for one in world["passages"]],
    stored.passages_of: lambda world, who: [(one,) for one in world["documents"]],
    plans.get_ingestion: lambda world, who: [(one,) for one in world["ingestions"]],
    plans.list_ingestions: lambda world, who: [()],
    plans.list_items: lambda world, who: [(one,) for one in world["ingestions"]],
}
WRITERS: dict[Callable[..., Any], Callable[[World], tuple[tuple[Any, ...], dict[str, Any]]]] = {
    collections.rename_collection: lambda world: ((world["collections"][0], "x"), {}),
    collections.remove_collection: lambda world: ((world["collections"][0],), {}),
    collections.restore_collection: lambda world: ((world["collections"][0],), {}),
    sharing.share: lambda world: ((world["collections"][0], "ben", "reader"), {}),
    sharing.unshare: lambda world: ((world["collections"][0], "cho"), {}),
    sharing.share_with_organisation: lambda world: ((world["collections"][0],), {}),
    sharing.share_with_everybody: lambda world: ((world["collections"][0],), {}),
    documents.remove_documents: lambda world: (([world["documents"][0]],), {}),
    documents.restore_documents: lambda world: ((documents.RemovedDocuments((world["documents"][0],)),), {}),
    plans.plan: lambda world: ((world["collections"][0], files({"a.txt": b"a"})), {}),
    plans.discard_plan: lambda world: ((world["ingestions"][0],), {}),
    carrying_out.run_ingestion: lambda world: ((world["ingestions"][0],), {"load_encoder": HashEncoder}),
    requests.cancel_ingestion: lambda world: ((world["ingestions"][0],), {}),
    requests.retry_ingestion: lambda world: ((world["ingestions"][0],), {}),
    encoding_again.encode_again: lambda world: ((world["collections"][0],), {"encoder": HashEncoder()}),
}
# Within an ingestion, after its right was looked at; they hand nothing that was stored to anybody.
INNER = {
    versions.publish, versions.remove, vectors.complete_vectors, vectors.count_kept, rights.require_editor,
    collections.require_owner,
}  # fmt: skip
OTHERS = {
    collections.create_collection,
    final_deletion.forget_removed,
    rights.visible_to,
    rights.editable_by,
    rights.visible_collections,
}
MODULES = (
    collections, documents, encoding_again, final_deletion, carrying_out, requests, plans, rights, sharing,
    stored, vectors, versions,
)  # fmt: skip


def made_world(tmp: Path) -> tuple[World, dict[str, str]]:
    """One collection of each person, in which a word of its own stands everywhere a word can stand."""
    word_of: dict[str, str] = {}
    for who in (ANA, BEN, CHO):
        word = f"secret{who.id}"
        made = create_collection(f"{word} name", description=f"{word} told", principal=who)
        word_of[made.id] = word
        for text in (f"# {word}\n\nThe {word} stands here.\n", f"# {word}\n\nThe {word} stands here again.\n"):
            ingest(made.id, {f"{word}.md": text.encode(), f"{word}.png": b"\x89PNG" + word.encode()}, principal=who)
    world: World = {"collections": list(word_of)}
    world["documents"] = [one.id for one in documents.list_documents(principal=ADMIN).documents]
    world["passages"] = [
        one.id
        for document in world["documents"]
        for version in (1, 2)
        for one in stored.passages_of(document, version=version, principal=ADMIN)
    ]
    world["ingestions"] = [one.id for one in plans.list_ingestions(principal=ADMIN)]
    return world, word_of


def told(function: Callable[..., Any], arguments: tuple[Any, ...], **named: Any) -> str:
    try:
        return repr(function(*arguments, **named))
    except WorkbenchError as error:
        return error.text("en") + error.text("ko") + repr(error.details)


@pytest.mark.parametrize("seed", range(2))
def test_when_rights_change_at_random_then_no_reader_ever_tells_a_trace_of_what_is_not_shared(
    database: Path, seed: int
) -> None:
    for who, organisation in ((ANA, "school"), (BEN, "school"), (CHO, "other")):
        account(who, organisation=organisation)
    world, word_of = made_world(database)
    owner_of = dict(zip(word_of, (ANA, BEN, CHO), strict=True))
    chance = random.Random(seed)
    shared: dict[str, set[str]] = {one: set() for one in word_of}
    for _ in range(4):
        one = chance.choice(list(word_of))
        whom = chance.choice([who for who in (ANA, BEN, CHO) if who != owner_of[one]])
        if whom.id in shared[one]:
            unshare(one, whom.id, principal=owner_of[one])
            shared[one].discard(whom.id)
        else:
            share(one, whom.id, chance.choice(["reader", "editor"]), principal=owner_of[one])
            shared[one].add(whom.id)
    with_school = chance.random() < 0.5
    if with_school:
        share_with_organisation(next(iter(word_of)), principal=ANA)
        shared[next(iter(word_of))].add("ben")

    for who in (ANA, BEN, CHO):
        for reader, arguments_of in READERS.items():
            answers = "".join(told(reader, arguments, principal=who) for arguments in arguments_of(world, who))
            for one, word in word_of.items():
                is_readable = owner_of[one] == who or who.id in shared[one]
                assert (word in answers) <= is_readable, (reader.__name__, who.id, word)
                if is_readable and reader is not sharing.list_members:
                    assert word in answers, (reader.__name__, who.id, word)


def test_when_somebody_changes_what_is_not_theirs_then_it_is_not_found_and_nothing_is_told(database: Path) -> None:
    account(BEN)
    world, word_of = made_world(database)
    owned = {
        **world,
        "collections": [one for one, word in word_of.items() if word == "secretana"],
        "documents": [one.id for one in documents.list_documents(owner="ana", principal=ADMIN).documents],
        "ingestions": [one.id for one in plans.list_ingestions(owner="ana", principal=ADMIN)],
    }
    before = repr(documents.list_documents(principal=ANA))

    for writer, arguments_of in WRITERS.items():
        arguments, named = arguments_of(owned)
        with pytest.raises(NotFound) as caught:
            writer(*arguments, **named, principal=BEN)
        assert "secretana" not in caught.value.text() + repr(caught.value.details), writer.__name__
    assert repr(documents.list_documents(principal=ANA)) == before


def test_when_a_function_takes_a_principal_then_this_file_asks_it() -> None:
    known = {*READERS, *WRITERS, *INNER, *OTHERS}

    public = {
        function
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    assert {one for one in public if "principal" in inspect.signature(one).parameters} == known


def test_when_a_role_may_neither_read_nor_write_then_its_own_collections_are_no_exception(database: Path) -> None:
    made = create_collection("x", principal=ANA)
    demoted = Principal(ANA.id, Role.GUEST)

    with pytest.raises(NotAllowed):
        rights.visible_collections(demoted)
    with writing() as connection, pytest.raises(NotAllowed):
        rights.require_editor(connection, made.id, principal=demoted)


def test_when_removed_then_it_is_out_of_an_admins_reach_as_well(database: Path) -> None:
    kept = create_collection("kept", principal=ANA).id
    removed = filled(policy=b"# A\n\nwords of a rule\n")

    remove_collection(removed, principal=ANA)

    assert rights.visible_collections(ADMIN) == {kept}
    assert documents.list_documents(principal=ADMIN).total == 0
    with writing() as connection, pytest.raises(NotFound):
        rights.require_editor(connection, removed, principal=ADMIN)
