"""What the draft is expected to do on the skin, by a stated model: figures, curves, assumptions and risks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.ui import formats, state
from app.ui.charts import CONFIG
from app.ui.fragrance_studio.judging import Judged, Workbench
from app.ui.fragrance_words import UNKNOWN, draw_notices, ingredient, told
from app.ui.run_charts import lines_of, title_of
from app.ui.texts import say, say_value
from core.fragrance.amounts import percent
from core.fragrance.formulas.formula import flattened
from core.fragrance.validation.charts import left_figure, odour_figure, pyramid_figure
from core.fragrance.validation.validating import Validation

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LONGEST_H = 24.0


def draw(result: Judged, by: Workbench) -> None:
    """Headline figures, then pyramid and course side by side, then what they rest on."""
    found = result.validation
    with st.container(border=True, key="studio-odour"):
        st.markdown(f"##### {say('studio.odour')}")
        first, second, third, fourth = st.columns(4)
        first.metric(say("studio.longevity"), longevity(found), help=say("studio.model_help"))
        second.metric(say("studio.sillage"), sillage(found), help=say("studio.model_help"))
        third.metric(say("studio.balance"), formats.share(found.balance), help=say("studio.balance_help"))
        fourth.metric(say("studio.confidence"), formats.share(found.confidence), help=say("studio.confidence_help"))
        for risk in found.risks:
            st.warning(told(risk), icon=":material/warning:")
        if found.unknown:
            names = ", ".join(formats.plain(ingredient(one, by.catalogue, by.accord_names)) for one in found.unknown)
            st.caption(f":material/help: {say('studio.unknown_volatility', names=names)}")
        language = state.language()
        shares = {name: percent(amount) for name, amount in flattened(result.formula, by.accords).items()}
        left, right = st.columns(2, gap="medium")
        with left:
            show("pyramid", pyramid_figure(shares, by.catalogue, language))
        with right:
            show("course", odour_figure(found.evaporation, language, found.longevity_h))
            with st.expander(
                say("studio.assumptions", method=say_value("fragrance_method", found.method)),
                icon=":material/function:",
            ):
                draw_notices(found.assumptions, icon="•")
        with st.expander(say("studio.each_material"), icon=":material/grid_on:"):
            show("left", left_figure(found.evaporation, by.catalogue, language))


def show(name: str, figure: Figure) -> None:
    """A chart with its sentence for screen readers; long titles are broken into lines."""
    alt = str((figure.layout.meta or {}).get("alt") or title_of(figure))
    figure.update_layout(title_text="<br>".join(lines_of(title_of(figure))))
    st.plotly_chart(figure, config=CONFIG, key=f"chart-studio-{name}", alt=alt)


def longevity(found: Validation) -> str:
    if found.longevity_h is None:
        return UNKNOWN
    if found.longevity_h >= LONGEST_H:
        return say("studio.at_least_hours", hours=f"{LONGEST_H:g}")
    return say("studio.hours", hours=f"{found.longevity_h:.1f}")


def sillage(found: Validation) -> str:
    return UNKNOWN if found.sillage_word is None else say_value("fragrance_sillage", found.sillage_word)
