"""Whose rows a query may touch: one's own, an administrator everybody's. The one place where that becomes SQL.

For a single owner that was read already ask `core.security.policy.may_see`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, true

from core.security.policy import Principal


def visible(table: FromClause, principal: Principal, *also: str) -> ColumnElement[bool]:
    """The condition on the column `owner` of a table. also: ids whose rows everybody may see, such as the system's."""
    column: ColumnElement[Any] = table.c.owner
    owner = only_owner(principal)
    if owner is None:
        return true()
    return column.in_((owner, *also)) if also else column == owner


def only_owner(principal: Principal) -> str | None:
    """The id that rows are narrowed to, for statements that are built once; None where they are not."""
    return None if principal.sees_everything else principal.id
