"""Names as they are kept (NFC) and as they are compared: without regard to case, width or composition."""

from __future__ import annotations

import unicodedata

from core.errors import BadInput

LONGEST = 200


def comparable(name: str) -> str | None:
    """The form under which a name is found; None for one that nobody can have."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()
    if not folded or len(folded) > LONGEST or _has_control(folded):
        return None
    return folded


def kept_name(name: str) -> str:
    """A name or session code fit to be kept. Raises BadInput."""
    text = unicodedata.normalize("NFC", name).strip()
    if len(text) > LONGEST or comparable(text) is None or _has_control(text):
        raise BadInput("security.bad_name", limit=LONGEST)
    return text


def _has_control(text: str) -> bool:
    """Control characters, halves of a character and invisible marks, which make two names look like one."""
    return any(unicodedata.category(character).startswith("C") for character in text)
