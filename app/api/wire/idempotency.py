"""The header by which a client that repeats a request gets the same run again, not a second one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

IdempotencyKey = Annotated[
    str | None, Header(max_length=200, description="the same key again returns the same run, not a second one")
]
