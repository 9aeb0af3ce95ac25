"""From what a client asked to a composed recipe: one way for a single one, a batch and the shop's own routes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from core.errors import Unavailable, WorkbenchError
from core.messages import Language, say
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings

if TYPE_CHECKING:
    from core.fragrance.catalogue.materials import Catalogue
    from core.fragrance.formulas.costs import ConcentrateCost, FinishedCost
    from core.fragrance.formulas.formula import Accords
    from core.fragrance.generation.generating import Alternative, Generated
    from core.fragrance.generation.interpreting import Interpreted
    from core.fragrance.generation.reading_briefs import Given
    from core.fragrance.generation.stories import Story
    from core.fragrance.validation.validating import Validation
    from core.llm.chat_model import ChatModel

MODEL_AWAY = "fragrance_generation.model_away"


@dataclass(frozen=True)
class Recipe:
    """A brief's best formula with all that is told of it. id: the same for the same brief and formula.

    quality: 0 to 1, of `evaluation.generation_metrics`.
    """

    id: str
    interpreted: Interpreted
    generated: Generated
    story: Story
    validation: Validation
    concentrate: ConcentrateCost
    cost: FinishedCost
    quality: float
    catalogue: Catalogue
    language: Language

    @property
    def best(self) -> Alternative:
        return self.generated.alternatives[0]


def compose_recipe(given: Given, *, language: Language, principal: Principal) -> Recipe:
    """One recipe. A language model, where one is configured, reads the words and writes the prose.

    Raises BadInput, also for a brief that cannot be met; Unavailable where a story is required and no model wrote it.
    """
    from core.fragrance.generation.interpreting import interpret
    from core.llm.roles import chat_model_for

    require(principal, Permission.FRAGRANCE_COMPOSE)
    catalogue = _catalogue()
    interpreted = interpret(given, chat_model_for("orchestrator"), catalogue=catalogue)
    # A provider that was just away is not asked again for the same recipe.
    is_away = any(one.key == MODEL_AWAY for one in interpreted.notices)
    writer = None if is_away else chat_model_for("describer")
    generated = _generated(interpreted, catalogue, principal)
    recipe = _told(interpreted, generated, catalogue, language, principal, writer)
    if get_settings().fragrance_story_required and (is_away or writer is not None) and recipe.story.generator == "rule":
        why = (*interpreted.notices, *recipe.story.notices)[-1]
        raise Unavailable(why.key, **why.details)
    return recipe


def compose_batch(
    asked: Sequence[Given | WorkbenchError], *, language: Language, principal: Principal
) -> tuple[Recipe | WorkbenchError, ...]:
    """Recipes in the order of what was asked, or why there is none; read and told by rule, as so many would have to
    wait for a language model one after the other."""
    from core.fragrance.generation.batch import generate_all
    from core.fragrance.generation.interpreting import interpret
    from core.fragrance.limits.stored import current_limits

    require(principal, Permission.FRAGRANCE_COMPOSE)
    catalogue = _catalogue()

    def read(one: Given | WorkbenchError) -> Interpreted | WorkbenchError:
        if isinstance(one, WorkbenchError):
            return one
        try:
            return interpret(one, None, catalogue=catalogue)
        except WorkbenchError as error:
            return error

    interpreted = [read(one) for one in asked]
    briefs = [one if isinstance(one, WorkbenchError) else one.reading.brief for one in interpreted]
    accords = _accords(principal)
    outcomes = generate_all(briefs, catalogue=catalogue, table=current_limits(), accords=accords)
    found: list[Recipe | WorkbenchError] = []
    for one, outcome in zip(interpreted, outcomes, strict=True):
        if isinstance(one, WorkbenchError) or outcome.generated is None:
            assert outcome.error is not None
            found.append(outcome.error)
        else:
            found.append(_told(one, outcome.generated, catalogue, language, principal, None))
    return tuple(found)


def save_recipe(recipe: Recipe, *, principal: Principal) -> str:
    """Keep the formula as a draft of the principal; its id."""
    from core.fragrance.formulas.stored import save_formula
    from core.fragrance.generation.kept_briefs import plain_brief

    story = {name: getattr(recipe.story, name) for name in ("name", "description", "story", "generator")}
    stored = save_formula(
        recipe.story.name, recipe.best.formula, product=recipe.generated.brief.product,
        brief=plain_brief(recipe.generated.brief), story=story, principal=principal,
    )  # fmt: skip
    return stored.id


def name_in(recipe: Recipe, language: Language) -> str:
    """The perfume's name in a language; by rule where its story is told in the other one."""
    from core.fragrance.generation.stories import tell

    if recipe.language == language:
        return recipe.story.name
    brief, formula = recipe.generated.brief, recipe.best.formula
    return tell(formula, brief, catalogue=recipe.catalogue, accords={}, language=language).name


