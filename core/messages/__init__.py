"""Every sentence the core says to a person, in Korean and English, one TOML file per room.

A key is `<file>.<entry>`, for example `uploads.too_large`. Each entry holds `ko` and `en`
templates with the same named fields. Labels of pages live in `app/ui/texts.toml` instead.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def _room(name: str) -> dict[str, dict[str, str]]:
    path = resources.files(__name__).joinpath(f"{name}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def say(key: str, language: str = "en", /, **details: object) -> str:
    """The sentence behind `key` in `language` with its fields filled in.

    Raises KeyError when the key, the language or a field is unknown: a missing text is a bug.
    """
    room, _, entry = key.partition(".")
    return _room(room)[entry][language].format(**details)


def say_kept(told: Mapping[str, Any] | None, language: str = "en", /) -> str | None:
    """The sentence that a record keeps as its `key` and `details`, such as the error of a job; None without one."""
    return say(told["key"], language, **told["details"]) if told else None
