"""Which of the languages of the workbench a text is in, by its letters and its commonest words."""

from __future__ import annotations

import re

LOOKED_AT = 20_000  # characters from the start
LEAST_HANGUL, LEAST_KANA, LEAST_ENGLISH = 0.2, 0.1, 0.08
_ENGLISH = re.compile(r"\b(?:the|of|and|to|in|is|are|that|for|with|on|as|by|this|be|from|or|it|was|not)\b", re.I)
_WORD = re.compile(r"[^\W\d_]+")


def language_of(text: str) -> str | None:
    """ "ko", "ja", "en", or None when the letters and words do not tell."""
    sample = text[:LOOKED_AT]
    letters = sum(sign.isalpha() for sign in sample)
    if not letters:
        return None
    hangul = sum("가" <= sign <= "힣" for sign in sample)
    kana = sum("\u3040" <= sign <= "\u30ff" for sign in sample)
    if hangul >= LEAST_HANGUL * letters:
        return "ko"
    if kana >= LEAST_KANA * letters:
        return "ja"
    words = len(_WORD.findall(sample))
    return "en" if len(_ENGLISH.findall(sample)) >= LEAST_ENGLISH * words else None
