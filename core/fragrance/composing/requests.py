"""What a sentence asks of the formula at hand besides odours and materials: undo, another one, money, strength."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Literal

from core.fragrance.vocabulary import plain

Request = Literal["undo", "start_over", "another", "why", "cheaper", "lighter", "stronger"]


def requests_in(text: str) -> tuple[Request, ...]:
    """Every request of the text, in the order of `requests.toml`."""
    said = plain(text)
    return tuple(request for request, patterns in _patterns().items() if any(one.search(said) for one in patterns))


def without_requests(text: str, asked: tuple[Request, ...]) -> str:
    """The text without the words of its requests, which say nothing of odours or materials."""
    left = plain(text)
    for request in asked:
        for pattern in _patterns()[request]:
            left = re.sub(rf"(?:{pattern.pattern})\w*", " ", left)
    return left


@cache
def _patterns() -> dict[Request, tuple[re.Pattern[str], ...]]:
    text = resources.files("core.fragrance.composing").joinpath("requests.toml").read_text("utf-8")
    return {name: tuple(map(re.compile, entry["patterns"])) for name, entry in tomllib.loads(text).items()}  # type: ignore[misc]
