"""How everything is: a few figures, every part inside and outside, and the models in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.ui import formats, notices, state, theme
from app.ui.operations import part_cards
from app.ui.texts import say, say_if_known
from core.errors import WorkbenchError
from core.operations.dependencies import Dependency, dependencies
from core.operations.maintenance import Maintenance, end
from core.operations.overview import Overview, overview
from core.operations.processes import api_process
from core.resilience.resident_models import resident_models
from core.security.policy import Permission, Principal, is_allowed
from core.storage.database import utc_now

REFRESH_S = 30.0
WORST_FIRST = ("down", "trying", "unknown", "up", "not_configured")


def draw(principal: Principal) -> None:
    """Everything is asked anew every half minute."""

    def watch() -> None:
        with notices.errors_shown():
            with st.spinner(say("operations.asking")):
                parts = asked(principal)
            _draw_figures(principal)
            _draw_parts(parts, principal)

    st.fragment(watch, run_every=REFRESH_S)()
    theme.draw_section("operations.models")
    _draw_models()


def asked(principal: Principal) -> list[Dependency]:
    """Every part that can be asked, what needs looking after first."""
    language = state.language()
    found = [
        *dependencies(principal=principal, language=language),
        api_process(principal=principal, language=language),
    ]
    return sorted(found, key=lambda one: (WORST_FIRST.index(one.state), one.is_outside, one.name))


def _draw_figures(principal: Principal) -> None:
    try:
        seen = overview(principal=principal)
    except WorkbenchError as error:  # without the database the parts below still tell how they are
        notices.show_error(error)
        return
    if seen.maintenance is not None:
        _draw_maintenance(seen.maintenance, principal)
    with st.container(key="figures-health"):
        _draw_tiles(seen)


def _draw_tiles(seen: Overview) -> None:
    critical = sum(one.severity == "critical" for one in seen.incidents)
    tiles = st.columns(4)
    looks: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}
    tiles[0].metric(say("operations.alerts"), f"{len(seen.incidents):,}",
                    say("operations.critical", count=critical) if critical else None, **looks)  # fmt: skip
    states = seen.queue.by_state
    tiles[1].metric(say("operations.running"), f"{states.get('running', 0):,}",
                    say("operations.waiting_too", count=f"{states.get('queued', 0):,}"), **looks)  # fmt: skip
    tiles[2].metric(say("operations.free"), formats.size(seen.disk_free_bytes),
                    say("operations.of_total", total=formats.size(seen.disk_total_bytes)), **looks)  # fmt: skip
    measure = seen.system
    tiles[3].metric(
        say("operations.machine"), formats.share(measure.processor_share if measure else None),
        say("operations.memory_too", share=formats.share(measure.memory_share if measure else None)),
        help=say("operations.machine_help"), **looks,
    )  # fmt: skip


def _draw_maintenance(told: Maintenance, principal: Principal) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="maintenance"):
        about = say("operations.maintenance", by=told.by or "–", since=formats.moment(told.since))
        reason = f" {told.reason}" if told.reason else ""
        st.markdown(f":material/construction: {formats.plain(about + reason)}", width="stretch")
        if is_allowed(principal, Permission.SYSTEM_CONFIGURE) and st.button(
            say("operations.maintenance_end"), icon=":material/door_open:", key="maintenance-end"
        ):
            with notices.errors_shown():
                end(principal=principal)
                st.rerun()


def _draw_parts(parts: Sequence[Dependency], principal: Principal) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="parts-head"):
        st.subheader(say("operations.parts"), anchor=False, width="stretch")
        st.caption(say("operations.asked_at", at=formats.clock(utc_now())), width="content")
        st.button(say("operations.ask_again"), icon=":material/refresh:", key="parts-ask")
    unused = [say_if_known("part_name", one.name, one.name) for one in parts if one.state == "not_configured"]
    for one in parts:
        if one.state != "not_configured":
            part_cards.draw(one, principal)
    if unused:
        st.caption(say("operations.not_set_up", names=", ".join(unused)))


def _draw_models() -> None:
    models = resident_models()
    held = models.report()
    total = sum(one.size_bytes for one in held)
    st.caption(say("operations.models_hint", total=formats.size(total), budget=formats.size(models.budget_bytes)))
    if not held:
        st.info(say("operations.no_models"), icon=":material/memory:")
        return
    column = st.column_config
    st.dataframe(
        [
            {
                "model": one.key,
                "size": formats.size(one.size_bytes),
                "uses": one.uses,
                "used": formats.ago(one.last_used_at),
                "version": one.version,
            }
            for one in reversed(held)
        ],
        column_config={
            "model": column.TextColumn(say("operations.model"), width="medium"),
            "size": column.TextColumn(say("operations.memory"), width="small"),
            "uses": column.NumberColumn(say("operations.uses"), width="small", format="localized"),
            "used": column.TextColumn(say("operations.last_used"), width="small"),
            "version": column.TextColumn(say("operations.version"), width="medium"),
        },
        hide_index=True,
        height="content",
        alt=say("operations.models"),
    )
