"""A run at work: figures with intervals and counts, open alerts, drift and its course, refreshed by itself."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import choosing, ctr_words, formats, incident_cards, notices, run_charts, state
from app.ui.ctr_monitoring import outcomes
from app.ui.navigation import RUNS, link_to
from app.ui.texts import say, say_value
from core.ctr.evaluating.reference import bin_labels
from core.ctr.monitoring import charts
from core.ctr.monitoring.drift import SCORE, Drift
from core.ctr.monitoring.live import LiveRun, live_run
from core.ctr.monitoring.rolling import PERIODS, Window
from core.ctr.runs import Run
from core.intervals import Interval
from core.messages import say as say_sentence
from core.security.policy import Principal

TABS = ("now", "course", "drift", "outcomes", "system")
TABS_WITHOUT_RUN = ("system",)
REFRESH_S = 10.0


def choose(runs: Sequence[Run]) -> Run:
    """Which finished training to watch; the newest, until another is chosen or named by `?run=`."""
    by_id = {run.id: run for run in runs}
    asked = state.opened(state.RUN)
    ids = list(by_id)
    chosen = choosing.one_of(
        st,
        say("monitoring.run"),
        ids,
        index=ids.index(asked) if asked in by_id else 0,
        format_func=lambda run_id: ctr_words.run(by_id[run_id]),
        key="monitoring-run",
    )
    return by_id[str(chosen)]


def draw(tab: str, run: Run, principal: Principal) -> None:
    """One tab, drawn anew every ten seconds while it is looked at."""
    parts = {"now": _draw_now, "course": _draw_course, "drift": _draw_drift}

    def watch() -> None:
        with notices.errors_shown():
            live = live_run(run.id, principal=principal)
            if live.window is None:
                notices.empty("monitoring.no_log", "monitoring.no_log_hint", icon=":material/inbox:")
            else:
                parts[tab](live, live.window)

    st.fragment(watch, run_every=REFRESH_S)()


def _draw_now(live: LiveRun, window: Window) -> None:
    incident_cards.draw(live.alerts)
    scores = window.scores
    if window.missing:
        st.info(say_sentence(window.missing, state.language(), **window.needs), icon=":material/hourglass_top:")
    tiles = st.columns(4)
    tiles[0].metric(say("monitoring.answers"), f"{window.rows:,}", say("monitoring.known", count=f"{window.known:,}"),
                    delta_color="off", delta_arrow="off")  # fmt: skip
    tiles[1].metric(
        say("monitoring.predicted"), formats.share(window.predicted, 2), help=say("monitoring.predicted_help")
    )
    tiles[2].metric(say("monitoring.observed"), *_rate(window.observed), delta_color="off", delta_arrow="off")
    tiles[3].metric(say("monitoring.latency"), f"{window.latency.p95:,.1f} ms",
                    say("monitoring.median", value=f"{window.latency.p50:,.1f}"), delta_color="off",
                    delta_arrow="off", help=say("monitoring.latency_help"))  # fmt: skip
    if scores is not None:
        before = live.evaluation["scores"]
        tiles = st.columns(4)
        _draw_score(tiles[0], ctr_words.score("average_precision"), scores.average_precision,
                    f"{before['average_precision']['value']:.4f}")  # fmt: skip
        tiles[1].metric(ctr_words.score("auc"), f"{scores.auc:.3f}",
                        say("monitoring.on_test", value=f"{before['auc']['value']:.3f}"), delta_color="off",
                        delta_arrow="off")  # fmt: skip
        tiles[2].metric(say("monitoring.ratio"), f"{scores.ratio.value:.2f}",
                        f"{scores.ratio.low:.2f} – {scores.ratio.high:.2f}", delta_color="off", delta_arrow="off",
                        help=say("monitoring.ratio_help"))  # fmt: skip
        tiles[3].metric(say("monitoring.accuracy"), formats.share(scores.accuracy.value, 1),
                        say("monitoring.base", value=formats.share(scores.base_accuracy, 1)), delta_color="off",
                        delta_arrow="off", help=say("monitoring.accuracy_help",
                                                    threshold=f"{live.reference['threshold']:.4f}"))  # fmt: skip
    with st.popover(say("origin.title"), icon=":material/help:", type="tertiary"):
        st.markdown(say("monitoring.why", rows=f"{window.rows:,}", known=f"{window.known:,}",
                        since=formats.moment(window.start), model=ctr_words.model(live.model),
                        tested=f"{live.reference['rows']:,}"))  # fmt: skip
        link_to(RUNS, say("origin.open_run"), run=live.run.id)


def _draw_score(tile: st.delta_generator.DeltaGenerator, label: str, score: Interval, before: str) -> None:
    tile.metric(
        label,
        f"{score.value:.4f}",
        f"{score.low:.4f} – {score.high:.4f}",
        delta_color="off",
        delta_arrow="off",
        help=say("monitoring.on_test", value=before),
    )


def _rate(observed: Interval | None) -> tuple[str, str | None]:
    if observed is None:
        return "–", None
    return formats.share(observed.value, 2), f"{observed.low:.2%} – {observed.high:.2%}"


def _draw_course(live: LiveRun, window: Window) -> None:
    period = st.segmented_control(
        say("monitoring.period"),
        PERIODS,
        format_func=lambda name: say_value("period", name),
        default="day",
        required=True,
        key="monitoring-period",
    )
    windows, language, version = live.windows(period), state.language(), live.run.id
    run_charts.show("live_rates", charts.rates_figure(windows, language), version)
    if any(one.scores for one in windows):
        expected = live.evaluation["scores"]["average_precision"]["value"]
        run_charts.show("live_scores", charts.scores_figure(windows, expected, language), version)
    elif window.missing:
        st.info(say_sentence(window.missing, language, **window.needs), icon=":material/hourglass_top:")
        outcomes.say_where()
    run_charts.show("live_latency", charts.latency_figure(windows, language), version)
    st.caption(say("monitoring.utc"))


def _draw_drift(live: LiveRun, _: Window) -> None:
    language = state.language()
    if live.log.bins is None:
        st.info(say("monitoring.no_bins"), icon=":material/info:")
    run_charts.show("live_drift", charts.drift_figure(live.drifts, language), live.run.id)
    column = st.column_config
    st.dataframe(
        [_drift_row(one) for one in live.drifts],
        column_config={
            "feature": column.TextColumn(say("monitoring.feature"), pinned=True),
            "verdict": column.TextColumn(say("monitoring.verdict")),
            "psi": column.NumberColumn("PSI", format="%.4f"),
            "limit": column.NumberColumn(say("monitoring.limit"), format="%.4f", help=say("monitoring.limit_help")),
            "chance": column.NumberColumn(say("monitoring.chance"), format="scientific"),
            "rows": column.NumberColumn(say("monitoring.rows"), format="localized"),
        },
        hide_index=True,
        alt=say_value("monitoring_tab", "drift"),
        height="content",
    )
    shown = [one for one in live.drifts if one.feature != SCORE]
    if shown:
        by_name = {one.feature: one for one in shown}
        name = st.selectbox(say("monitoring.choose_feature"), list(by_name), key="monitoring-feature")
        feature = live.reference["features"][name]
        labels = bin_labels(feature, missing=say("monitoring.missing"), other=say("monitoring.other"))
        run_charts.show("live_shares", charts.shares_figure(by_name[str(name)], labels, language), live.run.id)


def _drift_row(drift: Drift) -> dict[str, object]:
    return {
        "feature": charts.feature_name(drift, state.language()),
        "verdict": say_value("drift_verdict", drift.verdict),
        "psi": drift.psi,
        "limit": drift.limit,
        "chance": drift.p,
        "rows": drift.rows,
    }
