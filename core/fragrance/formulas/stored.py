"""Formulas of their owners, version by version: saved, listed and read; what else befalls one is in `keeping`.

A public formula is read by all who may read formulas, an administrator reads every one. Saving asks for the right to
compose only: what a customer had composed is theirs, though its amounts are not shown to them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, or_, select, update

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.fragrance.formulas.formula import Accords, Formula
from core.fragrance.formulas.nesting import FORMULAS, HEADS, require_sound
from core.fragrance.formulas.versions import VERSIONS, Version, formula_from, insert_version, version_in, version_of
from core.fragrance.generations import raise_generation
from core.fragrance.products import Product
from core.security.policy import Permission, Principal, is_allowed, may_see, require
from core.storage.database import reading, utc_now, writing
from core.storage.ownership import visible

State = Literal["draft", "reviewed", "approved", "archived"]
STATES: tuple[State, ...] = get_args(State)
GENERATION = "formulas"
LONGEST_NAME = 200  # letters


@dataclass(frozen=True)
class StoredFormula:
    """What is told of a formula without its amounts. version: of the newest. is_editable: by whoever asked."""

    id: str
    owner: str
    name: str
    is_accord: bool
    is_public: bool
    state: State
    is_sample: bool
    version: int
    created_at: datetime
    updated_at: datetime
    is_editable: bool


def save_formula(
    name: str, formula: Formula, *, product: Product | None = None, is_accord: bool = False, is_sample: bool = False,
    brief: Mapping[str, Any] | None = None, story: Mapping[str, Any] | None = None, reason: str = "",
    principal: Principal,
) -> StoredFormula:  # fmt: skip
    """A new draft with its first version, for its owner alone. Raises BadInput for its name or its accords."""
    with writing() as connection:
        return save_formula_in(
            connection, name, formula, product=product, is_accord=is_accord, is_sample=is_sample, brief=brief,
            story=story, reason=reason, principal=principal,
        )  # fmt: skip


def save_formula_in(
    connection: Connection, name: str, formula: Formula, *, product: Product | None = None, is_accord: bool = False,
    is_public: bool = False, is_sample: bool = False, brief: Mapping[str, Any] | None = None,
    story: Mapping[str, Any] | None = None, reason: str = "", principal: Principal,
) -> StoredFormula:  # fmt: skip
    """The same within the caller's transaction. is_public: as `publish_formula`, which takes FRAGRANCE_FORMULA."""
    require(principal, Permission.FRAGRANCE_FORMULA if is_public else Permission.FRAGRANCE_COMPOSE)
    now, formula_id = utc_now(), str(uuid4())
    row = {
        "id": formula_id, "owner": principal.id, "name": kept_name(name), "is_accord": is_accord,
        "is_public": is_public, "state": "draft", "is_sample": is_sample, "version": 1, "created_at": now,
        "updated_at": now,
    }  # fmt: skip
    raise_generation(connection, GENERATION)
    require_sound(connection, formula, formula_id=None, owner=principal.id, is_public=is_public)
    connection.execute(insert(FORMULAS).values(**row))
    insert_version(connection, formula_id, 1, formula, product or Product(), brief, story, reason, principal)
    return found_formula(connection, formula_id, principal)


def save_version(
    formula_id: str, formula: Formula, *, expected: int, product: Product | None = None,
    brief: Mapping[str, Any] | None = None, story: Mapping[str, Any] | None = None, reason: str = "",
    principal: Principal,
) -> StoredFormula:  # fmt: skip
    """The next version; what was reviewed or approved is a draft again, as nobody has judged the new one.

    expected: the version the change was made on. product: that of the version before unless given. Raises Conflict
    where there is a newer one or the formula is archived, BadInput for its accords, NotFound, NotAllowed.
    """
    require(principal, Permission.FRAGRANCE_COMPOSE)
    with writing() as connection:
        raise_generation(connection, GENERATION)
        now = own_formula(connection, formula_id, principal)
        if now.version != expected:
            raise Conflict("fragrance.changed_meanwhile", name=now.name)
        if now.state == "archived":
            raise Conflict("fragrance_formulas.archived", name=now.name)
        require_sound(connection, formula, formula_id=formula_id, owner=now.owner, is_public=now.is_public)
        kept = product or version_in(connection, formula_id, expected).product
        insert_version(connection, formula_id, expected + 1, formula, kept, brief, story, reason, principal)
        values = {"version": expected + 1, "state": "draft", "updated_at": utc_now()}
        connection.execute(update(FORMULAS).where(FORMULAS.c.id == formula_id).values(**values))
        return found_formula(connection, formula_id, principal)


