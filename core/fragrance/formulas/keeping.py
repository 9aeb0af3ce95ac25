"""What befalls a stored formula besides its versions: renamed, judged, published, removed, brought back, copied."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from core.errors import BadInput, Conflict, NotFound
from core.fragrance.formulas.nesting import FORMULAS, require_sound, require_unused
from core.fragrance.formulas.stored import (
    GENERATION,
    STATES,
    State,
    StoredFormula,
    found_formula,
    get_version,
    kept_name,
    own_formula,
    save_formula,
)
from core.fragrance.formulas.versions import version_in
from core.fragrance.generations import raise_generation
from core.security.policy import Permission, Principal, may_see, require
from core.storage.audit import note
from core.storage.database import utc_now, writing


def rename_formula(formula_id: str, name: str, *, principal: Principal) -> StoredFormula:
    """Raises BadInput for the name, NotFound, NotAllowed for another's, as all that follow."""
    kept = kept_name(name)
    with writing() as connection:
        _own(connection, formula_id, principal)
        return _changed(connection, formula_id, principal, name=kept)


def set_state(formula_id: str, state: State, *, expected: int, principal: Principal) -> StoredFormula:
    """Judge the version that was looked at. Raises Conflict where there is a newer one meanwhile."""
    if state not in STATES:
        raise BadInput("fragrance_formulas.unknown_state", state=state, known=", ".join(STATES))
    with writing() as connection:
        stored = _own(connection, formula_id, principal)
        if stored.version != expected:
            raise Conflict("fragrance.changed_meanwhile", name=stored.name)
        judged = _changed(connection, formula_id, principal, state=state)
        note(connection, principal, "formula.judged", formula_id, state=state, version=expected)
        return judged


def publish_formula(formula_id: str, *, is_public: bool = True, principal: Principal) -> StoredFormula:
    """Let all who may read formulas read every version of it, or no longer.

    Raises BadInput for accords in it that are not public, Conflict where others rely on it as an accord.
    """
    with writing() as connection:
        stored = _own(connection, formula_id, principal)
        if is_public:
            _require_sound(connection, stored, is_public=True)
        else:
            require_unused(
                connection, formula_id, stored.name, principal=principal, only_by_readers_of=stored.owner
            )  # fmt: skip
        changed = _changed(connection, formula_id, principal, is_public=is_public)
        note(connection, principal, "formula.published" if is_public else "formula.withdrawn", formula_id)
        return changed


def mark_as_accord(formula_id: str, *, is_accord: bool = True, principal: Principal) -> StoredFormula:
    """Let it stand in other formulas, or no longer. Raises Conflict where it does."""
    with writing() as connection:
        stored = _own(connection, formula_id, principal)
        if not is_accord:
            require_unused(connection, formula_id, stored.name, principal=principal)
        return _changed(connection, formula_id, principal, is_accord=is_accord)


def remove_formula(formula_id: str, *, principal: Principal) -> None:
    """Nobody finds it any more; `restore_formula` takes that back. Raises Conflict where it stands as an accord."""
    with writing() as connection:
        stored = _own(connection, formula_id, principal)
        require_unused(connection, formula_id, stored.name, principal=principal)
        now = utc_now()
        removed = update(FORMULAS).where(FORMULAS.c.id == formula_id).values(removed_at=now, updated_at=now)
        connection.execute(removed)
        note(connection, principal, "formula.removed", formula_id)


def restore_formula(formula_id: str, *, principal: Principal) -> StoredFormula:
    """Undo a removal. Raises NotFound for one not removed or not one's own, BadInput where its accords are gone."""
    require(principal, Permission.FRAGRANCE_FORMULA)
    with writing() as connection:
        raise_generation(connection, GENERATION)
        wanted = select(FORMULAS.c.owner).where(FORMULAS.c.id == formula_id, FORMULAS.c.removed_at.is_not(None))
        owner = connection.execute(wanted).scalar()
        if not may_see(principal, owner):
            raise NotFound("fragrance.not_there")
        restored = _changed(connection, formula_id, principal, removed_at=None)
        _require_sound(connection, restored, is_public=restored.is_public)
        note(connection, principal, "formula.restored", formula_id)
        return restored


def copy_formula(
    formula_id: str, name: str, *, number: int | None = None, reason: str = "", principal: Principal
) -> StoredFormula:  # fmt: skip
    """A draft of one's own from any version that may be read, the newest unless a number is given. Raises NotFound."""
    version = get_version(formula_id, number, principal=principal)
    return save_formula(
        name, version.formula, product=version.product, brief=version.brief, story=version.story, reason=reason,
        principal=principal,
    )  # fmt: skip


def _own(connection: Connection, formula_id: str, principal: Principal) -> StoredFormula:
    require(principal, Permission.FRAGRANCE_FORMULA)
    raise_generation(connection, GENERATION)
    return own_formula(connection, formula_id, principal)


def _require_sound(connection: Connection, stored: StoredFormula, *, is_public: bool) -> None:
    head = version_in(connection, stored.id, stored.version).formula
    require_sound(connection, head, formula_id=stored.id, owner=stored.owner, is_public=is_public)


def _changed(connection: Connection, formula_id: str, principal: Principal, **values: Any) -> StoredFormula:
    connection.execute(update(FORMULAS).where(FORMULAS.c.id == formula_id).values(**values, updated_at=utc_now()))
    return found_formula(connection, formula_id, principal)
