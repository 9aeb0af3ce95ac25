"""Labels of the pages in the visitor's language. Sentences of the core come from `core.messages`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from app.ui import state

TEXTS = Path(__file__).with_name("texts.toml")


@cache
def all_texts() -> dict[str, dict[str, str]]:
    """Every text by its dotted key, each with `ko` and `en`."""
    sections = tomllib.loads(TEXTS.read_text("utf-8"))
    return {f"{section}.{name}": text for section, texts in sections.items() for name, text in texts.items()}


def say(key: str, **fields: object) -> str:
    """The text behind `key`, a literal, in the visitor's language. Raises KeyError for an unknown one."""
    text = all_texts()[key][state.language()]
    return text.format(**fields) if fields else text


def say_value(section: str, value: str) -> str:
    """The name of one of a closed set of values, for example a job state; every value has a text."""
    return all_texts()[f"{section}.{value}"][state.language()]


def say_if_known(section: str, value: str, otherwise: str) -> str:
    """As `say_value` for an open set: `otherwise` stands in where we have no name."""
    text = all_texts().get(f"{section}.{value}")
    return text[state.language()] if text else otherwise
