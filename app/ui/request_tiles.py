"""What the API was asked lately, in four figures."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices
from app.ui.texts import say
from core.telemetry.measures import Requests


def draw(requests: Requests) -> bool:
    """The figures of the last hour, or what to expect while there are none; whether there were any."""
    if not requests.requests or requests.p50_ms is None or requests.p95_ms is None or requests.max_ms is None:
        notices.empty("monitoring.no_requests", "monitoring.no_requests_hint", icon=":material/api:")
        return False
    with st.container(key="figures-requests"):
        tiles = st.columns(4)
    tiles[0].metric(say("monitoring.requests"), f"{requests.requests:,}",
                    say("monitoring.per_minute", value=f"{requests.requests / 60:,.1f}"), delta_color="off",
                    delta_arrow="off")  # fmt: skip
    tiles[1].metric(say("monitoring.success"), formats.share(requests.success_rate, 2))
    tiles[2].metric(say("monitoring.errors"), formats.share(requests.error_rate, 2), f"{requests.errors:,}",
                    delta_color="off", delta_arrow="off", help=say("monitoring.errors_help"))  # fmt: skip
    longest = say("monitoring.median_and_longest", median=f"{requests.p50_ms:,.0f}", longest=f"{requests.max_ms:,.0f}")
    tiles[3].metric(say("monitoring.response"), f"{requests.p95_ms:,.0f} ms", longest, delta_color="off",
                    delta_arrow="off", help=say("monitoring.response_help"))  # fmt: skip
    return True
