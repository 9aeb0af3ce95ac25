"""The formula weighed out: grams in the order of weighing, dilutions, the bottle, and the sheet to print."""

from __future__ import annotations

import streamlit as st

from app.ui import choosing, formats, notices
from app.ui.fragrance_studio import desk, sheet_files
from app.ui.fragrance_studio.drafts import Draft
from app.ui.fragrance_studio.judging import Judged, Workbench, judged, workbench
from app.ui.fragrance_words import draw_notices, grams, ingredient, money
from app.ui.texts import say
from core.fragrance.formulas.batches import STEPS_G, Batch, Weighing, batch_grams, batch_of
from core.fragrance.formulas.costs import cost_of_product
from core.fragrance.formulas.finishing import ALCOHOL_SHARE, BOTTLE_ML, FinishedProduct, finished_product
from core.security.policy import Principal

SHEET = "studio-sheet"
BATCH_UNITS = ("g", "kg", "mg")


def draw(principal: Principal) -> None:
    """Chosen on top, then what follows: weighing list, bottle, files."""
    draft = desk.draft()
    if draft is None:
        notices.empty("studio.no_formula", "studio.no_formula_hint", icon=":material/scale:")
        return
    by = workbench(principal)
    result = judged(draft, by)
    if result.problem is not None:
        notices.show_error(result.problem)
        st.caption(say("studio.weigh_when_whole"))
        return
    st.subheader(formats.plain(draft.name), anchor=False)
    batch = _draw_batch(draft, result, by)
    finished = None
    if batch is not None:
        with notices.errors_shown():
            finished = _draw_bottle(draft, result, by)
        with notices.errors_shown():
            sheet_files.draw(draft, result, batch, finished, by, principal)


def _draw_batch(draft: Draft, result: Judged, by: Workbench) -> Batch | None:
    """The weighing list; None where the batch cannot be."""
    with st.container(border=True, key="studio-weighing"):
        st.markdown(f"##### {say('studio.weighing')}")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            amount = st.number_input(
                say("studio.amount"), min_value=0.0, value=draft.batch_g, step=1.0, format="%.4f", width=160,
                key=f"batch-amount:{draft.batch_g:g}",
            )  # fmt: skip
            unit = choosing.one_of(
                st, say("studio.amount_unit"), BATCH_UNITS, format_func=str, key="batch-unit", width=100
            )
            step = choosing.one_of(
                st, say("studio.step"), STEPS_G, format_func=lambda one: f"{one} g", key="batch-step",
                index=STEPS_G.index("0.01"), width=160, help=say("studio.step_help"),
            )  # fmt: skip
        batch: Batch | None = None
        with notices.errors_shown():
            batch = batch_of(
                result.formula, batch_grams(amount, unit or "g"), catalogue=by.catalogue, step_g=float(step or "0.01")
            )
        if batch is None:
            return None
        digits = max(len((step or "0.01").partition(".")[2]), 0)
        rows = [_weighing(place, one, digits, by) for place, one in enumerate(batch.weighings, 1)]
        st.dataframe(rows, hide_index=True, alt=say("studio.weighing"), height="content")
        st.markdown(f"**{say('studio.weighed', total=grams(batch.total_g, digits))}**")
        st.caption(say("studio.order_hint"))
        draw_notices(batch.notices, icon=":material/warning:")
    return batch


def _weighing(place: int, one: Weighing, digits: int, by: Workbench) -> dict[str, object]:
    dilution = ""
    if one.strength < 100 and one.solvent is not None:
        solvent = ingredient(one.solvent, by.catalogue, by.accord_names)
        dilution = say("studio.diluted", strength=one.strength, solvent=solvent)
    return {
        say("studio.order"): place,
        say("studio.ingredient"): ingredient(one.ingredient, by.catalogue, by.accord_names),
        say("studio.weigh"): grams(one.grams, digits),
        say("studio.dilution"): dilution,
        say("studio.exact"): grams(one.exact_g, 4),
        say("studio.error"): f"{one.error_percent:+.2f} %",
    }


def _draw_bottle(draft: Draft, result: Judged, by: Workbench) -> FinishedProduct:
    with st.container(border=True, key="studio-bottle"):
        st.markdown(f"##### {say('studio.bottle')}")
        first, second = st.columns(2)
        size = first.number_input(say("studio.bottle_ml"), 0.1, 1_000_000.0, BOTTLE_ML, 10.0, key="bottle-ml")
        alcohol = second.number_input(
            say("studio.alcohol"), 0.0, 100.0, ALCOHOL_SHARE, 1.0, key="bottle-alcohol", help=say("studio.alcohol_help")
        )
        made = finished_product(draft.product, bottle_ml=size, alcohol_share=alcohol)
        cost = cost_of_product(
            result.formula, draft.product, catalogue=by.catalogue, accords=by.accords, bottle_ml=size,
            alcohol_share=alcohol,
        )  # fmt: skip
        parts = st.columns(5)
        parts[0].metric(say("studio.concentrate"), grams(made.concentrate_g))
        parts[1].metric(say("studio.ethanol"), grams(made.ethanol_g))
        parts[2].metric(say("studio.water"), grams(made.water_g))
        parts[3].metric(
            say("studio.bottle_cost"), money(cost.total, cost.currency), help=say("studio.bottle_cost_help")
        )
        parts[4].metric(say("studio.suggested_price"), money(cost.suggested_price, cost.currency))
        draw_notices((*made.assumptions, *cost.notices))
    return made
