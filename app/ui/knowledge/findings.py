"""The workbench's own results as documents: whichever rooms tell theirs in a `facts` module."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

import streamlit as st

from app.ui import state
from app.ui.texts import say, say_value
from core.knowledge.ingestion.sources import Findings, Listed, workbench
from core.security.policy import Principal

ROOMS = ("customers", "ctr", "images")


@cache
def known() -> dict[str, Findings]:
    """By room, those that have something to tell: `core/<room>/facts.py` with a FINDINGS."""
    found = {}
    for room in ROOMS:
        name = f"core.{room}.facts"
        findings = getattr(import_module(name), "FINDINGS", None) if find_spec(name) else None
        if findings is not None:
            found[room] = findings
    return found


def draw(principal: Principal) -> Listed | None:
    """Which room's results."""
    room = st.selectbox(
        say("bring.room"), list(known()), format_func=lambda name: say_value("section", name), key="bring-room",
        width=360,
    )  # fmt: skip
    return workbench(known()[room], language=state.language()) if room else None
