"""What a chat model wrote beside its answer: thoughts aloud, and marks of sources in its own numbering."""

from __future__ import annotations

import re

_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_OPENING = re.compile(r"<[a-z]{0,8}\Z", re.IGNORECASE)  # the beginning of such a tag, at the end of what has come
_MARK = re.compile(
    r"[ \t]*(?:\[(?:passages?|sources?|문서|출처)?\s*\d{1,2}(?:\s*[,;–-]\s*\d{1,2})*\]"
    r"|【\d{1,2}(?:†[^】\n]{0,40})?】"
    r"|\((?:passages?|sources?|문서|출처)\s*\d{1,2}(?:\s*[,;–-]\s*\d{1,2})*\))",
    re.IGNORECASE,
)


def plain_answer(text: str) -> str:
    """The answer alone; also of the part of it that has come so far, whose last thought may still be open.

    Marks are numbers that no passage bears out, so a check of the sentences would drop each sentence that has one.
    """
    return _MARK.sub("", _OPENING.sub("", _THOUGHT.sub("", text))).lstrip()
