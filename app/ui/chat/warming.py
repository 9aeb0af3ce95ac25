"""The first question should not wait for models and indexes: they are loaded while it is being written."""

from __future__ import annotations

import threading

import streamlit as st

from core.errors import WorkbenchError
from core.knowledge.retrieval.find import find
from core.security.policy import Principal
from core.telemetry.logs import get_logger

log = get_logger("ui")


@st.cache_resource(show_spinner=False)
def begin(_principal: Principal) -> threading.Thread:
    """Search once beside the page; only the first visit of a process does it."""
    warming = threading.Thread(target=_search, args=(_principal,), name="chat-warming", daemon=True)
    warming.start()
    return warming


def _search(principal: Principal) -> None:
    try:
        find("?", k=1, principal=principal)
    except WorkbenchError as error:  # the first question will say so to the person who asks it
        log.info("warming_failed", error=error.key)
