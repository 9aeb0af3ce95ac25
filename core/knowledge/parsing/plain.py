"""Plain text: paragraphs are what stands between empty lines."""

from __future__ import annotations

import re

from core.knowledge.parsing.composing import Composer, is_item

_EMPTY_LINES = re.compile(r"\n[ \t\u3000]*(?:\n[ \t\u3000]*)+")


def add_plain(text: str, composer: Composer) -> None:
    """Every paragraph as it is written, line breaks included."""
    for part in _EMPTY_LINES.split(text.replace("\r\n", "\n").replace("\r", "\n")):
        composer.add("list" if is_item(part) else "paragraph", part)
