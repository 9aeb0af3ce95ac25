"""The alternatives side by side: what each is made of, what it costs, and whether it keeps the limits."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, state
from app.ui.fragrance_studio import desk, limit_views
from app.ui.fragrance_words import draw_notices, draw_verdict, grams, money, percent, told, word
from app.ui.texts import say
from core.fragrance.amounts import percent as share_of
from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Position
from core.fragrance.formulas.costs import cost_of_concentrate
from core.fragrance.formulas.stored import accords_for
from core.fragrance.generation.generating import Alternative, Generated
from core.fragrance.generation.stories import tell
from core.security.policy import Principal

IN_A_ROW = 3
MOST_NAMED, MOST_REASONS = 6, 3
SIGNS: dict[Position, str] = {"top": "△", "heart": "◇", "base": "▽"}


def draw(found: Generated, catalogue: Catalogue, principal: Principal) -> None:
    """Cards with a button to work on each, and what a person should know of all of them."""
    with st.container(key="studio-offers"):
        st.subheader(say("studio.alternatives_found", count=len(found.alternatives)), anchor=False)
        st.caption(say("studio.how_made", seconds=formats.duration(found.seconds), seed=found.brief.seed))
        draw_notices(found.notices)
        for start in range(0, len(found.alternatives), IN_A_ROW):
            row = found.alternatives[start : start + IN_A_ROW]
            for place, one in zip(st.columns(IN_A_ROW, gap="small"), row, strict=False):
                with place, st.container(border=True, key=f"hero-alternative-{one.number}"):
                    _draw_card(one, found, catalogue, principal)


def _draw_card(one: Alternative, found: Generated, catalogue: Catalogue, principal: Principal) -> None:
    accords = accords_for(principal)
    story = tell(one.formula, found.brief, catalogue=catalogue, accords=accords, language=state.language())
    st.markdown(f"#### {one.number}. {formats.plain(story.name)}")
    draw_verdict(one.limits.verdict)
    limit_views.draw_why_unknown(one.limits, catalogue)
    fit, lines = st.columns(2)
    fit.metric(say("studio.fit"), formats.share(one.fit), help=say("studio.fit_help"))
    lines.metric(say("studio.lines"), len(one.formula.lines))
    cost = cost_of_concentrate(one.formula, catalogue=catalogue, accords=accords)
    of_batch = None if cost.per_kg is None else cost.per_kg * found.brief.batch_g / 1000
    st.markdown(say("studio.cost_line", per_kg=money(cost.per_kg, cost.currency), batch=grams(found.brief.batch_g),
                    cost=money(of_batch, cost.currency)))  # fmt: skip
    for position in POSITIONS:
        names = ", ".join(_names(one, position, catalogue))
        layer = f"**{SIGNS[position]} {word('layer', position)} {percent(one.layers[position], 0)}**"
        st.markdown(f"{layer}  \n{formats.plain(names)}")
    with st.expander(say("studio.why")):
        for name, why in _reasons(one, catalogue):
            st.markdown(f"**{formats.plain(name)}**: {why}")
    st.button(
        say("studio.take", number=one.number), type="primary", icon=":material/edit:", width="stretch",
        key=f"studio-take-{one.number}", on_click=_take, args=(one, found, story.name),
    )  # fmt: skip


def _take(one: Alternative, found: Generated, name: str) -> None:
    desk.take(one.formula, found.brief, name)
    desk.to_tab(say("studio_tab.formula"))


def _names(one: Alternative, position: Position, catalogue: Catalogue) -> list[str]:
    lines = sorted(one.formula.lines, key=lambda line: -line.amount_mg)
    materials = [catalogue.get(line.ingredient) for line in lines]
    names = [m.name(state.language()) for m in materials if m.position == position and m.kind != "solvent"]
    return [*names[:MOST_NAMED], f"+{len(names) - MOST_NAMED}"] if len(names) > MOST_NAMED else names


def _reasons(one: Alternative, catalogue: Catalogue) -> list[tuple[str, str]]:
    """Of the largest lines that carry odour, why they are there."""
    lines = sorted(one.formula.lines, key=lambda line: -line.amount_mg)
    fragrant = [line for line in lines if catalogue.get(line.ingredient).kind != "solvent"][:MOST_REASONS]
    return [
        (
            f"{catalogue.get(line.ingredient).name(state.language())} {share_of(line.amount_mg):g} %",
            " ".join(told(why) for why in one.reasons[line.ingredient]),
        )
        for line in fragrant
    ]
