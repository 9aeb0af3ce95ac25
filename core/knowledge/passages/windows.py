"""The stretches of a passage that get a vector each: a sentence or a few, with the headings above them.

A small encoder hears one thing at a time: on Korean paragraphs these windows rank far better than whole passages,
and cost no more to encode.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# About 80 pieces of the encoder in either language; see benchmarks/knowledge_quality.py.
TARGET_WIDTH = 300

_SENTENCE_END = re.compile(r"[.!?。！？]+[\"'”’)\]]*\s+|[。！？]|\n+")
_WIDE = re.compile(r"[ᄀ-ᇿ\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3]")


@dataclass(frozen=True)
class Window:
    """A stretch of a passage's text; `words` is what is embedded: what stands above, and the stretch."""

    start: int
    end: int
    words: str


def windows(text: str, *, above: str = "", target_width: int = TARGET_WIDTH) -> tuple[Window, ...]:
    """Whole sentences, as many as fit, from start to end; a longer sentence stays whole. Never empty.

    above: headings and names of columns. target_width: in letters, of which a Korean, Chinese or Japanese one counts
    twice, as it holds about as much as two.
    """
    found: list[Window] = []
    start = end = width = 0
    for first, last in _sentences(text):
        added = last - first + len(_WIDE.findall(text, first, last))
        if end > start and width + added > target_width:
            found.append(_window(text, start, end, above))
            start, width = first, 0
        end, width = last, width + added
    if end > start or not found:
        found.append(_window(text, start, end, above))
    return tuple(found)


def _window(text: str, start: int, end: int, above: str) -> Window:
    stretch = text[start:end].strip()
    return Window(start, end, f"{above}\n{stretch}" if above else stretch)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for end in (match.end() for match in _SENTENCE_END.finditer(text)):
        if text[start:end].strip():
            yield start, end
            start = end
    if text[start:].strip():
        yield start, len(text)
