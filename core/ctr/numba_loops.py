"""How this room's hot loops are compiled. Import it, and the files that use it, inside functions: numba is heavy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

REORDERED = frozenset({"reassoc", "contract", "nsz"})  # sums may be taken in several lanes


def compiled(function: Callable[..., Any], *, reordered: bool = False) -> Any:
    """The function compiled at its first call and kept on disk; in memory only where no folder can be written.

    reordered: sums of floats may be taken in another order, which is faster and as exact.
    What is kept is valid until the function's own file changes: constants of other files must be arguments, and
    compiled functions call only those of their own file.
    """
    options: dict[str, Any] = {"nogil": True, "fastmath": set(REORDERED) if reordered else False}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:
        return njit(**options)(function)
