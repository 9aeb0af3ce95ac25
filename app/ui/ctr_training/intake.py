"""From a dropped file of impressions to a stored dataset: columns, target and its click value, name, save."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.ui import notices, resources, state, uploading
from app.ui.navigation import CTR_TRAINING, go_to
from app.ui.texts import say, say_value
from core.ctr.data.datasets import store_impressions
from core.ctr.data.quality import clicks_of
from core.ctr.data.schema import COLUMNS, CTR_SCHEMA, TARGET
from core.datasets.mapping import ColumnMatch, chosen_columns, suggest_mapping
from core.security.policy import Permission, Principal, is_allowed

if TYPE_CHECKING:
    import polars

    from core.datasets.uploads import UploadedTable

UPLOAD = "ctr-upload"
PREVIEW_ROWS, MOST_VALUES = 5, 50
SURE = ("exact", "spelling", "alias")


def draw(principal: Principal) -> None:
    """The upload field and, with a file in it, everything up to the save button."""
    if not is_allowed(principal, Permission.DATASETS_WRITE):
        return
    with st.container(border=True, key="ctr-intake"):
        file = st.file_uploader(
            say("ctr.upload"),
            type=list(uploading.TYPES),
            max_upload_size=uploading.limit_mb(),
            help=say("datasets.upload_help"),
            key=state.generation(UPLOAD),
        )
        if file is None:
            st.caption(say("ctr.upload_hint", limit=uploading.limit_mb()))
            return
        sheet = uploading.choose_sheet(file, UPLOAD)
        with st.spinner(say("datasets.reading", name=file.name)):
            table = uploading.read(file, sheet)
        shape = say("datasets.shape", rows=f"{table.frame.height:,}", columns=table.frame.width)
        st.markdown(f"**{shape}**")
        matches = _matches(table, f"{file.file_id}:{sheet}")
        mapping = _draw_columns(table, matches)
        target = _draw_target(table, mapping or chosen_columns(matches))
        positive = _draw_positive(table.frame, target)
        st.dataframe(table.frame.head(PREVIEW_ROWS), hide_index=True)
        # A column that stands for `clicked` is stored under that name; any other keeps its own.
        stands_for_it = target is not None and (mapping or chosen_columns(matches)).get(TARGET) == target
        own_name = None if stands_for_it else target
        _draw_save(table, mapping, own_name, positive, PurePath(file.name).stem, principal)


def _matches(table: UploadedTable, version: str) -> tuple[ColumnMatch, ...]:
    """The suggestions for the 119 columns, found once per upload."""
    kept: tuple[str, tuple[ColumnMatch, ...]] | None = state.kept("ctr-matches")
    if kept is not None and kept[0] == version:
        return kept[1]
    matches = suggest_mapping(table.frame.columns, CTR_SCHEMA)
    state.keep("ctr-matches", (version, matches))
    return matches


def _draw_columns(table: UploadedTable, matches: tuple[ColumnMatch, ...]) -> dict[str, str] | None:
    """What was recognised; the mapping as edited by hand, or None while the suggestion stands."""
    known = sum(match.how in SURE for match in matches)
    if known <= 1:
        st.caption(f":material/table: {say('ctr.other_layout')}")
    else:
        st.caption(f":material/check: {say('ctr.recognised', known=known, count=len(COLUMNS))}")
    column = st.column_config
    rows = [
        {"expected": match.expected, "found": match.found, "how": say_value("match", match.how)} for match in matches
    ]
    with st.expander(say("ctr.map_columns"), icon=":material/tune:"):
        edited: list[dict[str, Any]] = st.data_editor(
            rows,
            column_config={
                "expected": column.TextColumn(say("ctr.expected"), disabled=True, pinned=True),
                "found": column.SelectboxColumn(say("ctr.found"), options=table.frame.columns),
                "how": column.TextColumn(say("ctr.how"), disabled=True),
            },
            hide_index=True,
            height=280,
            key=f"map:{state.generation(UPLOAD)}",
        )
    if edited == rows:
        return None
    return {row["expected"]: row["found"] for row in edited if row["found"]}


def _draw_target(table: UploadedTable, mapping: dict[str, str]) -> str | None:
    found, suggestion = table.frame.columns, mapping.get(TARGET)
    target: str | None = st.selectbox(
        say("ctr.target"),
        found,
        index=found.index(suggestion) if suggestion in found else None,
        placeholder=say("mapping.choose"),
        help=say("ctr.target_help"),
        key=f"target:{state.generation(UPLOAD)}",
        width=360,
    )
    return target


def _draw_positive(frame: polars.DataFrame, target: str | None) -> str | None:
    """The value that is a click, asked only where the target is not written as 0 and 1."""
    if target is None or not asks_for_value(frame[target]):
        return None
    counts = frame[target].drop_nulls().cast(str).str.strip_chars().value_counts(sort=True)
    values: list[str] = counts[target].head(MOST_VALUES).to_list()
    positive: str | None = st.selectbox(
        say("ctr.positive"),
        values,
        index=1 if len(values) == 2 else None,  # of two, the rarer is the event; of more, only the visitor knows
        placeholder=say("ctr.positive_choose"),
        help=say("ctr.positive_help"),
        key=f"positive:{state.generation(UPLOAD)}:{target}",
        width=360,
    )
    return positive


def asks_for_value(series: polars.Series) -> bool:
    """Whether a column is words, so that one of them may stand for a click; wrong numbers are for the gate."""
    readable = clicks_of(series, None)
    words = series.cast(str).str.strip_chars().cast(float, strict=False).null_count() > series.null_count()
    return readable.null_count() > series.null_count() and words and series.n_unique() <= MOST_VALUES


def _draw_save(
    table: UploadedTable,
    mapping: dict[str, str] | None,
    target: str | None,
    positive: str | None,
    name: str,
    principal: Principal,
) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.text_input(
            say("datasets.name"), name, max_chars=120, key=f"name:{state.generation(UPLOAD)}", width=360
        )
        save = st.button(say("ctr.store"), type="primary", icon=":material/save:", key="ctr-save")
        if st.button(say("datasets.discard"), icon=":material/close:", key="ctr-discard"):
            state.reset(UPLOAD)
            st.rerun()
    if save:
        with st.spinner(say("datasets.saving")):
            dataset = store_impressions(
                table, name=chosen or name, principal=principal, mapping=mapping, target=target, positive=positive
            )
        resources.has_datasets.clear()
        state.reset(UPLOAD)
        state.keep(f"positive:{dataset.id}", positive)
        notices.flash(say("datasets.saved", name=dataset.name))
        go_to(CTR_TRAINING, dataset=dataset.id)
