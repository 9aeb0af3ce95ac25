"""Splits Korean and English text into sentences, with the places they hold in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.knowledge.answers.words import word_list

LONGEST_WORD = 20  # letters looked back over for an abbreviation
LONGEST_QUOTE = 400  # characters; a sign that opens and is closed later than that is taken for a slip

_CLOSERS = "\"'”’»)\\]」』》〉"
# A line break ends a sentence; so do a mark with what closes behind it, and the marks of Chinese and Japanese.
_END = re.compile(rf"(?P<mark>[.!?…]+)[{_CLOSERS}]*(?=\s|$)|[。！？]+[{_CLOSERS}]*|(?P<line>[^\S\n]*\n\s*)")
# Without a space behind the dot: "했다.그러나", which Korean writers do.
_KOREAN_END = re.compile(rf"(?<=[다요죠까음함됨임])[.!?]+[{_CLOSERS}]*(?=[가-힣\"'“‘(「『])")
_ABBREVIATIONS = word_list("abbreviations")
# After these a capital may well begin a new sentence; only a small letter or a figure shows that it goes on.
_OFTEN_LAST = word_list("abbreviations_often_last")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]+$")
_BULLET = re.compile(r"[ \t]*(?:[-*•·▪◦‣○●■□▶※]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|[가-하][.)]|[①-⑳])\s+")
_BLANK = re.compile(r"\s*")
# What goes on behind a quotation: "갔다."라고 말했다.
_SPOKEN = re.compile(r"\s*(?:이?라[고며는면]|고\s|며\s|하[고며는]|[은는을를의에]\s|이란|란\s)")
_OPENERS = {"“": "”", "‘": "’", "「": "」", "『": "』", "(": ")"}
_OPENER = re.compile("[“‘「『(]")


@dataclass(frozen=True)
class Sentence:
    """text is what stands from start to end, without the blanks around it."""

    text: str
    start: int
    end: int


def split_sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences in order, none overlapping; whatever lies between them is blank.

    A mark inside a number, after an abbreviation or an initial, or within a quotation or brackets ends nothing; a
    bullet or a number at the head of a line stays with what follows it.
    """
    found: list[Sentence] = []
    start = 0
    for end in _ends(text):
        start = _add(found, text, start, end)
    _add(found, text, start, len(text))
    return tuple(found)


def _add(found: list[Sentence], text: str, start: int, end: int) -> int:
    """Adds what stands from start to end; returns where the next sentence begins."""
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        first = start + len(piece) - len(piece.lstrip())
        found.append(Sentence(stripped, first, first + len(stripped)))
    return end


def _ends(text: str) -> list[int]:
    matches = sorted([*_END.finditer(text), *_KOREAN_END.finditer(text)], key=lambda match: match.start())
    quoted = _quoted(text)
    ends: list[int] = []
    head = at = 0  # of the sentence, and of the stretches in quotation marks
    for match in matches:
        if match.end() <= head:
            continue
        while at < len(quoted) and quoted[at][1] <= match.start():
            at += 1
        is_quoted = at < len(quoted) and quoted[at][0] < match.start() and match.end() <= quoted[at][1]
        if match.lastgroup == "line" or (not is_quoted and _closes(text, head, match)):
            ends.append(match.end())
            head = match.end()
    return ends


def _closes(text: str, head: int, match: re.Match[str]) -> bool:
    """Whether a mark ends the sentence that began at `head`."""
    sign, after = match.group(), text[match.end() : match.end() + 8].lstrip(" \t")[:1]
    if sign[-1] in _CLOSERS and (_SPOKEN.match(text, match.end()) or after.islower()):
        return False
    if sign[0] != ".":
        return sign[0] != "…" or not after.islower()
    label = _BULLET.match(text, _BLANK.match(text, head).end())  # type: ignore[union-attr]
    if label and match.end() <= label.end():
        return False  # "1." of a list
    found = _LAST_WORD.search(text, max(head, match.start() - LONGEST_WORD), match.start())
    word = found.group() if found else ""
    if not word or not word.isascii():
        return True
    if word.lower() in _ABBREVIATIONS:
        return word.lower() in _OFTEN_LAST and not after.islower() and not after.isdigit()
    is_initial = len(word) == 1 and word.isupper() and word != "I"
    return not is_initial and not after.islower()


def _quoted(text: str) -> list[tuple[int, int]]:
    """Stretches within one line between a sign that opens and the one that closes it; only directed signs are sure."""
    found: list[tuple[int, int]] = []
    end = 0
    for match in _OPENER.finditer(text):
        if match.start() >= end:
            closer = text.find(_OPENERS[match.group()], match.end(), match.end() + LONGEST_QUOTE)
            if closer > 0 and "\n" not in text[match.end() : closer]:
                found.append((match.start(), closer))
                end = closer
    return found
