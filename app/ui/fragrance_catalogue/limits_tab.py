"""Tables of limits: the one that counts, rule by rule; importing another; which counted when, and why."""

from __future__ import annotations

import streamlit as st

from app.ui import choosing, formats, notices, state, uploading
from app.ui.fragrance_words import category_choice, draw_advice, fine_percent
from app.ui.texts import say, say_value
from core.fragrance.limits.importing import COLUMNS, read_limits
from core.fragrance.limits.rules import LimitTable, Rule
from core.fragrance.limits.shipped import SAMPLE
from core.fragrance.limits.stored import Entry, current_limits, history, import_table, imported_tables, make_current
from core.fragrance.products import FINE_FRAGRANCE, Category
from core.security.policy import Permission, Principal, is_allowed

UPLOAD = "limits-upload"
HEIGHT = 380  # [px]


def draw(principal: Principal) -> None:
    """Advice first: what a check by these rules is worth."""
    draw_advice()
    _draw_current(current_limits())
    if is_allowed(principal, Permission.FRAGRANCE_WRITE):
        with st.expander(say("limits.import"), icon=":material/upload_file:"):
            _draw_import(principal)
    with st.expander(say("limits.history"), icon=":material/history:"):
        _draw_history(principal)


def _draw_current(table: LimitTable) -> None:
    with st.container(border=True, key="hero-limits"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(formats.plain(table.name), anchor=False, width="content")
            if table.is_sample:
                st.badge(say("perfumes.sample"), color="orange", icon=":material/science:")
            else:
                st.badge(say("limits.imported"), color="green", icon=":material/check:")
        st.caption(say("limits.amendment", amendment=formats.plain(table.amendment), on=table.amended_on.isoformat(),
                       source=formats.plain(table.source), count=len(table.rules)))  # fmt: skip
        if table.is_sample:
            st.warning(say("limits.sample_warning"), icon=":material/science:")
        category = category_choice(say("fragrance.category"), key="limits-category", chosen=FINE_FRAGRANCE)
        st.dataframe(
            [_rule(one, category) for one in table.rules], hide_index=True, alt=say("limits.rules"), height=HEIGHT
        )


def _rule(one: Rule, category: Category) -> dict[str, str]:
    limit = one.limits.get(category)
    if one.kind == "prohibited":
        told = say("limits.prohibited")
    elif limit is None:
        told = say("limits.not_limited")
    else:
        told = fine_percent(limit)
    return {
        say("limits.rule"): one.name,
        say("limits.kind"): say_value("limit_kind", one.kind),
        say("limits.limit_in", category=category): told,
        say("limits.substances"): ", ".join(one.substances),
        say("limits.specification"): one.specification,
        say("limits.note"): one.note,
    }


def _draw_import(principal: Principal) -> None:
    """The file is read first and shown; only the button makes it count."""
    st.caption(say("limits.format", columns=", ".join(COLUMNS)))
    file = st.file_uploader(
        say("limits.file"), type=["csv", "xlsx"], max_upload_size=uploading.limit_mb(), key=state.generation(UPLOAD)
    )
    if file is None:
        return
    content = file.getvalue()
    with notices.errors_shown():
        table = read_limits(content, file.name)
        st.info(
            say("limits.planned", count=len(table.rules), amendment=table.amendment, on=table.amended_on.isoformat()),
            icon=":material/preview:",
        )  # fmt: skip
        name = st.text_input(say("limits.name"), table.name, key="limits-name")
        source = st.text_input(say("limits.source"), key="limits-source", placeholder=say("limits.source_example"))
        reason = st.text_input(say("materials.reason"), key="limits-reason")
        if st.button(say("limits.carry_out"), type="primary", icon=":material/check:", key="limits-carry-out"):
            import_table(content, file.name, reason=reason, principal=principal, name=name, source=source)
            state.reset(UPLOAD)
            notices.flash(say("limits.counts_now", name=name))
            st.rerun()


def _draw_history(principal: Principal) -> None:
    entries = history(principal)
    if not entries:
        st.caption(say("limits.always_sample"))
        return
    st.dataframe([_entry(one) for one in entries], hide_index=True, alt=say("limits.history"))
    if not is_allowed(principal, Permission.FRAGRANCE_WRITE):
        return
    now = current_limits().id
    names = {one.table_id: f"{one.name} · {one.amendment}" for one in imported_tables(principal)}
    names = {one: name for one, name in {**names, SAMPLE: say("limits.the_sample")}.items() if one != now}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = choosing.one_of(
            st, say("limits.make_current"), list(names), format_func=names.__getitem__, key="limits-earlier"
        )
        reason = st.text_input(say("materials.reason"), key="limits-why")
        if st.button(say("limits.let_count"), icon=":material/settings_backup_restore:", key="limits-let-count"):
            with notices.errors_shown():
                make_current(str(chosen), reason=reason, principal=principal)
                notices.flash(say("limits.counts_now", name=names[str(chosen)]))
                st.rerun()


def _entry(one: Entry) -> dict[str, object]:
    return {
        say("materials.when"): formats.moment(one.created_at),
        say("limits.name"): one.name,
        say("limits.amendment_name"): one.amendment,
        say("limits.amended_on"): one.amended_on.isoformat(),
        say("limits.rule_count"): one.rules,
        say("limits.counts"): "●" if one.is_current else "",
        say("materials.who"): one.owner,
        say("materials.reason"): one.reason,
    }
