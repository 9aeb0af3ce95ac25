"""A language model may read a brief that words alone do not reach; its fields are held to the vocabulary.

It fills only what neither the form nor the words said, and never an amount: no budget, no batch, no share.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.errors import BadInput, Unavailable
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.reading_briefs import Given, Reading, read_brief
from core.fragrance.generation.understanding import understood
from core.fragrance.vocabulary import Field, canonical, ids
from core.knowledge.notices import Notice
from core.llm.chat_model import ChatModel, Message, collect
from core.llm.plain_answer import plain_answer

MAX_TOKENS = 500
MODEL_WEIGHT = 0.6  # of an odour that only the model read
LISTS: Mapping[str, Field] = {"moods": "mood", "seasons": "season", "occasions": "occasion"}
SINGLE: Mapping[str, Field] = {"family": "family", "gender": "gender"}
ASK = (
    "You read a perfume brief, Korean or English, into fields. Answer with one JSON object and nothing else. Use only "
    "these ids, and leave out what the brief does not say. Never state an amount."
)
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


@dataclass(frozen=True)
class Interpreted:
    """by: name of the model that took part, None where words alone were read. notices: why, and what was dropped."""

    reading: Reading
    by: str | None
    notices: tuple[Notice, ...]


def interpret(given: Given, model: ChatModel | None, *, catalogue: Catalogue) -> Interpreted:
    """The brief by words, completed by the model where there is one. Raises BadInput like `read_brief`."""
    reading = read_brief(given, catalogue=catalogue)
    if model is None or not given.words.strip():
        return Interpreted(reading, None, ())
    try:
        answer = collect(model, [Message("system", _asked()), Message("user", given.words)], max_tokens=MAX_TOKENS)
    except Unavailable:
        return Interpreted(reading, None, (Notice("fragrance_generation.model_away", {"model": model.name}),))
    fields = _object(answer)
    if fields is None:
        return Interpreted(reading, None, (Notice("fragrance_generation.model_unusable", {"model": model.name}),))
    brief, dropped = completed(reading.brief, fields)
    told = (Notice("fragrance_generation.model_dropped", {"dropped": ", ".join(dropped)}),) if dropped else ()
    regions = tuple(one for one in reading.understood if one.key == "fragrance_generation.understood_region")
    whole = replace(reading, brief=brief, understood=(*understood(brief, catalogue), *regions))
    return Interpreted(whole, model.name, told)


def completed(brief: Brief, fields: Mapping[str, Any]) -> tuple[Brief, tuple[str, ...]]:
    """The brief with what it did not say yet, and what was dropped: unknown fields and words."""
    dropped: list[str] = []
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if name in SINGLE:
            one = _known(SINGLE[name], value, dropped)
            found[name] = getattr(brief, name) or one
        elif name in LISTS:
            values = value if isinstance(value, list) else [value]
            read = tuple(dict.fromkeys(filter(None, (_known(LISTS[name], word, dropped) for word in values))))
            found[name] = getattr(brief, name) or read
        elif name in {"odours", "less"}:
            odour = found.setdefault("odour", dict(brief.odour))
            for word in value if isinstance(value, list) else [value]:
                known = _known("odour", word, dropped)
                if known:
                    odour.setdefault(known, MODEL_WEIGHT if name == "odours" else -MODEL_WEIGHT)
        else:
            dropped.append(str(name))
    return replace(brief, **found), tuple(dropped)


def _known(field: Field, word: object, dropped: list[str]) -> str | None:
    if not isinstance(word, str) or not word.strip():
        return None
    try:
        return canonical(field, word)
    except BadInput:
        dropped.append(word)
        return None


def _asked() -> str:
    fields = {**SINGLE, **LISTS, "odours": "odour", "less": "odour"}
    return ASK + "\n" + "\n".join(f"{name}: {', '.join(ids(field))}" for name, field in fields.items())


def _object(answer: str) -> dict[str, Any] | None:
    found = _OBJECT.search(plain_answer(answer))
    if found is None:
        return None
    try:
        value = json.loads(found.group())
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
