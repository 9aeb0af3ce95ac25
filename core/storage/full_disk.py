"""What a disk that takes no more becomes: one error of ours, wherever files are written."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import StorageFull

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)  # the disk is full, or the share of it that this account may use


def is_full(problem: BaseException) -> bool:
    """Whether the operating system said that there is no room left."""
    return isinstance(problem, OSError) and problem.errno in NO_ROOM


@contextmanager
def told_when_full(key: str = "storage.disk_full") -> Iterator[None]:
    """Raises StorageFull in place of the operating system's own error; every other error stays what it is."""
    try:
        yield
    except OSError as problem:
        if is_full(problem):
            raise StorageFull(key) from problem
        raise
