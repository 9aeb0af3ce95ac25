"""The entries that were found, newest first and page by page, and all of them as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import streamlit as st

from app.ui import downloads, resources, state
from app.ui.audit import words
from app.ui.audit.search_form import Search
from app.ui.texts import say
from core.security.policy import Principal
from core.storage.audit import MOST_AT_ONCE, Entry, search_entries
from core.storage.exports import AUDIT_LOG

PAGE = 50
MOST_EXPORTED = 100_000
BEGINNINGS = "audit-beginnings"  # where each page that was turned to begins, the open one last


def draw(search: Search, names: Mapping[str, str], principal: Principal) -> None:
    beginnings = _beginnings(search)
    found = _find(search, principal, before=beginnings[-1] if beginnings else None, limit=PAGE + 1)
    if not found:
        st.info(say("audit.none_found"), icon=":material/search_off:")
        return
    _draw_table(found[:PAGE], names)
    with st.container(horizontal=True, vertical_alignment="center", key="audit-pages"):
        if beginnings and st.button(say("audit.newer"), icon=":material/arrow_back:", key="audit-newer"):
            _turn_to(search, beginnings[:-1])
        if len(found) > PAGE and st.button(say("audit.older"), icon=":material/arrow_forward:", key="audit-older"):
            _turn_to(search, (*beginnings, found[PAGE - 1].id))
        downloads.offer(
            AUDIT_LOG, say("audit.export"), lambda: export(search, principal), "audit_log.csv", "text/csv",
            key="audit-export",
        )  # fmt: skip


def export(search: Search, principal: Principal) -> bytes:
    """Everything that the filters let through as CSV, times in UTC."""
    rows = []
    for entry in _all(search, principal):
        row = asdict(entry)
        rows.append(row | {"at": entry.at.isoformat(), "details": json.dumps(entry.details, ensure_ascii=False)})
    return resources.rows_as_csv(rows)


def _all(search: Search, principal: Principal) -> Iterator[Entry]:
    before: int | None = None
    for _ in range(MOST_EXPORTED // MOST_AT_ONCE):
        found = _find(search, principal, before=before, limit=MOST_AT_ONCE)
        yield from found
        if len(found) < MOST_AT_ONCE:
            return
        before = found[-1].id


def _find(search: Search, principal: Principal, *, before: int | None, limit: int) -> Sequence[Entry]:
    return search_entries(
        principal=principal, owner=search.owner, action=search.action, words=search.words, since=search.since,
        before=before, limit=limit,
    )  # fmt: skip


def _beginnings(search: Search) -> tuple[int, ...]:
    """Other filters begin with their newest entry."""
    kept = state.kept(BEGINNINGS)
    return kept[1] if kept is not None and kept[0] == search else ()


def _turn_to(search: Search, beginnings: tuple[int, ...]) -> None:
    state.keep(BEGINNINGS, (search, beginnings))
    st.rerun()


def _draw_table(entries: Sequence[Entry], names: Mapping[str, str]) -> None:
    column = st.column_config
    st.dataframe(
        [
            {
                "when": words.exactly(entry.at),
                "who": words.who(entry),
                "what": words.what(entry.action),
                "target": words.target(entry, names),
                "details": words.details(entry.details),
                "number": entry.id,
            }
            for entry in entries
        ],
        column_config={
            "when": column.TextColumn(say("audit.when"), width="medium"),
            "who": column.TextColumn(say("audit.who")),
            "what": column.TextColumn(say("audit.what"), width="medium"),
            "target": column.TextColumn(say("audit.target"), width="medium"),
            "details": column.TextColumn(say("audit.details"), width="large"),
            "number": column.NumberColumn(say("audit.number"), width="small", format="%d"),
        },
        hide_index=True,
        height="content",
        alt=say("audit.table"),
    )
