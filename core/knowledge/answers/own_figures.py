"""How a domain offers answers about the workbench's own data: fixed questions, each with a function and its run.

Each domain's `facts` module offers `FACTS: tuple[Fact, ...]`; core.chat.own_data asks them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.security.policy import Permission, Principal


@dataclass(frozen=True)
class FactAnswer:
    """text: one or two whole sentences in the language that was asked for, figures with units and sensible digits.

    run_ids: the runs it was computed by, whose records hold the same figures; empty where nothing was trained yet,
    which the text then says. figures: by name, null where there is none.
    """

    text: str
    run_ids: tuple[str, ...] = ()
    figures: Mapping[str, float | int | str | None] = field(default_factory=dict)


Tell = Callable[[str, str, Principal], FactAnswer | None]


@dataclass(frozen=True)
class Fact:
    """One question. name: what it tells, such as largest_cluster, once in all rooms.

    asks: by language, groups of words as people write them, small letters; a question is meant where of each group at
    least one stands in it, Korean anywhere, English at the beginning of a word. Choose them narrow: what is meant
    here is never looked up in the documents. permission: needed to be told.
    tell: (question, language, principal) to the answer, or None where the question is not meant after all.
    """

    name: str
    permission: Permission
    asks: Mapping[str, tuple[tuple[str, ...], ...]]
    tell: Tell
