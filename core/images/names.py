"""Names of classes and domains: NFC everywhere inside, Korean beside English, and which names may be a folder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from core.errors import BadInput
from core.messages import say

UNKNOWN = "unknown"  # the verdict, so no class may bear it
MAX_CHARS = 80
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
# Device names that Windows keeps for itself, whatever follows the dot.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def nfc(text: str) -> str:
    """Composed form: a Hangul syllable is one character, so that equal names are equal strings."""
    return unicodedata.normalize("NFC", text)


def class_name(text: str) -> str:
    """The name of a class as it is kept. Raises BadInput for one that no folder may have, or the word unknown."""
    name = nfc(text).strip()
    if name.casefold() == UNKNOWN:
        raise BadInput("images.class_named_unknown", name=name)
    return _checked(name)


def domain_name(text: str) -> str:
    """The name of a domain as it is kept. Raises BadInput for one that no folder may have."""
    return _checked(nfc(text).strip())


def unknown_class_name(text: str) -> str:
    """The name of a group of pictures that belong to no class; these may well be called unknown."""
    return _checked(nfc(text).strip())


def english_name(name: str, names: Mapping[str, str]) -> str:
    """The English name; a name without one, and `unknown`, stay as they are."""
    return names.get(nfc(name), nfc(name))


def class_shown(name: str, language: str, names: Mapping[str, str] | None) -> str:
    """A class, or `unknown`, in the reader's language as far as it has a name there. names: Korean -> English."""
    if name == UNKNOWN:
        return say("images.chart_verdict_unknown", language)
    return name if language == "ko" else (names or {}).get(name) or name


def _checked(name: str) -> str:
    is_sound = 0 < len(name) <= MAX_CHARS and not _FORBIDDEN.search(name) and not _RESERVED.fullmatch(name)
    if not is_sound or name.startswith(".") or name.endswith("."):
        raise BadInput("images.bad_name", name=name[:MAX_CHARS], limit=MAX_CHARS)
    return name
