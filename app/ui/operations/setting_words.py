"""Settings in a visitor's words: meaning, group and where the value comes from."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from app.ui import state
from app.ui.texts import say, say_value
from core.operations.settings_view import SettingSeen

KOREAN = Path(__file__).with_name("settings_ko.toml")
DEFAULT = "default"


@cache
def korean_meanings() -> dict[str, str]:
    """By name of the setting; the English ones stand beside the settings themselves."""
    return tomllib.loads(KOREAN.read_text("utf-8"))


def meaning_of(one: SettingSeen) -> str:
    """What it does, with its unit."""
    return korean_meanings().get(one.name, one.description) if state.language() == "ko" else one.description


def group_of(one: SettingSeen) -> str:
    return say_value("setting_group", one.group)


def origin_of(one: SettingSeen) -> str:
    """The core words it as `workbench doctor` does: `default`, `environment (NAME)`, `.env (NAME)`, `profile NAME`."""
    if one.origin == DEFAULT:
        return say("operations.by_default")
    kind, _, name = one.origin.partition(" ")
    name = name.strip("()")
    if kind == "environment":
        return say("operations.by_environment", name=name)
    return say("operations.by_profile", name=name) if kind == "profile" else say("operations.by_dotenv", name=name)
