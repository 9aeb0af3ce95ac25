"""Built once and kept, within bounds: slow imports, files of runs, and what pages reuse between reruns."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.customers.serving import current_file
from core.jobs.run_files import fetched
from core.security.policy import Principal
from core.settings.current import get_settings
from core.telemetry.logs import get_logger

if TYPE_CHECKING:
    import polars

    from core.customers.lookup import ClusterModel

FORMULA = "^[=+@\\-\t\r\n＝＋－＠]"

log = get_logger("ui")


def warm_imports() -> None:
    """Import what the first pages need, so that the first visitor does not wait for it."""
    import importlib

    for name in (
        "sqlalchemy.dialects.sqlite",
        "core.jobs.records",
        "core.storage.champions",
        "pandas",
        "pyarrow",
        "polars",
        "plotly.graph_objects",
        "plotly.io",
    ):
        importlib.import_module(name)
    log.info("imports_warm")


def warm_chat() -> None:
    """Load what the first question needs, unless the setting `preload` leaves it out."""
    from core.chat.warming import begin_warming

    if "chat" in get_settings().preload:
        begin_warming()


@st.cache_data(ttl=10, max_entries=64, show_spinner=False)
def has_datasets(_principal: Principal, owner: str, room: str) -> bool:
    """Whether a tick on the overview is due; looked up again after ten seconds, or once `clear()` was called."""
    from core.datasets.records import list_datasets

    return bool(list_datasets(principal=_principal, room=room))


def run_file(job_id: str, name: str) -> bytes | None:
    """A file that a run left (`notebook.ipynb`, `notebook.html`, `runner.log`), or None."""
    path: Path = fetched(job_id, name)
    return path.read_bytes() if path.is_file() else None


@st.cache_data(max_entries=8, show_spinner=False)
def published_bytes(name: str, slot: str, version: str) -> bytes:
    """A JSON file of the published model as it is downloaded. `version` keeps an old copy from being served."""
    return json.dumps(current_file(name, slot), ensure_ascii=False, indent=1).encode()


def customers_with_clusters(model: ClusterModel, principal: Principal, language: str) -> bytes:
    """The table that the model was trained on, as CSV with cluster number and name. Raises NotFound."""
    from core.customers.training import load_customers
    from core.jobs.records import get_job

    job = get_job(model.run_id, principal=principal)
    data = load_customers(str(job.parameters.get("dataset_id", "")), principal=principal)
    return as_csv(with_clusters(data.frame, model.assign_batch(data.columns), model, language))


def with_clusters(frame: polars.DataFrame, labels: Any, model: ClusterModel, language: str) -> polars.DataFrame:
    """The table with `cluster_id` and `cluster_name` behind its own columns."""
    import polars

    names = [name.text(language).name for name in model.names]
    numbers = polars.Series("cluster_id", labels)
    return frame.with_columns(numbers, polars.Series("cluster_name", [names[label] for label in labels]))


def as_csv(frame: polars.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets show Hangul.

    Text and headings that a spreadsheet would run as a formula get an apostrophe in front (OWASP, CSV injection).
    """
    import polars

    frame = frame.with_columns(polars.col(polars.Categorical, polars.Enum).cast(polars.String))
    text = polars.col(polars.String)
    harmless = polars.when(text.str.contains(FORMULA)).then("'" + text).otherwise(text).name.keep()
    head = io.StringIO(newline="")
    # By hand, as two columns may be called alike once they are guarded.
    names = [f"'{name}" if re.match(FORMULA, name) else name for name in frame.columns]
    csv.writer(head, lineterminator="\r\n").writerow(names)  # which makes it quote either line break
    rows = frame.with_columns(harmless).write_csv(include_header=False)
    return b"\xef\xbb\xbf" + (head.getvalue().removesuffix("\r\n") + "\n" + rows).encode()


def rows_as_csv(rows: list[dict[str, Any]]) -> bytes:
    """Plain rows as CSV."""
    import polars

    return as_csv(polars.DataFrame(rows))
