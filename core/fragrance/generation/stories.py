"""Name and prose of a formula for customers: by rule from formula and brief, or by a language model from those facts.

No amount is ever told. A model's text with a number that no fact holds, or with a word the brief excluded, is dropped.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import Unavailable
from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Position
from core.fragrance.formulas.formula import Accords, Formula, flattened
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.odours import ODOURS, power, told
from core.fragrance.generation.story_words import place_of
from core.fragrance.generation.styles import kin
from core.fragrance.generation.wording import labels
from core.fragrance.vocabulary import label, words_of
from core.knowledge.notices import Notice
from core.llm.chat_model import ChatModel, Message, collect
from core.llm.facts_check import unsupported_numbers
from core.llm.plain_answer import plain_answer
from core.messages import say

MAX_TOKENS = 900
WORDS_TOLD = 3  # odour words of a layer
PARTS = ("name", "description", "story", "top", "heart", "base")
LAYERS: Mapping[Position, str] = {
    "top": "fragrance_generation.story_top",
    "heart": "fragrance_generation.story_heart",
    "base": "fragrance_generation.story_base",
}
ASK = {
    "en": "You write for a perfume house. From the facts, write JSON with the texts name, description, story, top, "
    "heart, base. Plain, sensuous English; no numbers, no ingredient that is not in the facts. JSON alone.",
    "ko": "당신은 향수 하우스의 글을 씁니다. 아래 사실만으로 name, description, story, top, heart, base를 담은 JSON을 "
    "쓰십시오. 자연스러운 합니다체로, 숫자와 사실에 없는 재료는 쓰지 마십시오. JSON만 답하십시오.",
}
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


@dataclass(frozen=True)
class Story:
    """top, heart, base: prose of the layers. generator: "rule", or the name of the model that wrote it.

    notices: why a model's text was not taken.
    """

    language: str
    name: str
    description: str
    story: str
    top: str
    heart: str
    base: str
    generator: str = "rule"
    notices: tuple[Notice, ...] = ()


def tell(
    formula: Formula, brief: Brief, *, catalogue: Catalogue, accords: Accords, language: str,
    longevity: str = "", sillage: str = "", model: ChatModel | None = None,
) -> Story:  # fmt: skip
    """longevity, sillage: words of the language, from the validation; empty where they are not known."""
    layers = layer_words(formula, catalogue, accords)
    by_rule = _by_rule(formula, brief, layers, language, longevity, sillage)
    return by_rule if model is None else _by_model(by_rule, brief, model)


def layer_words(formula: Formula, catalogue: Catalogue, accords: Accords) -> dict[Position, tuple[str, ...]]:
    """The most telling odour words of each layer, strongest first."""
    profiles = {position: np.zeros(len(ODOURS)) for position in POSITIONS}
    for material_id, amount in flattened(formula, accords).items():
        material = catalogue.get(material_id)
        profiles[material.position] += amount * power(material) * told(material, kin=0.0)
    return {
        position: tuple(ODOURS[one] for one in np.argsort(-profile, kind="stable")[:WORDS_TOLD] if profile[one] > 0)
        for position, profile in profiles.items()
    }


def _by_rule(
    formula: Formula, brief: Brief, layers: Mapping[Position, Sequence[str]], language: str, longevity: str,
    sillage: str,
) -> Story:  # fmt: skip
    wanted = [word for word, weight in sorted(brief.odour.items(), key=lambda pair: -pair[1]) if weight > 0]
    leading = [*wanted, *layers["heart"], *layers["base"], *layers["top"]]
    broad = set(kin().values())
    telling = sorted(wanted or leading, key=lambda word: word in broad)  # "vetiver" says more than "woody"
    digest = hashlib.sha256(repr([(line.ingredient, line.amount_mg) for line in formula.lines]).encode()).digest()
    first = label("odour", telling[0], language) if telling else ""
    name = f"{first[:1].upper()}{first[1:]} {place_of(digest, language)}".strip()
    families = [label("family", brief.family, language)] if brief.family else []
    character = ", ".join(dict.fromkeys([*(label("mood", one, language) for one in brief.moods), *families]))
    key = "fragrance_generation.story_description" if character else "fragrance_generation.story_description_plain"
    told_first = _words(list(dict.fromkeys(leading))[:WORDS_TOLD], language)
    description = say(key, language, character=character, odours=told_first)
    prose = {position: _layer(position, layers[position], language) for position in POSITIONS}
    story = [description, prose["top"], prose["heart"], prose["base"]]
    story += [say("fragrance_generation.story_season", language, words=", ".join(
        label("season", one, language) for one in brief.seasons))] if brief.seasons else []  # fmt: skip
    story += [say("fragrance_generation.story_occasion", language, words=", ".join(
        label("occasion", one, language) for one in brief.occasions))] if brief.occasions else []  # fmt: skip
    story += [say("fragrance_generation.story_longevity", language, words=longevity)] if longevity else []
    story += [say("fragrance_generation.story_sillage", language, words=sillage)] if sillage else []
    return Story(language, name, description, " ".join(one for one in story if one), prose["top"], prose["heart"],
                 prose["base"])  # fmt: skip


def _layer(position: Position, words: Sequence[str], language: str) -> str:
    if not words:
        return ""
    return say(LAYERS[position], language, words=_words(words, language))


def _words(words: Sequence[str], language: str) -> str:
    return labels("odour", words)[language == "ko"]


def _by_model(by_rule: Story, brief: Brief, model: ChatModel) -> Story:
    facts = "\n".join(f"{part}: {getattr(by_rule, part)}" for part in PARTS)
    asked = [Message("system", ASK["ko" if by_rule.language == "ko" else "en"]), Message("user", facts)]
    try:
        answer = collect(model, asked, max_tokens=MAX_TOKENS)
    except Unavailable:
        return _kept(by_rule, "fragrance_generation.story_model_away", model)
    texts = _texts(answer)
    if texts is None:
        return _kept(by_rule, "fragrance_generation.story_unusable", model)
    whole = " ".join(texts.values())
    invented = unsupported_numbers(whole, [facts])
    excluded = [word for word, weight in brief.odour.items() if weight <= -1]
    words = [word for one in excluded for word in words_of("odour", one)]
    named = [word for word in words if _says(whole, word) and not _says(facts, word)]
    if invented or named:
        return _kept(by_rule, "fragrance_generation.story_rejected", model, words=", ".join((*invented, *named)))
    return Story(
        by_rule.language, texts["name"], texts["description"], texts["story"], texts["top"], texts["heart"],
        texts["base"], model.name,
    )  # fmt: skip


def _kept(by_rule: Story, key: str, model: ChatModel, **details: str) -> Story:
    return replace(by_rule, notices=(Notice(key, {"model": model.name} | details),))


def _says(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}", text.casefold()) is not None


def _texts(answer: str) -> dict[str, str] | None:
    """The texts the model wrote; None where one is missing."""
    found = _OBJECT.search(plain_answer(answer))
    try:
        value = json.loads(found.group()) if found else None
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    texts = {part: " ".join(str(value.get(part) or "").split()) for part in PARTS}
    return texts if all(texts.values()) else None
