"""Questions about the workbench's own data: asked of the domains' `facts` modules, which compute or read, never guess.

A domain offers `FACTS: tuple[Fact, ...]` in `core/<room>/facts.py`; see core.knowledge.answers.own_figures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from core.knowledge.answers.own_figures import Fact, FactAnswer
from core.knowledge.answers.questions import folded
from core.security.policy import Principal, is_allowed

ROOMS = ("customers", "ctr", "images")


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
    """Every fact of every domain that has any."""
    modules = [import_module(f"core.{room}.facts") for room in ROOMS if find_spec(f"core.{room}.facts") is not None]
    return tuple(fact for module in modules for fact in getattr(module, "FACTS", ()))


def _stands(word: str, plain: str) -> bool:
    if not word.isascii():
        return word in plain
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}", plain) is not None
