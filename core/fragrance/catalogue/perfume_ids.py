"""Ids of perfumes and materials made from their names: the same names always give the same id."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST_SLUG = 90  # leaves room within 120 characters for what tells two apart
DIGITS_APART = 6  # hexadecimal; tells slugs apart that are spelled alike


def slug(text: str) -> str:
    """Small letters and digits of any script, hyphens between, accents off: `Vétiver 46` -> `vetiver-46`."""
    apart = unicodedata.normalize("NFKD", text)
    plain = unicodedata.normalize("NFC", "".join(one for one in apart if unicodedata.category(one) != "Mn"))
    return "-".join(re.findall(r"[^\W_]+", plain.casefold()))


def names_key(brand: str, name: str) -> tuple[str, str]:
    """What makes two rows one perfume: brand and name alike but for case, blanks and composition of letters."""
    return _alike(brand), _alike(name)


def perfume_id(brand: str, name: str, *, apart: bool = False) -> str:
    """The id of a perfume. apart: with digits of its own, where another perfume's names give the same slug."""
    made = slug(f"{brand} {name}")
    if apart or not made or len(made) > LONGEST_SLUG:
        digest = hashlib.sha256("\n".join(names_key(brand, name)).encode()).hexdigest()
        return "-".join(part for part in (made[:LONGEST_SLUG].strip("-"), digest[:DIGITS_APART]) if part)
    return made


def material_id(name: str) -> str:
    """The id of a material from its name; at most as long as ids may be."""
    return slug(name)[:LONGEST_SLUG].strip("-")


def _alike(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
