"""The versions of a stored formula: each is written once and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from core.errors import BadInput, NotFound
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.products import Product
from core.security.policy import Principal
from core.storage import perfumery_tables as tables
from core.storage.database import utc_now

VERSIONS = tables.fragrance_formula_versions
LONGEST_REASON = 2_000  # letters


@dataclass(frozen=True)
class Version:
    """One version. brief, story: plain values as they were given. reason: why it was saved, in its owner's words."""

    formula_id: str
    number: int
    owner: str
    formula: Formula
    product: Product
    brief: Mapping[str, Any] | None
    story: Mapping[str, Any] | None
    reason: str
    created_at: datetime


def insert_version(
    connection: Connection, formula_id: str, number: int, formula: Formula, product: Product,
    brief: Mapping[str, Any] | None, story: Mapping[str, Any] | None, reason: str, principal: Principal,
) -> None:  # fmt: skip
    """Raises BadInput for a reason that is too long."""
    if len(reason) > LONGEST_REASON:
        raise BadInput("fragrance_formulas.reason_too_long", limit=LONGEST_REASON)
    connection.execute(
        insert(VERSIONS).values(
            formula_id=formula_id, number=number, owner=principal.id,
            lines=[[line.ingredient, line.amount_mg] for line in formula.lines],
            product={"category": product.category, "dosage": product.dosage},
            brief=None if brief is None else dict(brief), story=None if story is None else dict(story),
            reason=reason, created_at=utc_now(),
        )
    )  # fmt: skip


def version_in(connection: Connection, formula_id: str, number: int) -> Version:
    """Raises NotFound for a number that the formula does not have."""
    query = select(VERSIONS).where(VERSIONS.c.formula_id == formula_id, VERSIONS.c.number == number)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("fragrance.not_there")
    return version_of(row)


def version_of(row: RowMapping) -> Version:
    kept = {name: row[name] for name in ("formula_id", "number", "owner", "brief", "story", "reason", "created_at")}
    return Version(formula=formula_from(row["lines"]), product=Product(**row["product"]), **kept)


def formula_from(lines: Sequence[Sequence[Any]]) -> Formula:
    """As stored: pairs of ingredient and milligrams."""
    return Formula(tuple(Line(str(ingredient), int(amount)) for ingredient, amount in lines))
