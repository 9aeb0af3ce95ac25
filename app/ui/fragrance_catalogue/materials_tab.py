"""The materials: a table, the chosen one in full, its history, and a form to change it or add another."""

from __future__ import annotations

import streamlit as st

from app.ui import notices, state
from app.ui.fragrance_catalogue import material_facts, material_form, material_history, material_table
from app.ui.texts import say
from core.fragrance.catalogue.materials import Material
from core.fragrance.catalogue.stored import StoredMaterial, save_material, stored_material, stored_materials
from core.security.policy import Permission, Principal, is_allowed


def draw(principal: Principal) -> None:
    """What the address names is open until a row is chosen."""
    may_write = is_allowed(principal, Permission.FRAGRANCE_WRITE)
    chosen = material_table.draw(stored_materials(principal), principal)
    if chosen is None:
        place = state.open_place(state.MATERIAL)
        if place is not None:
            with notices.errors_shown():
                chosen = stored_material(place[1], principal)
    if chosen is None:
        notices.empty("materials.choose", "materials.choose_hint", icon=":material/touch_app:")
    else:
        _draw_one(chosen, principal, may_write=may_write)
    if may_write:
        with st.expander(say("materials.add"), icon=":material/add:"):
            _draw_form(None, 0, principal)


def _draw_one(one: StoredMaterial, principal: Principal, *, may_write: bool) -> None:
    with st.container(border=True, key="hero-material"):
        material_facts.draw(one.material, principal)
        if one.removed_at is not None:
            st.warning(say("materials.is_removed"), icon=":material/delete:")
    if may_write and one.removed_at is None:
        with st.expander(say("materials.edit"), icon=":material/edit:"):
            _draw_form(one.material, one.revision, principal)
    with st.expander(say("materials.history"), icon=":material/history:"):
        material_history.draw(one, principal, may_write=may_write)


def _draw_form(before: Material | None, revision: int, principal: Principal) -> None:
    """One button sends all fields; the sentence names the one that cannot be, and what was typed stays.

    The revision is the one that the fields were filled from, also when somebody else saves meanwhile.
    """
    name = material_form.name_of(before)
    key = state.generation(name)
    if state.kept(key) is None:
        state.keep(key, revision)
    with st.form(key, border=False):
        cells = material_form.draw(before, key)
        reason = st.text_input(
            say("materials.reason"), key=f"{key}-reason", placeholder=say("materials.reason_example")
        )
        label = say("materials.save") if before else say("materials.save_new")
        pressed = st.form_submit_button(label, type="primary", icon=":material/save:")
    if pressed:
        with notices.errors_shown():
            new = material_form.material_of(cells, before)
            save_material(new, expected_revision=state.kept(key), reason=reason, principal=principal)
            state.reset(name)
            notices.flash(say("materials.saved", name=new.name(state.language())))
            st.rerun()
