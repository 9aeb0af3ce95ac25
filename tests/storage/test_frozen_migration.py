"""The first migration is frozen: databases that people have were made by it."""

from __future__ import annotations

import hashlib

from tests.conftest import PROJECT

FIRST = "0001_first_tables.py"
SHA256 = "bba4325bce7f2a109f34e88933d1cffc20ef795cd69e269350df3af928a74b11"


def test_when_the_first_migration_is_read_then_nothing_in_it_has_changed() -> None:
    path = PROJECT / "core" / "storage" / "migrations" / "versions" / FIRST

    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256, "write a further migration instead"
