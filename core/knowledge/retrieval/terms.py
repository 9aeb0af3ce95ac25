"""What text is looked up by: Korean letters in pairs, other words with their first letters, numbers as they are.

Pairs find a Korean word under any ending without a dictionary, and were measured as good as a morphological analyser.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

STEM = 4  # letters; stands for the endings of English and its like

_CJK = "ᄀ-ᇿ\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3"
_RUN = re.compile(rf"(?P<cjk>[{_CJK}]+)|(?P<number>\d+(?:[.,]\d+)*)|(?P<word>[^\W\d_{_CJK}]+)")


def terms(text: str) -> list[str]:
    """The terms of a text in order, with repetition; equal for text of equal meaning in compatible forms and case."""
    found: list[str] = []
    for match in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        found += _of_run(match.group(), match.lastgroup)
    return found


@lru_cache(maxsize=1 << 16)  # words come again and again while an index is built
def _of_run(run: str, kind: str | None) -> tuple[str, ...]:
    if kind == "cjk":
        begun = f"^{run}"  # the beginning of a word is its most telling part
        return tuple(begun[at : at + 2] for at in range(len(run)))
    if kind == "number":
        return (run.replace(",", ""),)
    return (run, f"{run[:STEM]}-") if len(run) >= STEM else (run,)
