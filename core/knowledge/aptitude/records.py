"""Aptitude records by number, and the documents made of them in a collection of one's own.

The records are the generated samples. Whoever is linked to one (`ins_seq` of the account) has its seven documents
made, again when the record changed, and taken away where the record no longer has the fields for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import ColumnElement, insert, select

from core.errors import Conflict, NotAllowed, NotFound
from core.knowledge.aptitude.documents import aptitude_mapping
from core.knowledge.aptitude.samples import SAMPLE_COUNT, sample_records
from core.knowledge.collections import Collection, get_collection, restore_collection
from core.knowledge.documents import list_documents, remove_documents
from core.knowledge.ingestion.plans import Ingestion, discard_plan, list_ingestions, plan
from core.knowledge.ingestion.sources import Source
from core.knowledge.ingestion.typed_documents import records
from core.security.policy import LOCAL_ANALYST, Permission, Principal, is_allowed, require
from core.storage import knowledge_tables, tables
from core.storage.database import reading, utc_now, writing

SAMPLE_ANALYST_RECORD = 17  # of the sample analyst, and of the local open mode
RESULTS = {"ko": "적성 검사 결과", "en": "Aptitude results"}
SOURCE = "results"  # one for everybody: a person linked to another record has the documents of the former one replaced
ABOUT_TO_BE_QUEUED_S = 10.0  # a plan that waits longer for its job was forgotten
MOST_RESULTS = 1000  # a person has seven
COLLECTIONS, DOCUMENTS, ACCOUNTS = knowledge_tables.collections, knowledge_tables.documents, tables.accounts


def record(anp_seq: int) -> Mapping[str, Any]:
    """One person's results. Raises NotFound for a number without a record."""
    if not 1 <= anp_seq <= SAMPLE_COUNT:
        raise NotFound("aptitude.no_such_record", number=anp_seq, count=SAMPLE_COUNT)
    return _records()[anp_seq - 1]


def record_numbers() -> range:
    """The numbers of all records."""
    return range(1, SAMPLE_COUNT + 1)


def record_key(anp_seq: int) -> str:
    """How documents made of a record name it in their metadata. Raises NotFound."""
    return str(record(anp_seq)[aptitude_mapping().key])


def aptitude_source(anp_seq: int, language: str = "ko") -> Source:
    """The typed documents of one record, as many as it has the fields for. language: of the name that is shown.

    Raises NotFound.
    """
    listed = records([record(anp_seq)], aptitude_mapping(), name=SOURCE)
    return replace(listed, name=f"{RESULTS[language]} {anp_seq}")


def source_prefix() -> str:
    """How the key of every document made of a record begins."""
    return f"{aptitude_mapping().name}/{SOURCE}/"


def results_collection_id(owner: str) -> str:
    """The same for the same person, so that two requests at once make one collection."""
    return str(uuid5(NAMESPACE_OID, f"aptitude results of {owner}"))


def ensure_results_collection(principal: Principal, *, language: str = "ko") -> Collection:
    """One's own collection of aptitude results: made once, put back where it was removed."""
    require(principal, Permission.KNOWLEDGE_WRITE)
    wanted, now = results_collection_id(principal.id), utc_now()
    with writing() as connection:
        held = connection.execute(select(COLLECTIONS.c.removed_at).where(COLLECTIONS.c.id == wanted)).first()
        if held is None:
            row = {"name": RESULTS[language], "description": "", "is_open": False, "created_at": now, "updated_at": now}
            connection.execute(insert(COLLECTIONS).values(id=wanted, owner=principal.id, **row))
    if held is not None and held.removed_at is not None:
        return restore_collection(wanted, principal=principal)
    return get_collection(wanted, principal=principal)


def record_number_of(principal: Principal) -> int:
    """The record that an account is linked to, else the one its documents were made of.

    Raises NotFound for somebody without either.
    """
    linked = _linked(principal.id)
    if linked is None and principal.id == LOCAL_ANALYST.id:
        linked = SAMPLE_ANALYST_RECORD
    number = linked if linked is not None else _of_documents(principal.id)
    if number is None:
        raise NotFound("aptitude.no_record_of_account")
    return number


def people_of_record(anp_seq: int) -> tuple[str, ...]:
    """The ids of the accounts that are linked to a record or hold documents made of it."""
    holding = (
        select(COLLECTIONS.c.owner)
        .join(DOCUMENTS, DOCUMENTS.c.collection_id == COLLECTIONS.c.id)
        .where(is_of_record(anp_seq), DOCUMENTS.c.removed_at.is_(None), COLLECTIONS.c.removed_at.is_(None))
        .distinct()
    )
    with reading() as connection:
        accounts = connection.execute(select(ACCOUNTS.c.id, ACCOUNTS.c.client_fields)).all()
        holders = connection.execute(holding).scalars().all()
    linked = [one.id for one in accounts if _number(one.client_fields) == anp_seq]
    return tuple(dict.fromkeys([*linked, *holders]))


