"""What those who may see formulas are told beside the prose: amounts, costs, limits and what a model foretells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.messages import Language

if TYPE_CHECKING:
    from app.api.fragrance_recipes import Recipe
    from core.fragrance.catalogue.materials import Catalogue
    from core.fragrance.limits.checking import LimitsReport, RuleResult
    from core.fragrance.validation.validating import Validation


def admin_recipe(recipe: Recipe, saved_as: str | None) -> dict[str, Any]:
    """Percent of the concentrate by line; costs in the workbench's currency, null where a price is not known."""
    from core.fragrance.formulas.finishing import finished_product

    best, brief, language = recipe.best, recipe.generated.brief, recipe.language
    finished = finished_product(brief.product)
    return {
        "recipe_id": saved_as or recipe.id,
        "is_saved": saved_as is not None,
        "total_cost": recipe.cost.total,
        "cost_per_ml": recipe.cost.per_ml,
        "suggested_price": recipe.cost.suggested_price,
        "cost_per_kg": recipe.concentrate.per_kg,
        "currency": recipe.cost.currency,
        "maturation_time": finished.maturation_days,
        "batch_size_ml": finished.bottle_ml,
        "concentrate_g": finished.concentrate_g,
        "ethanol_g": finished.ethanol_g,
        "water_g": finished.water_g,
        "category": brief.product.category,
        "dosage": brief.product.dosage,
        "layers": dict(best.layers),
        "ingredients": _lines(recipe),
        "fit": best.fit,
        "quality": recipe.quality,
        "limits": limits_answer(best.limits, recipe.catalogue, language),
        "validation": validation_answer(recipe.validation, language),
        "assumptions": [one.text(language) for one in recipe.cost.notices],
    }


def limits_answer(report: LimitsReport, catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """Advice, not a certification: what each rule says, and what could not be judged."""
    table = report.table
    return {
        "verdict": report.verdict,
        "table": table.name,
        "amendment": table.amendment,
        "amended_on": table.amended_on.isoformat(),
        "is_sample": table.is_sample,
        "category": report.product.category,
        "dosage": report.product.dosage,
        "rules": [_rule(one, catalogue, language) for one in report.results],
        "labels": [
            {
                "name": one.name, "cas": list(one.cas), "product_share": one.product_share,
                "threshold": one.threshold, "must_be_named": one.must_be_named,
            }
            for one in report.labels
        ],
        "unknown": [_name(one, catalogue, language) for one in report.unknown],
        "notes": [one.text(language) for one in report.notes],
    }  # fmt: skip


def validation_answer(found: Validation, language: Language) -> dict[str, Any]:
    """What a formula is expected to do, and by which method; null is not known."""
    return {
        "method": found.method,
        "confidence": found.confidence,
        "score": found.score,
        "balance": found.balance,
        "stability": found.stability,
        "longevity_h": found.longevity_h,
        "sillage": found.sillage,
        "sillage_word": found.sillage_word,
        "layers": dict(found.layers),
        "risks": [one.text(language) for one in found.risks],
        "assumptions": [one.text(language) for one in found.assumptions],
        "unknown": list(found.unknown),
    }


def _lines(recipe: Recipe) -> list[dict[str, Any]]:
    from core.fragrance.amounts import percent

    costs = {one.ingredient: one for one in recipe.concentrate.lines}
    found = []
    for place, line in enumerate(recipe.best.formula.lines, 1):
        material = recipe.catalogue.get(line.ingredient)
        price = material.price
        is_ours = price is not None and price.currency == recipe.concentrate.currency
        found.append(
            {
                "order": place,
                "id": material.id,
                "name": material.name(recipe.language),
                "cas": material.cas,
                "position": material.position,
                "kind": material.kind,
                "percentage": percent(line.amount_mg),
                "price_per_kg": price.per_kg if price is not None and is_ours else None,
                "cost_per_kg": costs[line.ingredient].cost,
                "reasons": [one.text(recipe.language) for one in recipe.best.reasons.get(line.ingredient, ())],
            }
        )
    return found


def _rule(one: RuleResult, catalogue: Catalogue, language: Language) -> dict[str, Any]:
    return {
        "name": one.rule.name,
        "kind": one.rule.kind,
        "verdict": one.verdict,
        "product_share": one.product_share,
        "limit": one.limit,
        "specification": one.rule.specification,
        "contributions": [
            {"name": _name(part.line, catalogue, language), "product_share": part.product_share}
            for part in one.contributions
        ],
    }


def _name(ingredient: str, catalogue: Catalogue, language: Language) -> str:
    from core.fragrance.formulas.naming import shown

    return shown(ingredient, catalogue, language)
