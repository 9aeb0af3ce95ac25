"""Stored formulas: open one, share it, let it stand in others, put it away and bring it back."""

from __future__ import annotations

import streamlit as st

from app.ui import downloads, formats, notices, row_choice
from app.ui.fragrance_studio import bringing_in, desk
from app.ui.fragrance_studio.judging import workbench
from app.ui.texts import say, say_value
from core.fragrance.formulas.exchange import csv_of
from core.fragrance.formulas.keeping import (
    copy_formula,
    mark_as_accord,
    publish_formula,
    remove_formula,
    rename_formula,
    restore_formula,
    set_state,
)
from core.fragrance.formulas.stored import StoredFormula, get_version, list_formulas
from core.security.policy import Principal
from core.storage.exports import FORMULA

STATES = ("draft", "reviewed", "approved", "archived")


def draw(principal: Principal) -> None:
    """A table to choose from, and what can be done with the chosen one."""
    found = list_formulas(principal=principal)
    if not found:
        notices.empty("studio.no_formulas", "studio.no_formulas_hint", icon=":material/inventory_2:")
    else:
        st.caption(say("studio.choose_formula"))
        place = row_choice.draw(
            [_row(one, principal) for one in found], {}, key="studio-shelf", alt=say("studio.formulas")
        )
        if place is not None:
            _draw_actions(found[place], principal)
    bringing_in.draw(principal)
    _draw_removed(principal)


def _row(one: StoredFormula, principal: Principal) -> dict[str, object]:
    signs = [say("studio.is_accord")] if one.is_accord else []
    signs += [say("studio.is_shared")] if one.is_public else []
    signs += [say("studio.is_sample")] if one.is_sample else []
    return {
        say("studio.name"): one.name,
        say("studio.state"): say_value("formula_state", one.state),
        say("studio.number"): one.version,
        say("studio.signs"): ", ".join(signs),
        say("studio.owner"): say("studio.mine") if one.owner == principal.id else one.owner,
        say("studio.when"): formats.moment(one.updated_at),
    }


def _draw_actions(one: StoredFormula, principal: Principal) -> None:
    with st.container(border=True, key="studio-chosen"):
        st.markdown(f"##### {formats.plain(one.name)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                say("studio.open"), type="primary", icon=":material/edit:", key="studio-open", on_click=_open,
                args=(one.id, principal),
            )  # fmt: skip
            _draw_copy(one, principal)
            if not one.is_editable:
                st.caption(say("studio.not_yours"))
                return
            told = say("studio.unshare") if one.is_public else say("studio.share")
            if st.button(told, icon=":material/group:", key="studio-share", help=say("studio.share_help")):
                with notices.errors_shown():
                    publish_formula(one.id, is_public=not one.is_public, principal=principal)
                    _done(say("studio.changed_formula", name=one.name))
            told = say("studio.no_accord") if one.is_accord else say("studio.as_accord")
            if st.button(told, icon=":material/join_inner:", key="studio-accord", help=say("studio.accord_help")):
                with notices.errors_shown():
                    mark_as_accord(one.id, is_accord=not one.is_accord, principal=principal)
                    _done(say("studio.changed_formula", name=one.name))
            if st.button(say("studio.remove_formula"), icon=":material/delete:", key="studio-remove"):
                with notices.errors_shown():
                    remove_formula(one.id, principal=principal)
                    _done(say("studio.removed_formula", name=one.name))
        _draw_name(one, principal)
        labels = {name: say_value("formula_state", name) for name in STATES}
        wanted = st.segmented_control(
            say("studio.state"), list(labels), format_func=labels.__getitem__, default=one.state, required=True,
            key=f"studio-state-{one.id}-{one.version}-{one.state}",
        )  # fmt: skip
        if wanted != one.state:
            with notices.errors_shown():
                set_state(one.id, wanted, expected=one.version, principal=principal)
                _done(say("studio.changed_formula", name=one.name))


def _draw_copy(one: StoredFormula, principal: Principal) -> None:
    """A draft of one's own, and the lines for another program."""
    if st.button(say("studio.copy_formula"), icon=":material/content_copy:", key="studio-copy"):
        with notices.errors_shown():
            name = say("studio.copy_of", name=one.name)
            copy_formula(one.id, name, reason=say("studio.copied_from", name=one.name), principal=principal)
            _done(say("studio.copied_formula", name=name))
    by = workbench(principal)
    lines = csv_of(
        get_version(one.id, principal=principal).formula, catalogue=by.catalogue, accord_names=by.accord_names
    )
    downloads.offer(
        FORMULA, say("studio.formula_csv"), lines, f"{one.id}.csv", "text/csv", target=one.id, key="studio-formula-csv"
    )


def _draw_name(one: StoredFormula, principal: Principal) -> None:
    with st.form(f"studio-rename-{one.id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(say("studio.name"), one.name, key=f"studio-new-name-{one.id}", max_chars=200)
        if st.form_submit_button(say("studio.rename"), icon=":material/edit_note:") and name != one.name:
            with notices.errors_shown():
                rename_formula(one.id, name, principal=principal)
                _done(say("studio.changed_formula", name=name))


def _open(formula_id: str, principal: Principal) -> None:
    desk.open_stored(formula_id, principal)
    desk.to_tab(say("studio_tab.formula"))


def _draw_removed(principal: Principal) -> None:
    removed = list_formulas(principal=principal, removed=True)
    if not removed:
        return
    with st.expander(say("studio.removed", count=len(removed)), icon=":material/restore_from_trash:"):
        for one in removed:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(formats.plain(one.name), width="stretch")
                if st.button(say("studio.restore"), icon=":material/undo:", key=f"studio-restore-{one.id}"):
                    with notices.errors_shown():
                        restore_formula(one.id, principal=principal)
                        _done(say("studio.restored_formula", name=one.name))


def _done(told: str) -> None:
    notices.flash(told)
    st.rerun()
