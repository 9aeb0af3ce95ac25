"""The batch tab: a ZIP of pictures in, a table out, with progress and a stop while it is worked on."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, cast

import streamlit as st

from app.ui import downloads, formats, notices, resources, state, uploading
from app.ui.image_matching import batch_table, batch_work
from app.ui.image_matching.batch_table import FILTERS, Filter, Row
from app.ui.image_matching.batch_work import Batch
from app.ui.texts import say, say_value
from core.errors import WorkbenchError
from core.security.policy import Principal
from core.storage.exports import IMAGE_VERDICTS

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

BATCH, UPLOAD = "image-batch", "image-batch-upload"
REFRESH_S = 1.0
SHOWN_ROWS = 2000


def draw(domain: str | None, principal: Principal) -> None:
    """Upload and start; then the work or what came of it. domain: None where every domain is asked."""
    batch: Batch | None = state.kept(BATCH)
    if batch is not None and not batch.progress.finished.is_set():
        _watch(batch)
        return
    if domain is None:
        notices.empty("images.batch_choose", "images.batch_choose_hint", icon=":material/folder_zip:")
    else:
        _draw_upload(domain, principal)
    if batch is not None:
        _draw_result(batch)


def _draw_upload(domain: str, principal: Principal) -> None:
    with st.container(border=True, key="image-batch-intake"):
        file = st.file_uploader(
            say("images.batch_upload"),
            type=["zip"],
            max_upload_size=uploading.limit_mb(),
            help=say("images.batch_help"),
            key=state.generation(UPLOAD),
        )
        if file is None:
            st.caption(say("images.batch_hint"))
        elif st.button(
            say("images.batch_start", domain=domain),
            type="primary",
            icon=":material/play_arrow:",
            key="image-batch-start",
        ):
            state.keep(BATCH, batch_work.start(_parked(file), name=file.name, domain=domain, principal=principal))
            state.reset(UPLOAD)
            st.rerun()


def _parked(file: UploadedFile) -> Path:
    """The upload as a file that outlives the page; whoever works on it deletes it."""
    with tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as parked:
        parked.write(file.getbuffer())
    return Path(parked.name)


def _watch(batch: Batch) -> None:
    """Progress, refreshed by itself, and the way to stop; the page reruns when the work has ended."""

    def look() -> None:
        progress = batch.progress
        if progress.finished.is_set():
            st.rerun()
        done, total = len(progress.rows), progress.total
        with st.container(border=True, key="image-batch-live"):
            told = say("images.batch_doing", name=batch.name, done=f"{done:,}", total=f"{total:,}")
            st.progress(done / total if total else 0.0, told if total else say("images.batch_opening", name=batch.name))
            if st.button(
                say("images.batch_stop"),
                icon=":material/stop_circle:",
                key="image-batch-stop",
                disabled=progress.stop.is_set(),
            ):
                progress.stop.set()
            if progress.rows:
                _draw_table(progress.rows[-10:])

    st.fragment(look, run_every=REFRESH_S)()


def _draw_result(batch: Batch) -> None:
    progress = batch.progress
    rows = list(progress.rows)
    if isinstance(progress.error, WorkbenchError):
        notices.show_error(progress.error)
    elif progress.error is not None:
        notices.say_unexpected(progress.error)
    if not rows:
        return
    if progress.is_stopped:
        st.warning(
            say("images.batch_stopped", done=f"{len(rows):,}", total=f"{progress.total:,}"),
            icon=":material/stop_circle:",
        )
    with st.container(border=True, key="hero-image-batch"):
        with st.container(horizontal=True, vertical_alignment="center"):
            title = say("images.batch_done", name=batch.name, count=f"{len(rows):,}", domain=batch.domain)
            st.markdown(f"### {title}", width="stretch")
            language = state.language()
            downloads.offer(
                IMAGE_VERDICTS, say("images.batch_download"),
                lambda: resources.rows_as_csv([batch_table.plain(row, language) for row in rows]),
                f"{PurePath(batch.name).stem}_verdicts.csv", "text/csv", looks="primary", key="image-batch-download",
            )  # fmt: skip
        _draw_counts(rows)
    chosen = st.segmented_control(
        say("images.batch_filter"),
        FILTERS,
        format_func=lambda name: say_value("images_filter", name),
        default="all",
        required=True,
        key="image-batch-filter",
    )
    shown = batch_table.filtered(rows, cast("Filter", chosen))
    if len(shown) > SHOWN_ROWS:
        st.caption(say("images.batch_first", shown=f"{SHOWN_ROWS:,}", count=f"{len(shown):,}"))
    if shown:
        _draw_table(shown[:SHOWN_ROWS])
    else:
        st.caption(f":material/check: {say('images.batch_none_such')}")


def _draw_counts(rows: list[Row]) -> None:
    counts = batch_table.counts_of(rows)
    tiles = st.columns(4)
    tiles[0].metric(say("images.recognised"), f"{counts.known:,}")
    tiles[1].metric(say("images.unknown"), f"{counts.unknown:,}")
    tiles[2].metric(say("images.unreadable"), f"{counts.problems:,}")
    named, inside = counts.named
    kept_out, outside = counts.kept_out
    with tiles[3]:
        if inside:
            st.metric(
                say("images.named_right"),
                formats.share(named / inside, 1),
                help=say("images.named_right_help", right=f"{named:,}", count=f"{inside:,}"),
            )
        if outside:
            st.caption(say("images.kept_out", right=f"{kept_out:,}", count=f"{outside:,}"))
        if not inside and not outside:
            st.caption(say("images.no_folders"))


def _draw_table(rows: list[Row]) -> None:
    language, column = state.language(), st.column_config
    own, other = ("verdict", "verdict_english") if language == "ko" else ("verdict_english", "verdict")
    plain = [batch_table.plain(row, language) for row in rows]
    st.dataframe(
        [row | {own: say("images.unknown"), other: None} if row["is_unknown"] else row for row in plain],
        column_order=["file", "folder", own, other, "similarity", "margin", "is_unknown", "is_right", "problem"],
        column_config={
            "file": column.TextColumn(say("images.file"), pinned=True),
            "folder": column.TextColumn(say("images.folder")),
            own: column.TextColumn(say("images.verdict")),
            other: column.TextColumn(say("images.verdict_other")),
            "similarity": column.NumberColumn(say("images.similarity"), format="%.3f"),
            "margin": column.NumberColumn(say("images.margin"), format="%.3f"),
            "is_unknown": column.CheckboxColumn(say("images.unknown")),
            "is_right": column.CheckboxColumn(say("images.as_folder")),
            "problem": column.TextColumn(say("images.problem"), width="large"),
        },
        hide_index=True,
        alt=say("images.batch"),
        placeholder="–",
    )
