"""The workbench's own results as documents: what each domain tells in its `facts` module."""

from __future__ import annotations

import streamlit as st

from app.ui import state
from app.ui.texts import say, say_value
from core.knowledge.ingestion.sources import Findings, Listed, workbench
from core.security.policy import Principal


def known() -> dict[str, Findings]:
    """By domain; they are loaded where somebody asks for them only."""
    from core.ctr.facts import FINDINGS as CTR
    from core.customers.facts import FINDINGS as CUSTOMERS
    from core.images.facts import FINDINGS as IMAGES

    return {"customers": CUSTOMERS, "ctr": CTR, "images": IMAGES}


def draw(principal: Principal) -> Listed | None:
    """Which domain's results."""
    domains = known()
    room = st.selectbox(
        say("bring.room"), list(domains), format_func=lambda name: say_value("section", name), key="bring-room",
        width=360,
    )  # fmt: skip
    return workbench(domains[room], language=state.language()) if room else None
