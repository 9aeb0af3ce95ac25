"""Everything that is known of the draft on the desk, worked out anew with every edit."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from app.ui.fragrance_studio import desk
from app.ui.fragrance_studio.drafts import Draft
from core.errors import BadInput, WorkbenchError
from core.fragrance.catalogue.current import current_catalogue
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.costs import ConcentrateCost, cost_of_concentrate
from core.fragrance.formulas.entering import formula_of, normalised
from core.fragrance.formulas.formula import Accords, Formula
from core.fragrance.formulas.stored import accords_for
from core.fragrance.generation.reasons import reasons
from core.fragrance.limits.checking import LimitsReport, check
from core.fragrance.limits.stored import current_limits
from core.fragrance.validation.validating import Validation, validate
from core.knowledge.notices import Notice
from core.security.policy import Principal


@dataclass(frozen=True)
class Judged:
    """formula: that of the draft; where its sum is off, the same lines scaled to 100 %, and problem says what is off.

    reasons: by ingredient; empty without a brief, or with accords.
    """

    formula: Formula
    problem: WorkbenchError | None
    report: LimitsReport
    validation: Validation
    cost: ConcentrateCost
    reasons: Mapping[str, tuple[Notice, ...]]


@dataclass(frozen=True)
class Workbench:
    """What a draft is judged by."""

    catalogue: Catalogue
    accords: Accords
    accord_names: Mapping[str, str]


def workbench(principal: Principal) -> Workbench:
    return Workbench(current_catalogue(), accords_for(principal), desk.accord_names(principal))


def judged(draft: Draft, by: Workbench) -> Judged:
    """Raises BadInput where not even scaling makes a formula of it."""
    problem: WorkbenchError | None = None
    try:
        formula = formula_of(draft.entries, catalogue=by.catalogue, accords=by.accords)
    except BadInput as error:
        problem = error
        scaled = normalised(draft.entries)
        try:
            formula = formula_of(scaled, catalogue=by.catalogue, accords=by.accords)
        except BadInput:
            raise problem from None
    brief = desk.brief_of(draft)
    told: Mapping[str, tuple[Notice, ...]] = {}
    if brief is not None and not any(line.accord for line in formula.lines):
        with suppress(BadInput):  # a material that has left the catalogue
            told = reasons(formula, brief, by.catalogue)
    return Judged(
        formula,
        problem,
        check(formula, draft.product, catalogue=by.catalogue, table=current_limits(), accords=by.accords),
        validate(
            formula, draft.product, catalogue=by.catalogue, accords=by.accords,
            family=brief.family if brief else None,
        ),
        cost_of_concentrate(formula, catalogue=by.catalogue, accords=by.accords),
        told,
    )  # fmt: skip
