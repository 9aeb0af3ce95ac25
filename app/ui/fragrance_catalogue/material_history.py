"""What became of a material: every revision with who, when, why and what changed, and the ways back."""

from __future__ import annotations

import streamlit as st

from app.ui import choosing, formats, notices, state
from app.ui.fragrance_catalogue import material_form
from app.ui.fragrance_words import UNKNOWN
from app.ui.texts import say
from core.fragrance.catalogue.columns import columns
from core.fragrance.catalogue.history import Revision, history
from core.fragrance.catalogue.stored import StoredMaterial
from core.fragrance.catalogue.undoing import remove, restore, revert
from core.security.policy import Principal
from core.settings.current import get_settings


def draw(one: StoredMaterial, principal: Principal, *, may_write: bool) -> None:
    """The newest first; an earlier one is saved anew, a removal is taken back."""
    found = history(one.material.id, principal)
    st.dataframe([_row(revision) for revision in found], hide_index=True, alt=say("materials.history"))
    if not may_write:
        return
    earlier = [revision.number for revision in found[1:] if revision.value is not None]
    reason = st.text_input(say("materials.reason"), key=f"material-why-{one.material.id}-{one.revision}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if one.removed_at is not None:
            if st.button(say("materials.restore"), icon=":material/restore_from_trash:", key="material-restore"):
                with notices.errors_shown():
                    restore(one.material.id, expected_revision=one.revision, reason=reason, principal=principal)
                    _done(say("materials.restored"), one)
            return
        if earlier:
            labels = {number: say("materials.revision_number", number=number) for number in earlier}
            to = choosing.one_of(
                st, say("materials.back_to"), earlier, format_func=labels.__getitem__, key="material-back", width=200
            )
            if st.button(say("materials.revert"), icon=":material/settings_backup_restore:", key="material-revert"):
                with notices.errors_shown():
                    revert(
                        one.material.id, to=to or earlier[0], expected_revision=one.revision, reason=reason,
                        principal=principal,
                    )  # fmt: skip
                    _done(say("materials.reverted", number=to or earlier[0]), one)
        if st.button(say("materials.remove"), icon=":material/delete:", key="material-remove"):
            with notices.errors_shown():
                remove(one.material.id, expected_revision=one.revision, reason=reason, principal=principal)
                state.show_material(one.material.id)
                _done(say("materials.removed"), one)


def _row(one: Revision) -> dict[str, object]:
    labels = {column.name: column.label(state.language()) for column in columns("materials", _currency())}
    told = [
        f"{labels.get(change.column, change.column)}: {change.before or UNKNOWN} → {change.after or UNKNOWN}"
        for change in one.changes
    ]
    return {
        say("materials.revision"): one.number,
        say("materials.when"): formats.moment(one.at),
        say("materials.who"): one.owner,
        say("materials.reason"): one.why(state.language()),
        say("materials.changes"): "; ".join(told) if one.value is not None else say("materials.was_removed"),
    }


def _currency() -> str:
    return get_settings().fragrance_currency


def _done(told: str, one: StoredMaterial) -> None:
    state.reset(material_form.name_of(one.material))
    notices.flash(told)
    st.rerun()