def longevity_words(validation: Validation, language: Language) -> str:
    """How long it lasts, by the model; empty where too little is known."""
    hours = validation.longevity_h
    if hours is None:
        return ""
    last = validation.evaporation.hours[-1]
    if hours >= last:
        return say("api.longevity_at_least", language, hours=f"{last:g}")
    if hours < 1:
        return say("api.longevity_under_an_hour", language)
    return say("api.longevity_about", language, hours=f"{hours:.0f}")


def sillage_words(validation: Validation, language: Language) -> str:
    """How far it carries, by the model; empty where too little is known."""
    from core.fragrance.validation.odour import sillage_label

    word = validation.sillage_word
    return sillage_label(word, language) if word else ""


def _catalogue() -> Catalogue:
    from core.fragrance.catalogue.current import current_catalogue

    return current_catalogue()


def _accords(principal: Principal) -> Accords:
    from core.fragrance.formulas.stored import accords_for

    return accords_for(principal)


def _generated(interpreted: Interpreted, catalogue: Catalogue, principal: Principal) -> Generated:
    from core.fragrance.generation.generating import generate
    from core.fragrance.limits.stored import current_limits

    brief = interpreted.reading.brief
    return generate(brief, catalogue=catalogue, table=current_limits(), accords=_accords(principal))


def _told(
    interpreted: Interpreted, generated: Generated, catalogue: Catalogue, language: Language, principal: Principal,
    writer: ChatModel | None,
) -> Recipe:  # fmt: skip
    from core.fragrance.evaluation.generation_metrics import quality
    from core.fragrance.formulas.costs import cost_of_concentrate, cost_of_product
    from core.fragrance.generation.stories import tell
    from core.fragrance.tuning.told_stories import retold
    from core.fragrance.validation.validating import validate

    accords, brief = _accords(principal), generated.brief
    formula = generated.alternatives[0].formula
    validation = validate(formula, brief.product, catalogue=catalogue, accords=accords, family=brief.family)
    story = tell(
        formula, brief, catalogue=catalogue, accords=accords, language=language,
        longevity=longevity_words(validation, language), sillage=sillage_words(validation, language), model=writer,
    )  # fmt: skip
    if writer is None:
        story = retold(story, brief)
    return Recipe(
        _id_of(generated),
        interpreted,
        generated,
        story,
        validation,
        cost_of_concentrate(formula, catalogue=catalogue, accords=accords),
        cost_of_product(formula, brief.product, catalogue=catalogue, accords=accords),
        quality(generated, catalogue=catalogue, accords=accords).score,
        catalogue,
        language,
    )


def _id_of(generated: Generated) -> str:
    from core.fragrance.generation.kept_briefs import plain_brief

    lines = [[line.ingredient, line.amount_mg] for line in generated.alternatives[0].formula.lines]
    text = json.dumps({"brief": plain_brief(generated.brief), "lines": lines}, sort_keys=True, ensure_ascii=False)
    return str(UUID(bytes=hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16], version=4))
