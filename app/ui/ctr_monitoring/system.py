"""The system behind the answers: alerts of everything, processor and memory, and what the API's workers measured."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from app.ui import formats, notices, run_charts, state
from app.ui.ctr_monitoring import views
from app.ui.texts import say
from core.ctr.monitoring import charts
from core.ctr.monitoring.alerts import open_alerts
from core.security.policy import Principal
from core.storage.database import utc_now
from core.telemetry.measures import latest_system, request_windows_since, requests_since, uptime

OVER = timedelta(hours=1)
REFRESH_S = 10.0


def draw(principal: Principal) -> None:
    """Measures of the last hour, drawn anew every ten seconds."""

    def watch() -> None:
        with notices.errors_shown():
            views.draw_alerts(open_alerts(principal=principal))
            _draw_machine()
            _draw_requests()

    st.fragment(watch, run_every=REFRESH_S)()


def _draw_machine() -> None:
    measure = latest_system()
    tiles = st.columns(4)
    tiles[0].metric(say("monitoring.processor"), formats.share(measure and measure.processor_share))
    tiles[1].metric(say("monitoring.memory"), formats.share(measure and measure.memory_share))
    tiles[2].metric(say("monitoring.uptime"), formats.share(uptime(), 1), help=say("monitoring.uptime_help"))
    tiles[3].metric(say("monitoring.checked"), formats.ago(measure.at if measure else None))
    if measure is None:
        st.warning(say("monitoring.no_checks"), icon=":material/power_off:")


def _draw_requests() -> None:
    since = utc_now() - OVER
    requests = requests_since(since)
    if not requests.requests or requests.p95_ms is None or requests.max_ms is None:
        notices.empty("monitoring.no_requests", "monitoring.no_requests_hint", icon=":material/api:")
        return
    tiles = st.columns(4)
    tiles[0].metric(say("monitoring.requests"), f"{requests.requests:,}")
    tiles[1].metric(say("monitoring.success"), formats.share(requests.success_rate, 2))
    tiles[2].metric(say("monitoring.errors"), formats.share(requests.error_rate, 2), f"{requests.errors:,}",
                    delta_color="off", delta_arrow="off", help=say("monitoring.errors_help"))  # fmt: skip
    tiles[3].metric(say("monitoring.response"), f"{requests.p95_ms:,.0f} ms",
                    say("monitoring.longest", value=f"{requests.max_ms:,.0f}"), delta_color="off",
                    delta_arrow="off", help=say("monitoring.response_help"))  # fmt: skip
    chart = charts.requests_figure(request_windows_since(since), state.language())
    run_charts.show("api_times", chart, "system")
