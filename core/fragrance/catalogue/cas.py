"""CAS Registry Numbers: their form and their check digit."""

from __future__ import annotations

import re

# The check digit is the sum of the other digits, each times its place from the right, modulo 10 (CAS, public rule).
_FORM = re.compile(r"([1-9]\d{1,6})-(\d{2})-(\d)")
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))


def cas_number(text: str) -> str | None:
    """The number with plain hyphens; None where the form or the check digit is wrong."""
    written = text.strip().translate(_HYPHENS)
    found = _FORM.fullmatch(written)
    if found is None:
        return None
    digits = found[1] + found[2]
    total = sum(place * int(digit) for place, digit in enumerate(reversed(digits), 1))
    return written if total % 10 == int(found[3]) else None
