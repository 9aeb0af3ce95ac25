"""The word lists of this room, from words.toml beside it."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of the list `name`. Raises KeyError for a list that does not exist."""
    lists = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))
    return frozenset(str(lists[name]).split())
