"""Files in and out: what an import would do, row by row, before it is carried out; the columns; and exports."""

from __future__ import annotations

import streamlit as st

from app.ui import downloads, formats, notices, state, uploading
from app.ui.fragrance_words import draw_notices
from app.ui.texts import say, say_value
from core.fragrance.catalogue.columns import ImportKind, columns
from core.fragrance.catalogue.exporting import export_csv
from core.fragrance.catalogue.import_plans import ImportPlan, PlannedChange
from core.fragrance.catalogue.importing import carry_out, plan_import
from core.fragrance.catalogue.materials import Material
from core.security.policy import Permission, Principal, is_allowed
from core.settings.current import get_settings
from core.storage.exports import CATALOGUE

KINDS: tuple[ImportKind, ...] = ("materials", "constituents", "perfumes")
UPLOAD, PLAN = "catalogue-upload", "catalogue-plan"
MOST_SHOWN = 200  # rows of a plan


def draw(principal: Principal) -> None:
    """One kind of file at a time."""
    labels = {one: say_value("catalogue_file", one) for one in KINDS}
    kind: ImportKind = st.segmented_control(
        say("files.kind"),
        KINDS,
        format_func=labels.__getitem__,
        default="materials",
        required=True,
        key="catalogue-kind",
    )
    if is_allowed(principal, Permission.FRAGRANCE_WRITE):
        _draw_import(kind, principal)
    else:
        st.caption(say("files.may_not_write"))
    with st.expander(say("files.dictionary"), icon=":material/menu_book:"):
        language = state.language()
        rows = [
            {
                say("files.column"): one.name,
                say("files.label"): one.label(language),
                say("files.unit"): one.unit,
                say("files.needed"): "●" if one.is_needed else "",
                say("files.meaning"): one.description(language),
            }
            for one in columns(kind, get_settings().fragrance_currency)
        ]
        st.dataframe(rows, hide_index=True, alt=say("files.dictionary"), height="content")
    with notices.errors_shown():
        if kind == "perfumes" or is_allowed(principal, Permission.FRAGRANCE_FORMULA):
            downloads.offer(
                CATALOGUE, say("files.export", kind=labels[kind]), lambda: export_csv(kind, principal), f"{kind}.csv",
                "text/csv", key=f"catalogue-export-{kind}",
            )  # fmt: skip


def _draw_import(kind: ImportKind, principal: Principal) -> None:
    file = st.file_uploader(
        say("files.file"), type=["csv", "xlsx"], max_upload_size=uploading.limit_mb(),
        key=state.generation(f"{UPLOAD}-{kind}"), help=say("files.file_help"),
    )  # fmt: skip
    if file is None:
        notices.empty("files.none", "files.none_hint", icon=":material/upload_file:")
        return
    with notices.errors_shown():
        plan = plan_import(file.getvalue(), file.name, kind, principal)
        _draw_plan(plan)
        reason = st.text_input(say("materials.reason"), key="catalogue-reason")
        leave_out = bool(plan.refused) and st.checkbox(
            say("files.leave_out", count=len(plan.refused)), key="catalogue-leave-out"
        )
        count = len(plan.new) + len(plan.changed)
        if st.button(
            say("files.carry_out", count=count), type="primary", icon=":material/check:", disabled=not count,
            key="catalogue-carry-out",
        ):  # fmt: skip
            carry_out(plan, reason, principal, leave_out_refused=leave_out)
            state.reset(f"{UPLOAD}-{kind}")
            notices.flash(say("files.done", count=count))
            st.rerun()


def _draw_plan(plan: ImportPlan) -> None:
    """What it would do; nothing is stored yet."""
    with st.container(border=True, key="catalogue-plan"):
        st.markdown(f"##### {say('files.plan', name=formats.plain(plan.name))}")
        parts = st.columns(4)
        parts[0].metric(say("files.new"), len(plan.new))
        parts[1].metric(say("files.changed"), len(plan.changed))
        parts[2].metric(say("files.unchanged"), len(plan.unchanged))
        parts[3].metric(say("files.refused"), len(plan.refused))
        draw_notices(plan.notices)
        if plan.ignored:
            st.caption(say("files.ignored", names=formats.plain(", ".join(plan.ignored))))
        for refused in plan.refused[:MOST_SHOWN]:
            st.error(formats.plain(refused.text(state.language())), icon=":material/error:")
        rows = [_row(one) for one in (*plan.new, *plan.changed)[:MOST_SHOWN]]
        if rows:
            st.dataframe(rows, hide_index=True, alt=say("files.plan", name=plan.name))
        if len(plan.new) + len(plan.changed) > MOST_SHOWN:
            st.caption(say("files.first_only", count=MOST_SHOWN))


def _row(one: PlannedChange) -> dict[str, object]:
    value = one.value
    name = value.name(state.language()) if isinstance(value, Material) else value.name
    changes = "; ".join(f"{change.column}: {change.before or '–'} → {change.after or '–'}" for change in one.changes)
    return {
        say("files.row"): one.row,
        say("materials.name"): name,
        say("files.what"): say("files.changed") if one.changes else say("files.new"),
        say("materials.changes"): changes,
    }
