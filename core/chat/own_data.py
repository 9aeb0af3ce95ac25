"""Questions about the workbench's own data: asked of the domains' `facts` modules, which compute or read, never guess.

What a fact is, stands in core.knowledge.answers.own_figures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from core.knowledge.answers.own_figures import Fact, FactAnswer
from core.knowledge.answers.questions import folded
from core.security.policy import Principal, is_allowed


def answer_for(
    question: str, language: str, principal: Principal, *, facts: Sequence[Fact] | None = None
) -> FactAnswer | None:
    """The first answer of a fact that the question means and this reader may be told; None means: ask the documents."""
    for fact in offered() if facts is None else facts:
        if is_meant(fact, question) and is_allowed(principal, fact.permission):
            told = fact.tell(question, language, principal)
            if told is not None:
                return told
    return None


def is_meant(fact: Fact, question: str) -> bool:
    """Whether, in one of the languages, of each group of words one stands in the question."""
    plain = folded(question)
    return any(
        bool(groups) and all(any(_stands(word, plain) for word in group) for group in groups)
        for groups in fact.asks.values()
    )


@cache
def offered() -> tuple[Fact, ...]:
    """Every fact of every domain; these are loaded with the first question only."""
    from core.ctr.facts import FACTS as ABOUT_CLICKS
    from core.customers.facts import FACTS as ABOUT_CUSTOMERS
    from core.fragrance.facts import FACTS as ABOUT_PERFUMERY
    from core.images.facts import FACTS as ABOUT_IMAGES

    return (*ABOUT_CUSTOMERS, *ABOUT_CLICKS, *ABOUT_IMAGES, *ABOUT_PERFUMERY)


def _stands(word: str, plain: str) -> bool:
    if not word.isascii():
        return word in plain
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}", plain) is not None
