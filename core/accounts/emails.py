"""E-mail addresses as they are kept (NFC) and as they are compared: without regard to case."""

from __future__ import annotations

import re
import unicodedata

from core.errors import BadInput

LONGEST = 320  # characters: 64 before the @ and 255 after it (RFC 3696, erratum 1690)
LONGEST_LOCAL = 64

# Without quotes, comments and lists, which mail headers would read as more than one address.
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\/]+")


def comparable_email(text: str) -> str | None:
    """The form under which an address is found; None for what is no address."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())
    local, _, domain = folded.partition("@")
    if len(folded) > LONGEST or len(local) > LONGEST_LOCAL or _ADDRESS.fullmatch(folded) is None:
        return None
    if any(unicodedata.category(character).startswith("C") for character in folded):
        return None
    return folded if all(domain.split(".")) else None


def kept_email(text: str) -> str:
    """An address fit to be kept and written to. Raises BadInput."""
    if comparable_email(text) is None:
        raise BadInput("security.bad_email", limit=LONGEST)
    return unicodedata.normalize("NFC", text.strip())
