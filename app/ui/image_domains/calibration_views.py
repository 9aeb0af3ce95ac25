"""The calibration tab: what the rule of a domain lets through, how it was chosen, and the pictures it gets wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from app.ui import formats, job_cards, notices, run_charts, state, theme
from app.ui.image_domains import build_views, measures, run_form, wrong_views
from app.ui.navigation import RUNS, link_to
from app.ui.texts import say, say_value
from core.images.calibration import charts
from core.images.domains import DomainCard, open_domain
from core.images.pictures import names_of
from core.images.runs import CALIBRATING, calibration_report, list_builds, list_calibrations
from core.images.verdict import in_words, over_target_in_words
from core.jobs.job import Job
from core.messages import say as say_sentence
from core.security.policy import Principal

SCORES = ("auroc", "fpr_at_95_tpr", "oscr", "top_1", "auroc_by_margin", "fpr_at_95_tpr_by_margin")


def draw(card: DomainCard, principal: Principal) -> None:
    """All of the tab."""
    if not card.is_built:
        notices.empty("calibration.not_built", "calibration.not_built_hint", icon=":material/tune:")
        return
    prototypes = open_domain(card.name, principal=principal)
    key, details = in_words(prototypes.rule)
    words = say_sentence(key, state.language(), **details)
    over = over_target_in_words(prototypes.rule)
    if over is not None:
        st.warning(f"{words} {say_sentence(over[0], state.language(), **over[1])}", icon=":material/warning:")
    elif card.is_calibrated:
        st.success(words, icon=":material/verified:")
    else:
        st.warning(words, icon=":material/warning:")
    with st.expander(say("calibration.start_title"), expanded=not card.is_calibrated, icon=":material/tune:"):
        run_form.draw(CALIBRATING, card.name, say("calibration.start"), principal)
    runs = list_calibrations(card.name, principal=principal)
    if runs and runs[0].state in ("failed", "lost"):
        job_cards.draw_error(runs[0])
    builds = list_builds(card.name, principal=principal)
    chosen = [job for job in (*runs, *builds) if is_calibrated(job)]
    finished = {job.id: job for job in sorted(chosen, key=lambda job: job.created_at, reverse=True)}
    if not finished:
        st.caption(f":material/info: {say('calibration.none')}")
        return
    run_id = build_views.choose(finished, key=f"calibration:{card.name}")
    _draw_report(calibration_report(run_id, principal=principal), run_id, card.name, principal)


def is_calibrated(job: Job) -> bool:
    """Whether a run chose thresholds: a calibration, or a build with one in it."""
    chosen = job.notebook == CALIBRATING or (job.result or {}).get("verdict") == "calibrated"
    return job.state == "succeeded" and chosen


def _draw_report(report: Mapping[str, Any], run_id: str, domain: str, principal: Principal) -> None:
    evaluation, names = report["evaluation"], names_of(domain, principal=principal)
    with st.container(border=True, key="hero-calibration"):
        with st.container(horizontal=True, vertical_alignment="center"):
            target = formats.share(report["target"], 1)
            st.markdown(f"### {say('calibration.title', target=target)}", width="stretch")
            link_to(RUNS, say("jobs.open_run"), icon=":material/open_in_new:", run=run_id)
        tiles = st.columns(4)
        for tile, name in zip(tiles, ("false_accept", "false_reject", "right"), strict=False):
            help_text = say_value("calibration_rate_help", name)
            measures.draw_metric(tile, say_value("calibration_rate", name), report[name], help_text=help_text)
        measures.draw_metric(tiles[3], say("builds.auroc"), evaluation["auroc"], help_text=say("builds.auroc_help"))
        source = say_value("unknown_source", report["unknown_source"])
        known, unknown = f"{evaluation['known']:,}", f"{evaluation['unknown']:,}"
        st.caption(say("calibration.from", known=known, unknown=unknown, source=source))
        st.caption(say_value("left_out", report["left_out"]))
    _draw_thresholds(report)
    scores, scatter = st.columns(2)
    with scores:
        run_charts.draw("scores", run_id, partial(charts.scores_figure, report))
    with scatter:
        run_charts.draw("scatter", run_id, partial(charts.scatter_figure, report, names=names))
    run_charts.draw("trade-off", run_id, partial(charts.trade_off_figure, report))
    theme.draw_section("calibration.measures")
    rows = [
        {
            say("calibration.measure"): say_value("image_score", name),
            say("calibration.value"): measures.share_with_interval(evaluation[name]),
        }
        for name in SCORES
    ]
    measures.draw_rows(say("calibration.measures"), rows)
    wrong_views.draw(report, domain, principal, names)


def _draw_thresholds(report: Mapping[str, Any]) -> None:
    """Both thresholds now, as they were before, and as the documents give them."""
    theme.draw_section("calibration.thresholds")
    before, fallback = report["before"], report["fallback"]
    now = {**report["thresholds"], "false_accept": report["false_accept"]["value"],
           "false_reject": report["false_reject"]["value"]}  # fmt: skip
    told: Sequence[tuple[str, Mapping[str, Any] | None]] = (("now", now), ("before", before), ("fallback", fallback))
    measures.draw_rows(
        say("calibration.thresholds"),
        [
            {
                say("calibration.rule"): say_value("calibration_rule", name),
                "tau1": formats.similarity(rule["tau1"]),
                "tau2": formats.similarity(rule["tau2"]),
                say_value("calibration_rate", "false_accept"): formats.share(rule.get("false_accept"), 1),
                say_value("calibration_rate", "false_reject"): formats.share(rule.get("false_reject"), 1),
            }
            for name, rule in told
            if rule is not None
        ],
    )
    st.caption(say("calibration.thresholds_help"))
