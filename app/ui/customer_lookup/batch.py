"""A file of customers: read, map, find every cluster, show and download; the result survives reruns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import customer_words, downloads, formats, resources, state, uploading
from app.ui.texts import say
from core.customers.lookup import ClusterModel
from core.customers.profiles import read_profiles
from core.customers.schema import CUSTOMER_SCHEMA
from core.customers.vocabulary import PROFILE_COLUMNS
from core.datasets.mapping import apply_mapping
from core.storage.exports import CLUSTERED_CUSTOMERS

if TYPE_CHECKING:
    import polars
    from streamlit.runtime.uploaded_file_manager import UploadedFile

RESULT, UPLOAD = "batch-result", "batch-upload"
PREVIEW_ROWS = 200


@dataclass(frozen=True)
class BatchResult:
    """A finished batch: the table with its clusters, customers per cluster, and the model version."""

    name: str
    frame: polars.DataFrame
    sizes: tuple[int, ...]
    version: str


def draw(model: ClusterModel) -> None:
    """Upload and run, then the result of the last run."""
    columns = ", ".join(PROFILE_COLUMNS)
    file = uploading.draw_field(say("batch.upload"), UPLOAD, help_text=say("batch.columns", columns=columns))
    if file is not None:
        sheet = uploading.choose_sheet(file, UPLOAD)
        if st.button(say("batch.run"), type="primary", icon=":material/play_arrow:", key="batch-run"):
            state.forget(RESULT)
            state.keep(RESULT, _run(file, sheet, model))
    result: BatchResult | None = state.kept(RESULT)
    if result is not None:
        _draw_result(result, model)
    elif file is None:
        st.caption(say("batch.hint", columns=columns))


def _run(file: UploadedFile, sheet: str | None, model: ClusterModel) -> BatchResult:
    progress = st.progress(0.05, say("batch.reading"))
    table = uploading.read(file, sheet)
    progress.progress(0.5, say("batch.checking", rows=f"{table.frame.height:,}"))
    frame = apply_mapping(table.frame, uploading.suggested(table.frame, CUSTOMER_SCHEMA), CUSTOMER_SCHEMA).frame
    columns = read_profiles(frame)
    progress.progress(0.8, say("batch.assigning"))
    labels = model.assign_batch(columns)
    sizes = tuple(int((labels == cluster).sum()) for cluster in range(model.k))
    frame = resources.with_clusters(table.frame, labels, model, state.language())
    progress.empty()
    return BatchResult(file.name, frame, sizes, model.version)


def _draw_result(result: BatchResult, model: ClusterModel) -> None:
    with st.container(border=True, key="hero-batch"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {say('batch.done', rows=f'{result.frame.height:,}', name=result.name)}", width="stretch")
            downloads.offer(
                CLUSTERED_CUSTOMERS, say("batch.download"), lambda: resources.as_csv(result.frame),
                "customers_with_clusters.csv", "text/csv", target=result.name, looks="primary",
            )  # fmt: skip
        if result.version != model.version:
            st.warning(say("batch.older_model", version=result.version), icon=":material/update:")
        else:
            st.markdown(
                "\n".join(
                    f"- **{customer_words.persona(name).name}** · "
                    + say("champion.size", count=f"{size:,}", share=formats.share(size / max(result.frame.height, 1)))
                    for name, size in zip(model.names, result.sizes, strict=True)
                )
            )
    preview = say("batch.preview", rows=min(PREVIEW_ROWS, result.frame.height))
    st.caption(preview)
    order = ["cluster_id", "cluster_name", *[c for c in result.frame.columns if not c.startswith("cluster_")]]
    st.dataframe(result.frame.head(PREVIEW_ROWS), column_order=order, hide_index=True, alt=preview)
