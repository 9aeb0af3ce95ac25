"""The build tab: queue a build, and read the report of the newest one or an earlier one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from app.ui import choosing, formats, job_cards, notices, state
from app.ui.image_domains import (
    before_after_views,
    build_result_views,
    domain_counts,
    measures,
    pair_views,
    run_form,
    suspect_views,
)
from app.ui.navigation import RUNS, link_to
from app.ui.texts import say, say_value
from core.images.domains import DomainCard, open_domain
from core.images.runs import BUILDING, build_report, list_builds, restore_build
from core.jobs.job import Job
from core.security.policy import Permission, Principal, is_allowed


def draw(card: DomainCard, principal: Principal) -> None:
    """All of the tab."""
    counts = domain_counts.count(card.name, principal)
    st.caption(
        say(
            "builds.from",
            pictures=f"{counts.pictures:,}",
            classes=counts.classes,
            unknown=f"{counts.unknown:,}",
            staged=counts.staged,
        )
    )
    builds = list_builds(card.name, principal=principal)
    finished = {job.id: job for job in builds if job.state == "succeeded"}
    with st.expander(say("builds.start_title"), expanded=not finished, icon=":material/construction:"):
        run_form.draw(BUILDING, card.name, say("builds.start"), principal)
    if builds and builds[0].state in ("failed", "lost"):
        job_cards.draw_error(builds[0])
    if not finished:
        notices.empty("builds.none", "builds.none_hint", icon=":material/construction:")
        return
    serving = serving_build(card, principal)
    run_id = choose(finished, key=f"build:{card.name}")
    report = report_of(run_id, principal)
    _draw_head(report, finished[run_id], is_serving=run_id == serving, principal=principal)
    part = st.segmented_control(
        say("builds.part"),
        list(PARTS),
        format_func=lambda name: say_value("build_part", name),
        default="result",
        required=True,
        label_visibility="collapsed",
        key="build-part",
    )
    with notices.errors_shown():
        PARTS[str(part)](report, card.name, principal)


def serving_build(card: DomainCard, principal: Principal) -> str | None:
    """The run whose files serve; None for a domain that is not built, imported, or cannot be read."""
    if not card.is_built or card.problem is not None:
        return None
    return open_domain(card.name, principal=principal).built_by


def choose(finished: Mapping[str, Job], *, key: str) -> str:
    """The newest run unless another one is chosen."""
    if len(finished) == 1:
        return next(iter(finished))
    chosen = choosing.one_of(
        st,
        say("builds.choose"),
        list(finished),
        format_func=lambda run_id: f"{formats.moment(finished[run_id].finished_at)} · {formats.short(run_id)}",
        key=key,
        width=460,
    )
    return chosen if chosen in finished else next(iter(finished))


def report_of(run_id: str, principal: Principal) -> dict[str, Any]:
    """A build's report, kept for this visit. Raises NotFound."""
    kept: tuple[str, dict[str, Any]] | None = state.kept("build-report")
    if kept is None or kept[0] != run_id:
        kept = (run_id, build_report(run_id, principal=principal))
        state.keep("build-report", kept)
    return kept[1]


def _draw_head(report: Mapping[str, Any], job: Job, *, is_serving: bool, principal: Principal) -> None:
    calibration = report["calibration"]
    with st.container(border=True, key="hero-build"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {say('builds.title', when=formats.ago(job.finished_at))}", width="stretch")
            if is_serving:
                st.badge(say("builds.serving"), color="green", icon=":material/verified:")
            elif not report["published"]:
                st.badge(say("builds.not_published"), color="orange", icon=":material/block:")
            link_to(RUNS, say("jobs.open_run"), icon=":material/open_in_new:", run=job.id)
            if not is_serving and may_serve(report) and is_allowed(principal, Permission.DATASETS_WRITE):
                _draw_restore(job, principal)
        tiles, top_1 = st.columns(4), report["held_out"]["top_1"]
        measures.draw_metric(tiles[0], say("builds.top_1"), top_1, help_text=say("builds.top_1_help"))
        auroc = calibration["evaluation"]["auroc"] if calibration else None
        measures.draw_metric(tiles[1], say("builds.auroc"), auroc, help_text=say("builds.auroc_help"))
        accepted = calibration["false_accept"] if calibration else None
        measures.draw_metric(tiles[2], say("builds.false_accept"), accepted, help_text=say("builds.false_accept_help"))
        data = report["data"]
        tiles[3].metric(say("domains.pictures_now"), formats.number(data["pictures"]))
        tiles[3].caption(say("builds.data", classes=data["classes"], unknown=data["unknown"], refused=data["refused"]))
        st.caption(report["encoder"]["id"])


def may_serve(report: Mapping[str, Any]) -> bool:
    """Whether it served before, or nothing stood in its way; else only a build with a reason may."""
    return bool(report["published"]) or not any(one["severity"] == "blocking" for one in report["findings"])


def _draw_restore(job: Job, principal: Principal) -> None:
    with st.popover(say("builds.restore"), icon=":material/undo:"):
        st.write(say("builds.restore_question"))
        if st.button(say("builds.restore_now"), type="primary", key="build-restore"):
            with notices.errors_shown():
                restore_build(job.id, principal=principal)
                notices.flash(say("builds.restored"))
                st.rerun()


PARTS: dict[str, Callable[[Mapping[str, Any], str, Principal], None]] = {
    "result": build_result_views.draw_result,
    "classes": build_result_views.draw_classes,
    "pairs": pair_views.draw,
    "suspects": suspect_views.draw,
    "methods": build_result_views.draw_methods,
    "before_after": before_after_views.draw,
}
