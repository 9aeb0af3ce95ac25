"""From a dropped file to a stored dataset: sheet, column mapping with a preview, name, save."""

from __future__ import annotations

from pathlib import PurePath

import streamlit as st

from app.ui import formats, notices, state, theme, uploading
from app.ui.navigation import DATASETS, go_to
from app.ui.texts import say, say_value
from core.customers.schema import CUSTOMER_SCHEMA
from core.datasets.dictionary import labels_for
from core.datasets.mapping import ColumnMatch, apply_mapping, suggest_mapping
from core.datasets.records import save_dataset
from core.datasets.schemas import ExpectedColumn
from core.datasets.uploads import UploadedTable
from core.security.policy import Permission, Principal, is_allowed

UPLOAD = "dataset-upload"
PREVIEW_ROWS, EXAMPLES = 8, 3
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LOOKS = {"exact": "green", "spelling": "green", "alias": "blue", "close": "orange", "none": "gray"}


def draw(principal: Principal) -> None:
    """The upload field and, with a file in it, everything up to the save button."""
    if not is_allowed(principal, Permission.DATASETS_WRITE):
        return
    with st.container(border=True, key="intake"):
        file = uploading.draw_field(say("datasets.upload"), UPLOAD, help_text=say("datasets.upload_help"))
        if file is None:
            st.caption(say("datasets.upload_hint", limit=uploading.limit_mb()))
            return
        sheet = uploading.choose_sheet(file, UPLOAD)
        with st.spinner(say("datasets.reading", name=file.name)):
            table = uploading.read(file, sheet)
        st.markdown(f"**{_format_of(table)}**")
        mapping = _draw_mapping(table)
        _draw_preview(table, mapping)
        _draw_save(table, mapping, PurePath(file.name).stem, principal)


def _format_of(table: UploadedTable) -> str:
    parts = [
        say("datasets.shape", rows=f"{table.frame.height:,}", columns=table.frame.width),
        table.format.upper(),
        table.encoding or "",
        say_value("delimiter", DELIMITERS[table.delimiter]) if table.delimiter in DELIMITERS else "",
        table.sheet or "",
    ]
    return " · ".join(part for part in parts if part)


def _draw_mapping(table: UploadedTable) -> dict[str, str]:
    """One choice per expected column, required ones first; `{expected: found}`."""
    matches = {match.expected: match for match in suggest_mapping(table.frame.columns, CUSTOMER_SCHEMA)}
    required = [column for column in CUSTOMER_SCHEMA.columns if column.required]
    optional = [column for column in CUSTOMER_SCHEMA.columns if not column.required]
    theme.draw_section("mapping.title")
    st.caption(say("mapping.lead"))
    mapping = _draw_choices(table, required, matches)
    found = sum(matches[column.name].found is not None for column in optional)
    with st.expander(say("mapping.optional", found=found, count=len(optional)), icon=":material/tune:"):
        mapping |= _draw_choices(table, optional, matches)
    return mapping


def _draw_choices(
    table: UploadedTable, columns: list[ExpectedColumn], matches: dict[str, ColumnMatch]
) -> dict[str, str]:
    found = table.frame.columns
    labels = labels_for(CUSTOMER_SCHEMA.names, state.language(), CUSTOMER_SCHEMA.room)
    chosen: dict[str, str] = {}
    for column in columns:
        match = matches[column.name]
        with st.container(horizontal=True, vertical_alignment="bottom", key=f"map-row-{column.name}"):
            picked = st.selectbox(
                labels[column.name],
                found,
                index=found.index(match.found) if match.found else None,
                placeholder=say("mapping.choose"),
                help=_expectation(column),
                key=f"map:{state.generation(UPLOAD)}:{column.name}",
                width=360,
            )
            if picked == match.found:
                st.badge(
                    say_value("match", match.how),
                    color=LOOKS[match.how],
                    help=say("mapping.confidence", share=formats.share(match.confidence)),
                )
            else:
                st.badge(say("mapping.by_hand"), color="violet")
            if picked:
                chosen[column.name] = picked
                values = table.frame[picked].drop_nulls().unique(maintain_order=True).head(EXAMPLES).to_list()
                st.caption(say("mapping.examples", values=", ".join(map(str, values))), width="stretch")
    return chosen


def _expectation(column: ExpectedColumn) -> str:
    kind = say_value("kind", column.kind)
    if column.levels:
        return say("mapping.expects_levels", kind=kind, levels=", ".join(column.levels))
    return say("mapping.expects", kind=kind, name=column.name)


def _draw_preview(table: UploadedTable, mapping: dict[str, str]) -> None:
    with notices.errors_shown():
        head = apply_mapping(table.frame.head(PREVIEW_ROWS), mapping, CUSTOMER_SCHEMA).frame
        theme.draw_section("mapping.preview")
        st.dataframe(head, hide_index=True, alt=say("mapping.preview"))


def _draw_save(table: UploadedTable, mapping: dict[str, str], suggestion: str, principal: Principal) -> None:
    name = uploading.draw_save(say("datasets.save"), suggestion, UPLOAD, key="dataset")
    if name is not None:
        with st.spinner(say("datasets.saving")):
            dataset = save_dataset(
                table,
                name=name,
                room=CUSTOMER_SCHEMA.room,
                principal=principal,
                mapping=mapping,
                schema=CUSTOMER_SCHEMA,
            )
        uploading.done(dataset.name, UPLOAD)
        go_to(DATASETS, dataset=dataset.id)
