"""Search by words: one field for mood and ingredients together, and why each result was found."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices
from app.ui.fragrance_search import filter_words, result_cards
from app.ui.navigation import MATERIALS, link_to
from app.ui.texts import say, say_value
from core.fragrance.search.filters import Filters
from core.fragrance.search.finding import LONGEST_QUERY, Answer, find_perfumes
from core.fragrance.search.items import COLLECTIONS, PERFUMES, Collection
from core.fragrance.search.ranking import LEGS, Leg
from core.fragrance.search.reading_queries import read_query
from core.fragrance.search.vectors import encode_missing
from core.security.policy import Permission, Principal, is_allowed

SHOWN = 12
WITHOUT_VECTORS = "fragrance_search.without_vectors"
MOST_AT_ONCE = 2000  # entries that one press encodes
MODES: dict[str, tuple[Leg, ...]] = {"both": LEGS, "words": ("words", "notes"), "vectors": ("vectors",)}


def draw(filters: Filters, principal: Principal) -> None:
    """The field, how to search, what was read from the words, and the results."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="perfume-asking"):
        query = st.text_input(
            say("perfumes.query"),
            key="perfume-query",
            max_chars=LONGEST_QUERY,
            placeholder=say("perfumes.query_example"),
        )
        st.button(say("perfumes.find"), type="primary", icon=":material/search:", key="perfume-find")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        modes = {one: say_value("perfume_mode", one) for one in MODES}
        mode = st.segmented_control(
            say("perfumes.mode"), list(modes), format_func=modes.__getitem__, default="both", required=True,
            key="perfume-mode", help=say("perfumes.mode_help"),
        )  # fmt: skip
        kinds = {one: say_value("perfume_collection", one) for one in COLLECTIONS}
        chosen: list[Collection] = st.pills(
            say("perfumes.among"), list(kinds), format_func=kinds.__getitem__, selection_mode="multi",
            default=[PERFUMES], key="perfume-among",
        )  # fmt: skip
    ignored = _draw_read(query)
    answer = find_perfumes(
        query, filters, k=SHOWN, principal=principal, legs=MODES[mode or "both"], ignored=ignored,
        collections=chosen or (PERFUMES,),
    )  # fmt: skip
    if not answer.total:
        with notices.empty("perfumes.none", "perfumes.none_hint", icon=":material/inventory_2:"):
            link_to(MATERIALS, say("perfumes.to_catalogue"))
    elif not query.strip():
        notices.empty("perfumes.ask", "perfumes.ask_hint", icon=":material/search:", count=f"{answer.total:,}")
    else:
        _draw_answer(answer, principal)


def _draw_read(query: str) -> set[str]:
    """Filters that the words say, to be switched off; the names of those that were."""
    said: dict[str, list[str]] = {}
    for one in read_query(query).filters if query.strip() else ():
        if one.name != "currency":
            said.setdefault(one.name, []).append(filter_words.value_of(one.name, one.value))
    if not said:
        return set()
    labels = {name: f"{filter_words.name_of(name)}: {', '.join(values)}" for name, values in said.items()}
    kept = st.pills(
        say("perfumes.read"), list(labels), format_func=labels.__getitem__, selection_mode="multi",
        default=list(labels), key=f"perfume-read:{query}", help=say("perfumes.read_help"),
    )  # fmt: skip
    return set(labels) - set(kept)


def _draw_answer(answer: Answer, principal: Principal) -> None:
    filter_words.draw_notices(answer.notices)
    if any(one.key == WITHOUT_VECTORS for one in answer.notices) and is_allowed(principal, Permission.FRAGRANCE_WRITE):
        _draw_way_out(principal)
    if not answer.searched:
        notices.empty("perfumes.all_filtered", "perfumes.all_filtered_hint", icon=":material/filter_alt_off:")
        filter_words.draw_removals(answer.removals)
        return
    if not answer.results:
        notices.empty("perfumes.nothing", "perfumes.nothing_hint", icon=":material/search_off:")
        return
    took = formats.duration(answer.seconds)
    st.caption(say("perfumes.told", searched=f"{answer.searched:,}", total=f"{answer.total:,}", took=took))
    for one in answer.results:
        result_cards.draw(one, principal)
    if answer.removals:
        with st.expander(say("perfumes.removals"), icon=":material/filter_alt:"):
            filter_words.draw_removals(answer.removals)


def _draw_way_out(principal: Principal) -> None:
    """The button that computes vectors for entries without any, while one waits."""
    if not st.button(say("perfumes.encode"), icon=":material/refresh:", key="perfume-encode"):
        return
    bar = st.progress(0.0)

    def tell(done: int, total: int) -> None:
        bar.progress(done / total if total else 1.0, say("perfumes.encoding", done=done, total=total))

    with notices.errors_shown():
        count = encode_missing(tell, at_most=MOST_AT_ONCE, principal=principal)
        notices.flash(say("perfumes.encoded", count=count))
        st.rerun()
