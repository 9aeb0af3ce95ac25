"""Who may give which role: nobody hands out, takes away or resets what stands above them."""

from __future__ import annotations

from core.errors import NotAllowed
from core.security.policy import Principal, Role

_FROM_THE_TOP = tuple(Role)


def is_above(role: Role, other: Role) -> bool:
    """Whether `role` is trusted with more than `other`."""
    return _FROM_THE_TOP.index(role) < _FROM_THE_TOP.index(other)


def require_within(principal: Principal, role: Role) -> None:
    """Raises NotAllowed when the role stands above the principal's own."""
    if is_above(role, principal.role):
        raise NotAllowed("security.role_above_own", role=str(role), own=str(principal.role))
