"""Backups: what there is, making one beside the page, and the command that brings one back."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import streamlit as st

from app.ui import choosing, formats, notices, state, theme
from app.ui.operations import backup_work
from app.ui.texts import say
from core.errors import WorkbenchError
from core.operations.backup import Backup, backup_folder, being_written, list_backups
from core.security.policy import Principal
from core.settings.current import get_settings

WORK = "backup-work"
REFRESH_S = 1.0


def draw(principal: Principal) -> None:
    made = list_backups(principal=principal)
    _draw_making(made, principal)
    if not made:
        notices.empty("operations.no_backups", "operations.no_backups_hint", icon=":material/archive:")
        return
    st.caption(
        say("operations.backups_kept", count=get_settings().keep_backups, folder=formats.plain(str(backup_folder())))
    )
    _draw_table(made)
    readable = [one for one in made if one.manifest is not None]
    if readable:
        theme.draw_section("operations.restore")
        _draw_restore(readable)


def _draw_making(made: Sequence[Backup], principal: Principal) -> None:
    work: backup_work.Work | None = state.kept(WORK)
    is_mine = work is not None and not work.finished.is_set()
    if is_mine or being_written() is not None:
        _watch(work if is_mine else None, made[0].bytes if made else None)
        return
    if st.button(say("operations.back_up"), type="primary", icon=":material/archive:", key="back-up"):
        state.keep(WORK, backup_work.start(principal))
        st.rerun()
    if work is not None:
        _draw_outcome(work)


def _watch(work: backup_work.Work | None, before: int | None) -> None:
    """How much is written so far, refreshed by itself. work: None for a backup that somebody else makes."""

    def look() -> None:
        written = being_written()
        if work.finished.is_set() if work is not None else written is None:
            st.rerun()
        told = say("operations.backing_up", size=formats.size(written or 0))
        if before:
            told = f"{told} {say('operations.backup_before', size=formats.size(before))}"
        with st.container(border=True, key="backup-live"):
            st.progress(min(0.99, (written or 0) / before) if before else 0.0, told)

    st.fragment(look, run_every=REFRESH_S)()


def _draw_outcome(work: backup_work.Work) -> None:
    if isinstance(work.error, WorkbenchError):
        notices.show_error(work.error)
    elif work.error is not None:
        notices.say_unexpected(work.error)
    elif work.made is not None:
        told = say("operations.backed_up", name=work.made.name, size=formats.size(work.made.bytes))
        st.success(formats.plain(told), icon=":material/check_circle:")


def _draw_table(made: Sequence[Backup]) -> None:
    column = st.column_config
    st.dataframe(
        [_row(one) for one in made],
        column_config={
            "made": column.TextColumn(say("operations.made")),
            "size": column.TextColumn(say("operations.bytes"), width="small"),
            "rows": column.NumberColumn(say("operations.rows"), width="small", format="localized"),
            "files": column.NumberColumn(say("operations.files"), width="small", format="localized"),
            "state": column.TextColumn(say("runs.state"), width="medium"),
            "database": column.TextColumn(say("operations.database"), width="small"),
            "product": column.TextColumn(say("operations.version"), width="medium"),
            "name": column.TextColumn(say("operations.file"), width="medium"),
        },
        hide_index=True,
        height="content",
        alt=say("operations_tab.backups"),
        placeholder="–",
    )


def _row(one: Backup) -> dict[str, object]:
    row: dict[str, object] = {
        "made": formats.moment(one.made_at), "size": formats.size(one.bytes), "rows": None, "files": None,
        "state": "–" if one.problem is None else one.problem.text(state.language()), "database": None,
        "product": None, "name": one.name,
    }  # fmt: skip
    if one.manifest is None:
        return row
    missing = len(one.manifest.missing)
    told = say("operations.complete") if not missing else say("operations.went_meanwhile", count=missing)
    return row | {
        "rows": one.manifest.rows, "files": len(one.manifest.files), "state": told,
        "database": one.manifest.database, "product": one.manifest.product,
    }  # fmt: skip


def _draw_restore(readable: Sequence[Backup]) -> None:
    by_name = {one.name: one for one in readable}
    name = choosing.one_of(
        st, say("operations.backup_to_restore"), list(by_name), key="restore-name", width=420,
        format_func=lambda one: f"{formats.moment(by_name[one].made_at)} · {formats.size(by_name[one].bytes)}",
    )  # fmt: skip
    st.code(f"workbench restore {shlex.quote(str(by_name[str(name)].path))}", language=None, wrap_lines=True)
    st.caption(say("operations.restore_hint"))
    manifest = by_name[str(name)].manifest
    if manifest is not None and manifest.has_key:
        st.caption(say("operations.has_key"))
