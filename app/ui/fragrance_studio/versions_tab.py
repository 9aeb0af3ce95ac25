"""Every version of the formula that is open: what changed from one to another, in percent and grams; the way back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import choosing, formats, notices
from app.ui.fragrance_studio import desk
from app.ui.fragrance_studio.judging import Workbench, workbench
from app.ui.fragrance_words import ingredient, percent
from app.ui.texts import say, say_value
from core.fragrance.amounts import percent as share_of
from core.fragrance.formulas.differences import Change, difference
from core.fragrance.formulas.stored import list_versions, save_version
from core.fragrance.formulas.versions import Version
from core.security.policy import Principal


def draw(principal: Principal) -> None:
    """The list, two of them compared, and a version brought back as a new one."""
    draft = desk.draft()
    if draft is None or draft.formula_id is None:
        notices.empty("studio.no_versions", "studio.no_versions_hint", icon=":material/history:")
        return
    found = list_versions(draft.formula_id, principal=principal)
    by = workbench(principal)
    st.subheader(formats.plain(draft.name), anchor=False)
    st.dataframe([_row(one) for one in found], hide_index=True, alt=say("studio.versions"))
    if len(found) < 2:
        st.caption(say("studio.one_version"))
        return
    before, after = _choose(found)
    _draw_difference(before, after, draft.batch_g, by)
    if draft.is_editable and before.number != found[0].number:
        label = say("studio.go_back", number=before.number)
        if st.button(label, icon=":material/settings_backup_restore:", key="studio-go-back"):
            with notices.errors_shown():
                reason = say("studio.went_back", number=before.number)
                save_version(
                    before.formula_id, before.formula, expected=found[0].number, product=before.product,
                    brief=before.brief, story=before.story, reason=reason, principal=principal,
                )  # fmt: skip
                desk.open_stored(before.formula_id, principal)
                notices.flash(reason)
                st.rerun()


def _row(one: Version) -> dict[str, object]:
    return {
        say("studio.number"): one.number,
        say("studio.when"): formats.moment(one.created_at),
        say("studio.why_changed"): one.reason,
        say("studio.lines"): len(one.formula.lines),
        say("fragrance.category"): one.product.category,
        say("fragrance.dosage"): one.product.dosage,
    }


def _choose(found: Sequence[Version]) -> tuple[Version, Version]:
    """Two versions; the newest against the one before it, unless others are chosen."""
    numbers = {one.number: one for one in found}
    labels = {one.number: _label(one) for one in found}
    with st.container(horizontal=True, vertical_alignment="bottom", key="studio-compare"):
        before = choosing.one_of(
            st, say("studio.before"), list(labels), format_func=labels.__getitem__, key="studio-before", index=1
        )
        after = choosing.one_of(
            st, say("studio.after"), list(labels), format_func=labels.__getitem__, key="studio-after", index=0
        )
    return numbers[before or found[1].number], numbers[after or found[0].number]


def _label(one: Version) -> str:
    told = say("studio.version", number=one.number)
    return f"{told} · {one.reason[:60]}" if one.reason else told


def _draw_difference(before: Version, after: Version, batch_g: float, by: Workbench) -> None:
    found = difference(before.formula, after.formula)
    if before.product != after.product:
        st.caption(
            say("studio.product_changed", before=f"{before.product.category}, {before.product.dosage:g} %",
                after=f"{after.product.category}, {after.product.dosage:g} %")
        )  # fmt: skip
    if found.is_empty:
        st.info(say("studio.same"), icon=":material/equal:")
        return
    if found.changes:
        rows = [_change(one, batch_g, by) for one in found.changes]
        st.dataframe(rows, hide_index=True, alt=say("studio.difference"))
    st.caption(say("studio.difference_hint", batch=f"{batch_g:g}"))
    if found.is_reordered:
        st.caption(say("studio.reordered"))


def _change(one: Change, batch_g: float, by: Workbench) -> dict[str, str]:
    return {
        say("studio.kind_of_change"): say_value("studio_change", one.kind),
        say("studio.ingredient"): ingredient(one.ingredient, by.catalogue, by.accord_names),
        say("studio.share_before"): percent(share_of(one.before_mg), 3),
        say("studio.share_after"): percent(share_of(one.after_mg), 3),
        say("studio.points"): f"{one.percent_points:+.3f}",
        say("studio.gram_change"): f"{one.grams(batch_g):+.4f} g",
    }
