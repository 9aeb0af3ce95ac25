"""Two runs side by side (`?run=A&with=B`): what differs stands first."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, job_cards, theme
from app.ui.navigation import RUNS, go_to, link_to
from app.ui.parameter_form import label_of
from app.ui.runs import share
from app.ui.runs.values import name_text, number_text, value_text
from app.ui.texts import say, say_value
from core.jobs.job import Job
from core.jobs.runs.comparing import Comparison, compare
from core.security.policy import Principal

SAME_SHOWN = 8  # equal rows; more are folded away


def draw(left_id: str, right_id: str, principal: Principal) -> None:
    """Everything that can be compared."""
    found = compare(left_id, right_id, principal=principal)
    _draw_heads(found)
    theme.draw_section("runs.parameters")
    _draw_parameters(found)
    theme.draw_section("runs.figures")
    _draw_metrics(found)
    theme.draw_section("runs.files")
    _draw_artifacts(found)


def _draw_heads(found: Comparison) -> None:
    if found.left.notebook != found.right.notebook:
        st.warning(say("runs.different_notebooks"), icon=":material/warning:")
    columns = st.columns(2)
    for column, side, job in ((columns[0], "A", found.left), (columns[1], "B", found.right)):
        with column.container(border=True, key=f"compared-{side}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"### {side}")
                job_cards.draw_state(job)
                st.markdown(f"**{job_cards.title_of(job)}**", width="stretch")
                link_to(RUNS, formats.short(job.id), icon=":material/open_in_new:", run=job.id)
            st.caption(f"{formats.moment(job.created_at)} · {formats.duration(job.seconds)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(say("runs.swap"), icon=":material/swap_horiz:", key="swap"):
            go_to(RUNS, run=found.right.id, **{"with": found.left.id})
        share.draw(run=found.left.id, **{"with": found.right.id})
        st.markdown(_code_text(found), width="content")


def _code_text(found: Comparison) -> str:
    if found.is_same_code is None:
        return f":gray[:material/help:] {say('runs.code_unknown')}"
    if found.is_same_code:
        return f":green[:material/check:] {say('runs.code_same')} `{(found.left_code or '')[:10]}`"
    left, right = (found.left_code or "")[:10], (found.right_code or "")[:10]
    return f":orange[:material/difference:] {say('runs.code_differs')} `{left}` → `{right}`"


def _draw_parameters(found: Comparison) -> None:
    room = found.left.room
    rows = [
        {
            "same": _mark(pair.is_same),
            "name": label_of(pair.name, room),
            "left": value_text(pair.left, room),
            "right": value_text(pair.right, room),
        }
        for pair in found.parameters
    ]
    _draw_rows(rows, sum(not pair.is_same for pair in found.parameters), "parameters")


def _draw_metrics(found: Comparison) -> None:
    rows = [
        {
            "same": _mark(one["left"] == one["right"]),
            "name": one["name"],
            "left": one["left"],
            "right": one["right"],
            "difference": one["difference"],
            "relative": one["relative"],
        }
        for one in _figures(found)
    ]
    if all(one["left"] == "–" and one["right"] == "–" for one in rows):
        st.caption(say("runs.no_figures"))
    else:
        _draw_rows(rows, sum(one["same"] != _mark(True) for one in rows), "figures")


def _figures(found: Comparison) -> list[dict[str, str]]:
    """Duration and resources first, then the numbers of both results; all in words."""
    measured = [("duration_s", _rounded(found.left.seconds), _rounded(found.right.seconds))]
    for name in ("peak_memory_mb", "processor_s"):
        measured.append((name, _used(found.left, name), _used(found.right, name)))
    rows = [
        _figure(name, left, right, None if left is None or right is None else round(right - left, 3), None)
        for name, left, right in measured
        if left is not None or right is not None
    ]
    pairs = [_figure(pair.name, pair.left, pair.right, pair.difference, pair.relative) for pair in found.metrics]
    return rows + pairs


def _figure(
    name: str, left: float | None, right: float | None, difference: float | None, relative: float | None
) -> dict[str, str]:
    return {
        "name": name_text(name),
        "left": number_text(left),
        "right": number_text(right),
        "difference": "" if difference is None else f"{'+' if difference > 0 else ''}{number_text(difference)}",
        "relative": "" if relative is None else f"{relative:+.2%}",
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _used(job: Job, name: str) -> float | None:
    return (job.resources or {}).get(name)


def _draw_artifacts(found: Comparison) -> None:
    if not found.artifacts:
        st.caption(say("runs.no_files"))
        return
    rows = [
        {
            "same": f"{_mark(pair.verdict == 'same')} {say_value('file_verdict', pair.verdict)}",
            "name": pair.name,
            "left": formats.size(pair.left.size_bytes) if pair.left else "–",
            "right": formats.size(pair.right.size_bytes) if pair.right else "–",
            "left_sha": (pair.left.sha256 or "?")[:10] if pair.left else "–",
            "right_sha": (pair.right.sha256 or "?")[:10] if pair.right else "–",
        }
        for pair in found.artifacts
    ]
    _draw_rows(rows, sum(pair.verdict != "same" for pair in found.artifacts), "files")


def _draw_rows(rows: list[dict[str, str]], differing: int, key: str) -> None:
    """The table of one kind; equal rows beyond a few can be folded away."""
    st.caption(say("runs.differing", differing=differing, count=len(rows)))
    only = len(rows) - differing > SAME_SHOWN and not st.toggle(say("runs.show_same"), key=f"same-{key}")
    column = st.column_config
    st.dataframe(
        [row for row in rows if not row["same"].startswith("=")] if only else rows,
        column_config={
            "same": column.TextColumn(say("runs.same"), width="small"),
            "name": column.TextColumn(say("runs.name"), width="medium"),
            "left": column.TextColumn("A"),
            "right": column.TextColumn("B"),
            "difference": column.TextColumn(say("runs.difference")),
            "relative": column.TextColumn(say("runs.relative"), width="small"),
            "left_sha": column.TextColumn(say("runs.checksum_of", side="A")),
            "right_sha": column.TextColumn(say("runs.checksum_of", side="B")),
        },
        hide_index=True,
        key=f"compared-{key}",
        alt=say("runs.comparison"),
    )


def _mark(is_same: bool) -> str:
    return "=" if is_same else "≠"
