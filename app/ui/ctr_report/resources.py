"""What the report page reads of a run, kept between reruns: facts, example rows and predictions."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import streamlit as st

from core.ctr.reporting.fact_text import Fact
from core.ctr.reporting.report_facts import facts_of
from core.ctr.run_files import EXAMPLES
from core.ctr.runs import Report

if TYPE_CHECKING:
    import polars


def facts(report: Report) -> dict[str, Fact]:
    """Every figure of the report by its id."""
    explained = (report.explanation or {}).get("run_id", "")
    return _facts(report.run.id, str(explained), report)


@st.cache_resource(max_entries=16, show_spinner=False)
def _facts(run_id: str, explained: str, _report: Report) -> dict[str, Fact]:
    return facts_of(_report)


def examples(report: Report) -> polars.DataFrame:
    """The example rows of the run with `__probability`, the most probable first."""
    return _examples(report.run.id, report)


@st.cache_resource(max_entries=8, show_spinner=False)
def _examples(run_id: str, _report: Report) -> polars.DataFrame:
    import polars

    return polars.read_parquet(io.BytesIO(_report.artifact.read(EXAMPLES)))
