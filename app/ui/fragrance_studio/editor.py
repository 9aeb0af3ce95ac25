"""The formula as a table one types into; sum, limits, odour and cost follow with every cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from app.ui import choosing, state
from app.ui.fragrance_studio import desk, drafts
from app.ui.fragrance_studio.drafts import Draft
from app.ui.fragrance_studio.judging import Judged, Workbench
from app.ui.fragrance_words import UNKNOWN, category_choice, ingredient, material_names, word
from app.ui.texts import say, say_value
from core.fragrance.formulas.formula import ACCORD
from core.fragrance.products import Product

ADD_SHARE = 1.0  # percent that a new line begins with
UNITS = ("percent", "grams")
UNIT = "studio-unit"
ROW_HEIGHT = 35  # [px]


def draw_product(draft: Draft) -> Draft:
    """What the concentrate goes into and how much is made; the draft with what was chosen."""
    with st.container(key="studio-product"):
        first, second, third = st.columns([5, 2, 2], vertical_alignment="bottom")
        with first:
            category = category_choice(
                say("fragrance.category"), key=state.generation(desk.CATEGORY), chosen=draft.product.category
            )
        dosage = second.number_input(
            say("fragrance.dosage"), 0.001, 100.0, float(draft.product.dosage), 0.5, key=state.generation(desk.DOSAGE),
            help=say("fragrance.dosage_help"),
        )  # fmt: skip
        batch_g = third.number_input(
            say("studio.batch"), 0.1, 100_000.0, float(draft.batch_g), 5.0, key=state.generation(desk.BATCH),
            help=say("studio.batch_help"),
        )  # fmt: skip
    wanted = replace(draft, product=Product(category, dosage), batch_g=batch_g)
    if wanted != draft:
        desk.lay(wanted, is_typed=True)
    return wanted


def draw_toolbar(draft: Draft, by: Workbench) -> None:
    """Undo, redo, unit, and a line more by name."""
    units = {one: say_value("studio_unit", one) for one in UNITS}
    there = {row.ingredient for row in draft.rows} | {f"{ACCORD}{draft.formula_id}"}
    accords = {f"{ACCORD}{one}": ingredient(f"{ACCORD}{one}", by.catalogue, by.accord_names) for one in by.accords}
    names = {one: name for one, name in {**material_names(by.catalogue), **accords}.items() if one not in there}
    with st.container(horizontal=True, vertical_alignment="bottom", key="studio-toolbar"):
        st.segmented_control(
            say("studio.unit"), UNITS, format_func=units.__getitem__, default="percent", required=True, key=UNIT,
        )  # fmt: skip
        st.button(
            say("studio.undo"), icon=":material/undo:", disabled=not draft.past, key="studio-undo",
            on_click=lambda: desk.lay(drafts.undone(draft)),
        )  # fmt: skip
        st.button(
            say("studio.redo"), icon=":material/redo:", disabled=not draft.future, key="studio-redo",
            on_click=lambda: desk.lay(drafts.redone(draft)),
        )  # fmt: skip
        chosen = choosing.one_of(
            st, say("studio.add"), list(names), format_func=names.__getitem__, key=state.generation("studio-add"),
            index=None, placeholder=say("studio.add_which"), width=320,
        )  # fmt: skip
        if chosen is not None:
            desk.lay(drafts.with_line(draft, chosen, ADD_SHARE))
            state.reset("studio-add")
            st.rerun()


def draw_table(draft: Draft, result: Judged | None, by: Workbench) -> None:
    """One row a line; amounts are typed in the chosen unit, a ticked box takes the line out."""
    unit = state.held(UNIT, "percent")
    column = st.column_config
    widget = f"{state.generation(desk.EDITOR)}:{unit}:{len(draft.rows)}"
    breaking = _breaking(result, by)
    rows = [_row(row.ingredient, row.share, draft, result, by, breaking) for row in draft.rows]
    fixed = ["ingredient", "layer", "product", "cost", "limits", "grams" if unit == "percent" else "percent"]
    st.data_editor(
        rows,
        column_config={
            "ingredient": column.TextColumn(say("studio.ingredient"), pinned=True, width="medium"),
            "layer": column.TextColumn(say("studio.layer"), width="small"),
            "percent": column.NumberColumn(
                say("studio.percent"), min_value=0.0, max_value=100.0, step=0.001, format="%.3f",
                help=say("studio.percent_help"),
            ),
            "grams": column.NumberColumn(
                say("studio.grams"), min_value=0.0, step=0.0001, format="%.4f", help=say("studio.grams_help"),
            ),
            "product": column.NumberColumn(say("studio.of_product"), format="%.4f", help=say("studio.of_product_help")),
            "cost": column.NumberColumn(say("studio.cost_share"), format="%.1f", help=say("studio.cost_share_help")),
            "limits": column.TextColumn(say("studio.limits"), width="medium"),
            "remove": column.CheckboxColumn(say("studio.remove"), width="small", help=say("studio.remove_help")),
        },
        disabled=fixed,
        hide_index=True,
        num_rows="fixed",
        height=ROW_HEIGHT * (len(rows) + 1) + 3,
        alt=say("studio.table"),
        key=widget,
        on_change=_take_edits,
        args=(widget,),
    )  # fmt: skip


def _take_edits(widget: str) -> None:
    """Take over what was typed before anything is drawn."""
    draft = desk.draft()
    edits: Mapping[int, Mapping[str, Any]] = (state.held(widget, None) or {}).get("edited_rows", {})
    if draft is None or not edits:
        return
    after = drafts.with_edits(draft, edits, batch_g=draft.batch_g)
    desk.lay(after, is_typed=len(after.rows) == len(draft.rows))


def _row(
    name: str, share: float | None, draft: Draft, result: Judged | None, by: Workbench, breaking: Mapping[str, str]
) -> dict[str, object]:  # fmt: skip
    material = by.catalogue.materials.get(name)
    cost = next((one.share for one in result.cost.lines if one.ingredient == name), None) if result else None
    layer = say("studio.accord") if name.startswith(ACCORD) else UNKNOWN
    if material is not None:
        layer = say("studio.solvent") if material.kind == "solvent" else word("layer", material.position)
    return {
        "ingredient": ingredient(name, by.catalogue, by.accord_names),
        "layer": layer,
        "percent": share,
        "grams": None if share is None else share * draft.batch_g / 100,
        "product": None if share is None else share * draft.product.dosage / 100,
        "cost": cost,
        "limits": breaking.get(name, ""),
        "remove": False,
    }


def _breaking(result: Judged | None, by: Workbench) -> dict[str, str]:
    """By line, the rules that it helps to break, or that it cannot be judged."""
    told: dict[str, list[str]] = {}
    for failure in result.report.failures if result else ():
        for one in failure.contributions:
            told.setdefault(one.line, []).append(f"× {failure.rule.name}")
    for unknown in result.report.unknown if result else ():
        told.setdefault(unknown, []).append(f"? {say('studio.unknown_constituents')}")
    return {line: "; ".join(dict.fromkeys(texts)) for line, texts in told.items()}
