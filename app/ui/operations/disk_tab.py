"""Disk: what is free, what takes the rest, the largest runs, how long things are kept, and cleaning up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.ui import formats, row_choice, run_charts, state, theme
from app.ui.navigation import RUNS, go_to
from app.ui.operations import cleaning_view
from app.ui.texts import say, say_if_known, say_value
from core.operations.charts import disk_figure
from core.operations.disk import RunFiles, Usage, usage
from core.security.policy import Permission, Principal, is_allowed
from core.settings.current import get_settings

MOST_RUNS = 20


def draw(principal: Principal) -> None:
    seen = usage(principal=principal)
    with st.container(key="figures-disk"):
        _draw_figures(seen)
    names = {one.name: say_value("disk_part", one.name) for one in seen.parts}
    if any(one.bytes for one in seen.parts):
        run_charts.show("disk_parts", disk_figure(seen, names, state.language()), "system")
    st.caption(_kept_for())
    theme.draw_section("operations.runs")
    _draw_runs(seen.runs[:MOST_RUNS])
    theme.draw_section("operations.cleaning")
    if is_allowed(principal, Permission.SYSTEM_CONFIGURE):
        cleaning_view.draw(principal)
    else:
        st.caption(say("operations.may_not_clean"))


def _draw_figures(seen: Usage) -> None:
    reserve = get_settings().disk_reserve_gb
    tiles = st.columns(3)
    looks: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}
    tiles[0].metric(say("operations.free"), formats.size(seen.free_bytes),
                    formats.share(seen.free_bytes / seen.total_bytes),
                    help=say("operations.free_help", reserve=f"{reserve:g}"), **looks)  # fmt: skip
    tiles[1].metric(say("operations.total"), formats.size(seen.total_bytes))
    tiles[2].metric(say("operations.used_here"), formats.size(seen.used_bytes),
                    say("operations.counted_at", at=formats.clock(seen.measured_at)), **looks)  # fmt: skip


def _kept_for() -> str:
    settings = get_settings()
    days = settings.keep_run_days
    runs = say("operations.runs_kept_for", days=days) if days else say("operations.runs_kept")
    rest = say(
        "operations.rest_kept_for", documents=f"{settings.knowledge_keep_days:g}",
        predictions=f"{settings.prediction_log_days:g}", backups=settings.keep_backups,
    )  # fmt: skip
    return f"{runs} {rest}"


def _draw_runs(runs: Sequence[RunFiles]) -> None:
    if not runs:
        st.caption(say("operations.no_runs"))
        return
    column = st.column_config
    picked = row_choice.draw(
        [
            {
                "run": one.run_id,
                "room": say_if_known("section", one.room, one.room or "–"),
                "bytes": formats.size(one.bytes),
                "artifacts": formats.size(one.artifact_bytes),
                "log": formats.size(one.log_bytes),
                "changed": formats.moment(one.changed_at),
            }
            for one in runs
        ],
        {
            "run": column.TextColumn(say("runs.run"), width=300),
            "room": column.TextColumn(say("operations.room"), width="small"),
            "bytes": column.TextColumn(say("operations.bytes"), width="small"),
            "artifacts": column.TextColumn(say("operations.artifacts"), width="small"),
            "log": column.TextColumn(say("operations.log"), width="small"),
            "changed": column.TextColumn(say("operations.changed")),
        },
        key="disk-runs",
        height="content",
        alt=say("operations.runs"),
    )
    st.caption(say("runs.choose"))
    if picked is not None:
        go_to(RUNS, run=runs[picked].run_id)
