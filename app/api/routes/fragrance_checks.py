"""What is expected of a formula or of names alone, and whether it keeps to the limits. Advice, not certification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.wire.fragrance_bodies import SentBody
from app.api.wire.fragrance_formulas import limits_answer, validation_answer
from core.errors import BadInput
from core.messages import say
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.fragrance.formulas.formula import Accords, Formula
    from core.fragrance.products import Product

router = APIRouter(prefix="/api/v1", tags=["fragrance"], route_class=PerfumeryRoute)

MOST_LINES = 200
_FORMULA: list[dict[str, Any]] = [
    {"ingredient": "bergamot oil", "percentage": 40}, {"ingredient": "Hedione", "percentage": 40},
    {"ingredient": "Galaxolide", "percentage": 20},
]  # fmt: skip
_CHECKED: dict[str, Any] = {"formula": _FORMULA, "category": "4", "dosage": 15}
_VALIDATION: dict[str, Any] = {
    "method": "rules", "confidence": 0.35, "score": 0.71, "balance": 0.8, "stability": 0.9, "longevity_h": 5.2,
    "sillage": 0.44, "sillage_word": "moderate", "layers": {"top": 33.3, "heart": 33.3, "base": 33.3},
    "risks": [], "assumptions": ["이름만 있고 양이 없습니다."], "unknown": [],
}  # fmt: skip
_LIMITS: dict[str, Any] = {
    "verdict": "pass", "table": "예제 한도표", "amendment": "sample", "amended_on": "2026-01-01", "is_sample": True,
    "category": "4", "dosage": 15.0, "rules": [], "labels": [], "unknown": [], "notes": ["참고 정보입니다."],
    "advice": "참고 정보이며 인증이 아닙니다.",
}  # fmt: skip


def _names(value: Any) -> Any:
    """Names as texts; clients also send objects with a name."""
    if isinstance(value, list):
        return [one.get("name") if isinstance(one, dict) else one for one in value]
    return value


Names = Annotated[list[str], BeforeValidator(_names), Field(max_length=MOST_LINES)]


class FormulaLine(BaseModel):
    """One line. ingredient: id, CAS number or name of a material; percentage: of the concentrate."""

    model_config = ConfigDict(json_schema_extra={"example": _FORMULA[0]})
    ingredient: str = Field(validation_alias=AliasChoices("ingredient", "name", "id"), min_length=1)
    percentage: float = Field(validation_alias=AliasChoices("percentage", "share", "amount"))


class CheckedBody(SentBody):
    """A formula whose percentages sum to 100, and the product that it goes into."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _CHECKED})
    formula: list[FormulaLine] = Field(
        default_factory=list, validation_alias=AliasChoices("formula", "ingredients", "lines"), max_length=MOST_LINES
    )
    category: str = Field("4", description="of the finished product; 4 is fine fragrance")
    dosage: float = Field(15.0, description="percent of concentrate in the finished product")


class ValidatedBody(CheckedBody):
    """Either a formula, or names by layer without amounts."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {"top_notes": ["bergamot oil"], "heart_notes": ["Hedione"], "base_notes": ["Galaxolide"]}
        },
    )
    top_notes: Names = Field(default_factory=list)
    heart_notes: Names = Field(default_factory=list, validation_alias=AliasChoices("heart_notes", "middle_notes"))
    base_notes: Names = Field(default_factory=list)
    fragrance_family: str | None = Field(None, description="of the brief: its style has bands of layers of its own")


class ValidationAnswer(BaseModel):
    """method: the evaporation model, or rules where there are no amounts. null: not known. confidence: 0 to 1, how
    much of what was given the method knows. unknown: names that nothing is known of."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _VALIDATION})
    method: str
    confidence: float
    score: float | None
    balance: float | None
    stability: float | None
    longevity_h: float | None
    sillage: float | None
    sillage_word: str | None
    layers: dict[str, float]
    risks: list[str]
    assumptions: list[str]
    unknown: list[str]


class LimitsAnswer(BaseModel):
    """verdict: pass, fail or unknown; never pass where anything could not be judged. Shares and limits are percent of
    the finished product."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _LIMITS})
    verdict: str
    table: str
    amendment: str
    amended_on: str
    is_sample: bool
    category: str
    dosage: float
    rules: list[dict[str, Any]]
    labels: list[dict[str, Any]]
    unknown: list[str]
    notes: list[str]
    advice: str


@router.post("/validate", response_model=ValidationAnswer)
@needs(Permission.FRAGRANCE_READ)
def validate(body: ValidatedBody, request: Request, principal: Principal = CALLER) -> Any:
    """What a formula, or names alone, may be expected to do: balance, longevity, sillage, risks."""
    from core.fragrance import vocabulary
    from core.fragrance.catalogue.current import current_catalogue
    from core.fragrance.validation import validating

    product, catalogue = _product(body), current_catalogue()
    family = vocabulary.canonical_or_none("family", body.fragrance_family)
    if body.formula:
        formula, accords = _formula(body.formula, principal)
        found = validating.validate(formula, product, catalogue=catalogue, accords=accords, family=family)
    else:
        top, heart, base = map(_told, (body.top_notes, body.heart_notes, body.base_notes))
        found = validating.validate_names(top, heart, base, catalogue, product)
    return validation_answer(found, language_of(request))


@router.post("/limits/check", response_model=LimitsAnswer)
@needs(Permission.FRAGRANCE_FORMULA)
def check_limits(body: CheckedBody, request: Request, principal: Principal = CALLER) -> Any:
    """Each rule of the table that counts now on a formula, line by line, and the allergens to be named."""
    from core.fragrance.catalogue.current import current_catalogue
    from core.fragrance.limits.checking import check
    from core.fragrance.limits.stored import current_limits

    if not body.formula:
        raise BadInput("api.invalid_missing", field="formula")
    catalogue, language = current_catalogue(), language_of(request)
    formula, accords = _formula(body.formula, principal)
    report = check(formula, _product(body), catalogue=catalogue, table=current_limits(), accords=accords)
    return {**limits_answer(report, catalogue, language), "advice": say("fragrance.advice", language)}


def _formula(lines: Sequence[FormulaLine], principal: Principal) -> tuple[Formula, Accords]:
    """Raises BadInput for what does not add up or is not known."""
    from core.fragrance.catalogue.current import current_catalogue
    from core.fragrance.formulas.entering import Entry, formula_of
    from core.fragrance.formulas.stored import accords_for

    accords = accords_for(principal)
    entries = [Entry(line.ingredient, line.percentage) for line in lines]
    return formula_of(entries, catalogue=current_catalogue(), accords=accords), accords


def _product(body: CheckedBody) -> Product:
    from core.fragrance.products import Product

    return Product(body.category.upper(), body.dosage)  # type: ignore[arg-type]


def _told(names: Sequence[str]) -> list[str]:
    return [name.strip() for name in names if name.strip()]
