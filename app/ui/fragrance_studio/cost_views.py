"""What the draft costs: the concentrate by kilogram, line and batch; what is not priced is named, never guessed."""

from __future__ import annotations

import streamlit as st

from app.ui.fragrance_studio.drafts import Draft
from app.ui.fragrance_studio.judging import Judged, Workbench
from app.ui.fragrance_words import UNKNOWN, draw_notices, grams, ingredient, money, percent
from app.ui.texts import say
from core.fragrance.formulas.costs import ConcentrateCost, LineCost

G_PER_KG = 1000


def draw(draft: Draft, result: Judged, by: Workbench) -> None:
    """Headline figures, then what each line costs."""
    cost = result.cost
    with st.container(border=True, key="studio-cost"):
        st.markdown(f"##### {say('studio.cost')}")
        first, second = st.columns(2)
        first.metric(say("studio.per_kg"), money(cost.per_kg, cost.currency))
        of_batch = None if cost.per_kg is None else cost.per_kg * draft.batch_g / G_PER_KG
        second.metric(say("studio.of_batch", batch=grams(draft.batch_g)), money(of_batch, cost.currency))
        if cost.per_kg is None:
            known = money(cost.known_per_kg, cost.currency)
            st.caption(say("studio.known_cost", cost=known, percent=percent(cost.known_percent, 1)))
        draw_notices(cost.notices)
        if cost.oldest is not None:
            st.caption(say("studio.oldest_price", on=cost.oldest.isoformat()))
        with st.expander(say("studio.cost_lines"), icon=":material/payments:"):
            lines = sorted(cost.lines, key=lambda one: -one.known)
            st.dataframe([_row(one, cost, by) for one in lines], hide_index=True, alt=say("studio.cost_lines"))


def _row(one: LineCost, cost: ConcentrateCost, by: Workbench) -> dict[str, str]:
    lacking = ", ".join(ingredient(name, by.catalogue, by.accord_names) for name in one.unknown)
    return {
        say("studio.ingredient"): ingredient(one.ingredient, by.catalogue, by.accord_names),
        say("studio.per_kg"): money(one.cost, cost.currency),
        say("studio.cost_share"): UNKNOWN if one.share is None else percent(one.share, 1),
        say("studio.unpriced"): lacking,
    }