def list_formulas(
    *, principal: Principal, only_mine: bool = False, only_accords: bool = False, removed: bool = False
) -> tuple[StoredFormula, ...]:  # fmt: skip
    """Those that may be read, the last changed first. removed: instead those removed that may be brought back."""
    require(principal, Permission.FRAGRANCE_FORMULA)
    conditions = [FORMULAS.c.owner == principal.id] if only_mine else []
    if removed:
        conditions.append(visible(FORMULAS, principal))
    if only_accords:
        conditions.append(FORMULAS.c.is_accord)
    wanted = FORMULAS.c.removed_at.is_not(None) if removed else FORMULAS.c.removed_at.is_(None)
    query = select(FORMULAS).where(_readable(principal), wanted, *conditions)
    with reading() as connection:
        rows = connection.execute(query.order_by(FORMULAS.c.updated_at.desc(), FORMULAS.c.id)).mappings().all()
    return tuple(_stored(row, principal) for row in rows)


def get_formula(formula_id: str, *, principal: Principal) -> StoredFormula:
    """Raises NotFound, also for one that may not be read."""
    require(principal, Permission.FRAGRANCE_FORMULA)
    with reading() as connection:
        return found_formula(connection, formula_id, principal)


def get_version(formula_id: str, number: int | None = None, *, principal: Principal) -> Version:
    """The newest version unless a number is given. Raises NotFound."""
    require(principal, Permission.FRAGRANCE_FORMULA)
    with reading() as connection:
        stored = found_formula(connection, formula_id, principal)
        return version_in(connection, formula_id, stored.version if number is None else number)


def list_versions(formula_id: str, *, principal: Principal) -> tuple[Version, ...]:
    """Every version, the newest first. Raises NotFound."""
    require(principal, Permission.FRAGRANCE_FORMULA)
    query = select(VERSIONS).where(VERSIONS.c.formula_id == formula_id).order_by(VERSIONS.c.number.desc())
    with reading() as connection:
        found_formula(connection, formula_id, principal)
        return tuple(version_of(row) for row in connection.execute(query).mappings())


def accords_for(principal: Principal) -> Accords:
    """The newest versions of the accords that may be read; none for whoever may not read formulas."""
    if not is_allowed(principal, Permission.FRAGRANCE_FORMULA):
        return {}
    query = select(FORMULAS.c.id, VERSIONS.c.lines).select_from(HEADS).order_by(FORMULAS.c.id)
    query = query.where(_readable(principal), FORMULAS.c.is_accord, FORMULAS.c.removed_at.is_(None))
    with reading() as connection:
        return {row.id: formula_from(row.lines) for row in connection.execute(query)}


def found_formula(connection: Connection, formula_id: str, principal: Principal) -> StoredFormula:
    """Within the caller's transaction. Raises NotFound."""
    query = select(FORMULAS).where(FORMULAS.c.id == formula_id, FORMULAS.c.removed_at.is_(None), _readable(principal))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("fragrance.not_there")
    return _stored(row, principal)


def own_formula(connection: Connection, formula_id: str, principal: Principal) -> StoredFormula:
    """One that may be changed. Raises NotFound for one that may not be read, NotAllowed for another's public one."""
    found = found_formula(connection, formula_id, principal)
    if not found.is_editable:
        raise NotAllowed("fragrance_formulas.only_owner", name=found.name)
    return found


def kept_name(name: str) -> str:
    """One line of printable letters. Raises BadInput."""
    text = " ".join(unicodedata.normalize("NFC", name).split())
    if not text or len(text) > LONGEST_NAME or any(unicodedata.category(sign).startswith("C") for sign in text):
        raise BadInput("fragrance_formulas.bad_name", limit=LONGEST_NAME)
    return text


def _readable(principal: Principal) -> ColumnElement[bool]:
    mine = visible(FORMULAS, principal)
    return or_(mine, FORMULAS.c.is_public) if is_allowed(principal, Permission.FRAGRANCE_FORMULA) else mine


def _stored(row: RowMapping, principal: Principal) -> StoredFormula:
    is_editable = may_see(principal, row["owner"])
    return StoredFormula(**{name: row[name] for name in row if name != "removed_at"}, is_editable=is_editable)
