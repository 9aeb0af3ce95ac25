"""Cleaning up in two steps: a plan that says what would go and why that is safe, then exactly that plan."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from app.ui import choosing, formats, notices, state
from app.ui.texts import say
from core.operations.cleaning import Cleaned, Item, Plan, clean, plan
from core.security.policy import Principal
from core.settings.current import get_settings

PLAN, DONE = "clean-plan", "cleaned"
PAGE = 50  # items


def draw(principal: Principal) -> None:
    st.caption(say("operations.cleaning_hint"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = st.number_input(
            say("operations.older_than"), min_value=0, max_value=36_500, value=get_settings().keep_run_days, step=1,
            key="clean-days", help=say("operations.older_than_help"), width=260,
        )  # fmt: skip
        if st.button(say("operations.make_plan"), icon=":material/checklist:", key="clean-plan-make"):
            with st.spinner(say("operations.planning")):
                state.keep(PLAN, plan(older_than_days=float(days), principal=principal))
            state.forget(DONE)
    made: Plan | None = state.kept(PLAN)
    if made is not None:
        _draw_plan(made, principal)
    done: Cleaned | None = state.kept(DONE)
    if done is not None:
        _draw_result(done)


def _draw_plan(made: Plan, principal: Principal) -> None:
    if not made.items:
        st.success(say("operations.nothing_to_clean"), icon=":material/check_circle:")
        return
    with st.container(border=True, key="hero-clean-plan"):
        st.markdown(say("operations.plan", count=f"{len(made.items):,}", size=formats.size(made.bytes)))
        _draw_items(made)
        with st.container(horizontal=True):
            is_agreed = st.button(
                say("operations.clean", count=f"{len(made.items):,}", size=formats.size(made.bytes)),
                type="primary", icon=":material/delete_sweep:", key="clean-do",
            )  # fmt: skip
            if st.button(say("operations.plan_drop"), key="clean-drop"):
                state.forget(PLAN)
                st.rerun()
        if is_agreed:
            with notices.errors_shown(), st.spinner(say("operations.cleaning_now")):
                state.keep(DONE, clean(made, principal=principal))
                state.forget(PLAN)
                st.rerun()


def _draw_items(made: Plan) -> None:
    shown = choosing.one_page(sorted(made.items, key=lambda one: -one.bytes), PAGE, key="clean-page")[1]
    column = st.column_config
    st.dataframe(
        [_row(one) for one in shown],
        column_config={
            "path": column.TextColumn(say("operations.path"), width="large"),
            "size": column.TextColumn(say("operations.bytes"), width="small"),
            "why": column.TextColumn(say("operations.why_safe"), width="large"),
            "changed": column.TextColumn(say("operations.changed")),
        },
        hide_index=True,
        height="content",
        alt=say("operations.cleaning"),
    )


def _row(one: Item) -> dict[str, str]:
    return {
        "path": one.path,
        "size": formats.size(one.bytes),
        "why": one.reason(state.language()),
        "changed": formats.moment(datetime.fromtimestamp(one.changed_at, UTC)),
    }


def _draw_result(done: Cleaned) -> None:
    told = say("operations.cleaned", count=f"{len(done.removed):,}", size=formats.size(done.bytes))
    st.success(told, icon=":material/check_circle:")
    if done.skipped:
        paths = ", ".join(one.path for one in done.skipped[:10])
        st.warning(
            formats.plain(say("operations.skipped", count=f"{len(done.skipped):,}", paths=paths)),
            icon=":material/info:",
        )
