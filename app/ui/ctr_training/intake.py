"""From a dropped file of impressions to a stored dataset: columns, target and its click value, name, save."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.ui import state, uploading
from app.ui.ctr_training import click_choice
from app.ui.navigation import CTR_TRAINING, go_to
from app.ui.texts import say, say_value
from core.ctr.data.datasets import store_impressions
from core.ctr.data.schema import COLUMNS, CTR_SCHEMA, TARGET
from core.datasets.mapping import ColumnMatch, chosen_columns, suggest_mapping
from core.security.policy import Permission, Principal, is_allowed

if TYPE_CHECKING:
    from core.datasets.uploads import UploadedTable

UPLOAD = "ctr-upload"
PREVIEW_ROWS = 5
SURE = ("exact", "spelling", "alias")


def draw(principal: Principal) -> None:
    """The upload field and, with a file in it, everything up to the save button."""
    if not is_allowed(principal, Permission.DATASETS_WRITE):
        return
    with st.container(border=True, key="ctr-intake"):
        file = uploading.draw_field(say("ctr.upload"), UPLOAD, help_text=say("datasets.upload_help"))
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
        positive = None
        if target is not None:
            key = f"positive:{state.generation(UPLOAD)}:{target}"
            positive = click_choice.draw(st, table.frame[target], key=key, width=360)
        st.dataframe(table.frame.head(PREVIEW_ROWS), hide_index=True, alt=shape)
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
            alt=say("ctr.map_columns"),
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


def _draw_save(
    table: UploadedTable,
    mapping: dict[str, str] | None,
    target: str | None,
    positive: str | None,
    suggestion: str,
    principal: Principal,
) -> None:
    name = uploading.draw_save(say("ctr.store"), suggestion, UPLOAD, key="ctr")
    if name is not None:
        with st.spinner(say("datasets.saving")):
            dataset = store_impressions(
                table, name=name, principal=principal, mapping=mapping, target=target, positive=positive
            )
        state.keep(f"positive:{dataset.id}", positive)
        uploading.done(dataset.name, UPLOAD)
        go_to(CTR_TRAINING, dataset=dataset.id)
