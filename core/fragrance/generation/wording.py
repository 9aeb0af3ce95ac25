"""Words of both languages as plain fields of one sentence.

A sentence's fields are the same in both languages, so a field that differs comes twice, `name_en` and `name_ko`; the
template prints the other one with `{name_ko:.0}`, that is, not at all. Stored notices thus keep both languages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.fragrance.catalogue.materials import Material
from core.fragrance.vocabulary import Field, label
from core.knowledge.notices import Notice

Both = tuple[str, str]  # English, Korean


def both(field: str, english: str, korean: str) -> dict[str, str]:
    return {f"{field}_en": english, f"{field}_ko": korean}


def noted(notice: Notice) -> Both:
    return notice.text("en"), notice.text("ko")


def labels(field: Field, word_ids: Iterable[str]) -> Both:
    """The words of the vocabulary, joined."""
    ids = list(word_ids)
    return joined([(label(field, one, "en"), label(field, one, "ko")) for one in ids])


def names(materials: Iterable[Material]) -> Both:
    return joined([(one.name("en"), one.name("ko")) for one in materials])


def joined(words: Sequence[Both]) -> Both:
    """English: a, b and c. Korean: a, b, c."""
    english = [one for one, _ in words]
    korean = ", ".join(one for _, one in words)
    if len(english) < 2:
        return "".join(english), korean
    return f"{', '.join(english[:-1])} and {english[-1]}", korean
