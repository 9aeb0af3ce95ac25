"""Text that talks to a language model instead of to a reader, and signs that nobody sees. It is flagged and kept."""

from __future__ import annotations

import re

# Signs without width, signs that turn the writing direction, and the plane of invisible tags.
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f"
_UNSEEN_RUN = re.compile(f"[{_UNSEEN}]+")
_TURNING = re.compile("[\u202d\u202e\U000e0000-\U000e007f]")
LONG_RUN = 8
# Message keys of the notes that a passage is flagged by.
FLAGGED = ("knowledge.hidden_text", "knowledge.invisible_signs", "knowledge.instruction_text")
JOINER = "\u200d"  # also holds composed emoji together
_NEAR = r"[^.\n]{0,40}?"
# Pattern, and the words without one of which it cannot match: looking for words is a hundred times as fast.
_WAYS = tuple(
    (re.compile(pattern, re.IGNORECASE), needles)
    for pattern, needles in (
        (
            rf"\b(?:ignore|disregard|forget|override|bypass)\b{_NEAR}\b(?:previous|prior|above|earlier|preceding|all|any|"
            rf"your|system|these|the)\b{_NEAR}\b(?:instructions?|prompts?|rules?|directions?|guidelines?|directives?)\b",
            ("ignore", "disregard", "forget", "override", "bypass"),
        ),
        (
            rf"\b(?:reveal|print|repeat|show|output)\b{_NEAR}\b(?:system|hidden|initial)\s{{1,5}}(?:prompt|instructions?)\b",
            ("prompt", "instruction"),
        ),
        (
            rf"\b(?:do not|don't|never)\s{{1,5}}(?:tell|reveal|mention|inform)\b{_NEAR}\b(?:the user|users?|anyone)\b",
            ("user", "anyone"),
        ),
        (r"\byou are now\b[^.\n]{0,30}?\b(?:assistant|model|ai|bot|agent|mode|dan)\b", ("you are now",)),
        (r"(?:^|\n)[ \t]{0,8}(?:\[?system\]?|<\|?(?:im_start\|>)?system\|?>)\s{0,5}:", ("system",)),
        (  # what chat models are told turns by, and the turn itself
            r"<\|(?:im_start|im_end|start_header_id|end_header_id|eot_id|endoftext|system|user|assistant)\|>"
            r"(?:(?!<\||\n\n)[\s\S]){0,400}",
            ("<|",),
        ),
        (
            r"(?:이전|앞선|앞의|위의|위|기존|지금까지|모든|당신의|너의|네|시스템)[^.\n]{0,20}?"
            r"(?:지시|명령|지침|프롬프트|규칙)[^.\n]{0,12}?(?:무시|잊|따르지)",
            ("무시", "잊", "따르지"),
        ),
        (r"시스템\s{0,5}프롬프트[^.\n]{0,12}?(?:출력|공개|알려|보여|말해)", ("프롬프트",)),
        (r"(?:사용자|이용자)에게[^.\n]{0,20}?(?:알리지|말하지|밝히지)\s{0,5}(?:마|말)", ("에게",)),
    )
)
# Full-width letters are read like ordinary ones; one sign stays one sign, so places stay the same.
_FULL_WIDTH = re.compile("[\uff01-\uff5e]")
_ORDINARY = {0xFF01 + step: 0x21 + step for step in range(94)}


def suspicious_places(text: str) -> list[tuple[str, int, int]]:
    """(message key, start, end) of everything to be flagged, in the order of the text."""
    unseen = [run for run in _UNSEEN_RUN.finditer(text) if not _is_emoji(text, run)]
    first = next((run for run in unseen if _hides_something(text, run)), None)
    found = [("knowledge.invisible_signs", first.start(), first.end())] if first else []
    plain, places = _without(text, unseen)
    if not plain.isascii():
        plain = plain.translate(_ORDINARY) if _FULL_WIDTH.search(plain) else plain
    lower = plain.lower()
    for pattern, needles in _WAYS:
        if any(needle in lower for needle in needles):
            for match in pattern.finditer(plain):
                start = match.start() + len(match.group()) - len(match.group().lstrip())
                found.append(("knowledge.instruction_text", places[start], places[match.end() - 1] + 1))
    return sorted(found, key=lambda one: one[1])


def seen_text(text: str) -> str:
    """The text without the signs that nobody sees."""
    return _UNSEEN_RUN.sub("", text)


def _is_emoji(text: str, run: re.Match[str]) -> bool:
    after = text[run.end() : run.end() + 1]
    return run.group() == JOINER and after > "\u2190"


def _hides_something(text: str, run: re.Match[str]) -> bool:
    """Inside a word, in a long run, or turning the direction; between words they are a habit of web pages."""
    is_inside = text[run.start() - 1 : run.start()].isalnum() and text[run.end() : run.end() + 1].isalnum()
    return is_inside or len(run.group()) >= LONG_RUN or bool(_TURNING.search(run.group()))


def _without(text: str, runs: list[re.Match[str]]) -> tuple[str, range | list[int]]:
    """The text without `runs`, and for each sign that is left its place in the whole."""
    if not runs:
        return text, range(len(text))
    places: list[int] = []
    at = 0
    for run in runs:
        places.extend(range(at, run.start()))
        at = run.end()
    places.extend(range(at, len(text)))
    return "".join(text[place] for place in places), places