def is_of_record(anp_seq: int) -> ColumnElement[bool]:
    """Whether a row of the documents was made of that record for the person it belongs to. Raises NotFound."""
    return DOCUMENTS.c.source_key.startswith(f"{source_prefix()}{record_key(anp_seq)}/", autoescape=True)


def begin_processing(
    user: Principal, anp_seq: int, *, force: bool = False, language: str = "ko", asked_by: Principal | None = None
) -> Ingestion:
    """Plan the documents of a record into the person's own collection; asked again meanwhile, the plan that goes on.

    force: documents that did not change are made anew. asked_by: an admin who asks for somebody else.
    Raises NotFound; NotAllowed for a record that is another person's; Conflict when nothing would change.
    """
    record(anp_seq)
    if not is_allowed(asked_by or user, Permission.ACCOUNTS_MANAGE):
        _require_own(user, anp_seq)
    collection = ensure_results_collection(user, language=language)
    going_on = _going_on(collection.id, user)
    if going_on is not None:
        return going_on
    made = plan(collection.id, aptitude_source(anp_seq, language), force=force, principal=user)
    if not made.changes_something:
        discard_plan(made.id, principal=user)
        raise Conflict("aptitude.nothing_new", number=anp_seq)
    first = _going_on(collection.id, user)
    if first is not None and first.id != made.id:  # the same was asked twice at once
        discard_plan(made.id, principal=user)
        return first
    return made


def _going_on(collection_id: str, user: Principal) -> Ingestion | None:
    """The first of the person's runs that waits or goes on, or was planned a moment ago and is about to be queued."""
    known = list_ingestions(collection_id=collection_id, owner=user.id, principal=user, limit=5)
    fresh = utc_now() - timedelta(seconds=ABOUT_TO_BE_QUEUED_S)
    open_ = [
        one
        for one in known
        if one.state in ("planned", "running")
        and (one.job_state in ("queued", "running") or (one.job_id is None and one.created_at > fresh))
    ]
    return min(open_, key=lambda one: (one.created_at, one.id), default=None)


def remove_results(*, principal: Principal, doc_types: Sequence[str] = ()) -> tuple[str, ...]:
    """Take one's own results, or those of some types, out of what answers; the ids of what was removed.

    Processing the record again brings them back.
    """
    mine = results_collection_id(principal.id)
    with reading() as connection:
        is_there = connection.execute(select(COLLECTIONS.c.removed_at).where(COLLECTIONS.c.id == mine)).first()
    if is_there is None or is_there.removed_at is not None:
        return ()
    found = list_documents(collection_id=mine, doc_types=doc_types, principal=principal, limit=MOST_RESULTS)
    if not found.documents:
        return ()
    return remove_documents([one.id for one in found.documents], principal=principal).ids


def _require_own(user: Principal, anp_seq: int) -> None:
    """A record that somebody else is linked to is not for this person to read."""
    linked = _linked(user.id)
    if linked == anp_seq:
        return
    if linked is not None or (set(people_of_record(anp_seq)) - {user.id, LOCAL_ANALYST.id}):
        raise NotAllowed("aptitude.not_your_record", number=anp_seq)


def _linked(account_id: str) -> int | None:
    with reading() as connection:
        found = connection.execute(select(ACCOUNTS.c.client_fields).where(ACCOUNTS.c.id == account_id)).first()
    return _number(found.client_fields) if found is not None else None


def _number(client_fields: Mapping[str, Any]) -> int | None:
    """The former system wrote the number as a number or as text."""
    given = str(client_fields.get("ins_seq") or "")
    return int(given) if given.isascii() and given.isdigit() else None


def _of_documents(owner: str) -> int | None:
    mine = DOCUMENTS.c.collection_id == results_collection_id(owner)
    newest = select(DOCUMENTS.c.source_key).where(mine).order_by(DOCUMENTS.c.updated_at.desc()).limit(1)
    with reading() as connection:
        key = connection.execute(newest).scalar()
    if key is None or not key.startswith(source_prefix()):
        return None
    return next((one for one in record_numbers() if key.startswith(f"{source_prefix()}{record_key(one)}/")), None)


@cache
def _records() -> tuple[dict[str, Any], ...]:
    return sample_records()
