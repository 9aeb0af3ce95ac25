"""The formula that lies on the desk of this visit, and where it came from."""

from __future__ import annotations

from app.ui import state
from app.ui.fragrance_studio.drafts import Draft, rows_of
from app.ui.texts import say
from core.fragrance.formulas.formula import Formula
from core.fragrance.formulas.stored import StoredFormula, get_formula, get_version, list_formulas
from core.fragrance.generation import kept_briefs
from core.fragrance.generation.brief import Brief
from core.security.policy import Principal

DRAFT, OPENED = "studio-draft", "studio-opened"
EDITOR, TABS = "studio-editor", "studio-tabs"
FIELDS = CATEGORY, DOSAGE, BATCH, NAME, REASON = (
    "desk-category", "desk-dosage", "desk-batch", "desk-name", "desk-reason",
)  # fmt: skip


def draft() -> Draft | None:
    found: Draft | None = state.kept(DRAFT)
    return found


def lay(one: Draft, *, is_typed: bool = False) -> None:
    """Put a draft on the desk. is_typed: its fields show it already, and what was typed there stays in them."""
    state.keep(DRAFT, one)
    if not is_typed:
        for field in (EDITOR, *FIELDS):
            state.reset(field)


def take(formula: Formula, brief: Brief, name: str) -> None:
    """Work on an alternative from here on."""
    lay(Draft(rows_of(formula), name, brief.product, brief.batch_g, brief=kept_briefs.plain_brief(brief)))
    state.keep(OPENED, None)
    state.hold_open(state.FORMULA, None)


def take_rows(formula: Formula, name: str) -> None:
    """Work on a formula that no brief stands behind."""
    lay(Draft(rows_of(formula), name))
    state.keep(OPENED, None)
    state.hold_open(state.FORMULA, None)


def open_stored(formula_id: str, principal: Principal, number: int | None = None) -> None:
    """Work on a stored formula, its newest version unless a number is given. Raises NotFound."""
    stored = get_formula(formula_id, principal=principal)
    version = get_version(formula_id, number, principal=principal)
    rows = rows_of(version.formula)
    batch_g = float((version.brief or {}).get("batch_g") or Draft.batch_g)
    is_newest = version.number == stored.version
    lay(
        Draft(
            rows, stored.name, version.product, batch_g, stored.id, stored.version, stored.is_editable,
            saved=rows if is_newest else (), brief=version.brief,
        )
    )  # fmt: skip
    hold(stored.id)


def hold(formula_id: str) -> None:
    """The address names what is open, so that a reload finds it."""
    state.keep(OPENED, formula_id)
    state.hold_open(state.FORMULA, formula_id)


def follow_address(principal: Principal) -> None:
    """Open what `?formula=` names, once. Raises NotFound."""
    named = state.opened(state.FORMULA)
    if named and named != state.kept(OPENED):
        state.keep(OPENED, named)  # also where it is not there: said once, not with every click
        open_stored(named, principal)
        to_tab(say("studio_tab.formula"))


def to_tab(label: str) -> None:
    """Open a tab with the next run; called where the tabs are not drawn yet."""
    state.preset(TABS, label)


def brief_of(one: Draft) -> Brief | None:
    """The brief that a draft was composed for; None where none was stored."""
    return kept_briefs.brief_of(one.brief) if one.brief else None


def accord_names(principal: Principal) -> dict[str, str]:
    """Names by id of the accords that may be read."""
    return {one.id: one.name for one in list_formulas(principal=principal, only_accords=True)}


def stored_of(one: Draft, principal: Principal) -> StoredFormula | None:
    """The stored formula that a draft was opened from, as it is now."""
    return get_formula(one.formula_id, principal=principal) if one.formula_id else None
