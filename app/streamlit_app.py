"""The Streamlit server behind `streamlit run app`: starts at once and warms slow imports in the background."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st

from app.ui.notices import say_unexpected
from app.ui.resources import warm_imports

WARM_AFTER_S = 0.5  # the API beside us should answer before we take the processor


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """The port answers first; what the first visitor needs is imported meanwhile."""
    warming = threading.Timer(WARM_AFTER_S, warm_imports)
    warming.daemon = True
    warming.start()
    yield {}


app = st.App("workbench.py", lifespan=lifespan, on_script_error=say_unexpected)
