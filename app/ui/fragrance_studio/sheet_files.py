"""The weighed formula as files: the compounding sheet to print, and the same lines for machines."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import streamlit as st

from app.ui import downloads, formats, resources, state
from app.ui.fragrance_studio.drafts import Draft
from app.ui.fragrance_studio.judging import Judged, Workbench
from app.ui.fragrance_words import draw_advice, ingredient
from app.ui.texts import say
from core.fragrance.amounts import percent as share_of
from core.fragrance.formulas.batches import Batch
from core.fragrance.formulas.finishing import FinishedProduct
from core.security.policy import Principal
from core.storage.exports import FORMULA

SHEET = "studio-sheet"


def draw(
    draft: Draft, result: Judged, batch: Batch, finished: FinishedProduct | None, by: Workbench, principal: Principal
) -> None:  # fmt: skip
    """The compounding sheet as a PDF, and the same lines for machines."""
    with st.container(border=True, key="studio-files"):
        st.markdown(f"##### {say('studio.files')}")
        draw_advice()
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(
                say("studio.make_sheet"), type="primary", icon=":material/picture_as_pdf:", key="studio-sheet"
            ):
                state.keep(
                    SHEET, (_wanted(draft, batch, finished), _sheet(draft, result, batch, finished, by, principal))
                )
            made: tuple[object, bytes] | None = state.kept(SHEET)
            if made is not None and made[0] == _wanted(draft, batch, finished):
                downloads.offer(
                    FORMULA, say("studio.download_sheet", size=formats.size(len(made[1]))), made[1],
                    f"{_file_name(draft)}.pdf", "application/pdf", key="studio-sheet-download",
                )  # fmt: skip
            downloads.offer(
                FORMULA, say("studio.csv"), resources.rows_as_csv(_plain_rows(draft, batch, by)),
                f"{_file_name(draft)}.csv", "text/csv", key="studio-csv",
            )  # fmt: skip
            downloads.offer(
                FORMULA, say("studio.json"), _plain_formula(draft, result, by), f"{_file_name(draft)}.json",
                "application/json", key="studio-json",
            )  # fmt: skip


def _wanted(draft: Draft, batch: Batch, finished: FinishedProduct | None) -> object:
    return (draft.name, draft.version, draft.rows, draft.product, batch, finished, state.language())


def _sheet(
    draft: Draft, result: Judged, batch: Batch, finished: FinishedProduct | None, by: Workbench, principal: Principal
) -> bytes:  # fmt: skip
    from core.fragrance.formulas.compounding_sheet import SheetContent, compounding_sheet

    content = SheetContent(
        draft.name or say("studio.unnamed"), draft.version or 0, datetime.now(UTC).date(),
        principal.name or principal.id, result.formula, batch, result.report, finished, by.accord_names,
    )  # fmt: skip
    with st.spinner(say("studio.making_sheet")):
        return compounding_sheet(content, catalogue=by.catalogue, language=state.language())


def _file_name(draft: Draft) -> str:
    return f"formula_{formats.short(draft.formula_id)}_v{draft.version}" if draft.formula_id else "formula"


def _plain_rows(draft: Draft, batch: Batch, by: Workbench) -> list[dict[str, object]]:
    shares = {row.ingredient: row.share for row in draft.rows}
    return [
        {
            "order": place,
            "ingredient": one.ingredient,
            "name": ingredient(one.ingredient, by.catalogue, by.accord_names),
            "percent": shares.get(one.ingredient),
            "exact_g": one.exact_g,
            "weigh_g": one.grams,
            "strength_percent": one.strength,
            "solvent": one.solvent or "",
            "error_percent": round(one.error_percent, 4),
        }
        for place, one in enumerate(batch.weighings, 1)
    ]


def _plain_formula(draft: Draft, result: Judged, by: Workbench) -> str:
    lines = [
        {
            "ingredient": line.ingredient,
            "name": ingredient(line.ingredient, by.catalogue, by.accord_names),
            "percent": share_of(line.amount_mg),
        }
        for line in result.formula.lines
    ]
    product = {"category": draft.product.category, "dosage_percent": draft.product.dosage}
    limits = {
        "verdict": result.report.verdict, "table": result.report.table.name,
        "amendment": result.report.table.amendment, "is_sample": result.report.table.is_sample,
    }  # fmt: skip
    told = {"name": draft.name, "version": draft.version, "product": product, "lines": lines, "limits": limits}
    return json.dumps(told, ensure_ascii=False, indent=2)
