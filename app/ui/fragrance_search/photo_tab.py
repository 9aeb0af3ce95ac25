"""Search by a photo: its colours, or what a picture model sees, as words that are searched for; each with its why."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices, state
from app.ui.fragrance_search import filter_words, result_cards
from app.ui.fragrance_words import chips, word
from app.ui.texts import say, say_value
from core.fragrance.search.filters import Filters
from core.fragrance.search.photos import PhotoAnswer, PhotoReading, find_by_photo
from core.security.policy import Principal

TYPES = ("png", "jpg", "jpeg", "webp")
SHOWN = 8
WIDTH = 260  # [px]


def draw(filters: Filters, principal: Principal) -> None:
    """The upload, what was read from it, and the perfumes that go with it."""
    file = st.file_uploader(
        say("perfumes.photo"), type=list(TYPES), key="perfume-photo", help=say("perfumes.photo_help")
    )
    if file is None:
        notices.empty("perfumes.no_photo", "perfumes.no_photo_hint", icon=":material/add_a_photo:")
        return
    content = file.getvalue()
    answer = find_by_photo(content, filters, k=SHOWN, principal=principal)
    left, right = st.columns([2, 5], gap="medium")
    with left:
        st.image(content, width=WIDTH, alt=formats.plain(file.name))
    with right:
        _draw_reading(answer.reading)
    _draw_results(answer, principal)


def _draw_reading(reading: PhotoReading) -> None:
    is_korean = state.language() == "ko"
    with st.container(key="perfume-photo-reading"):
        st.markdown(f"**{say('perfumes.photo_read')}** {say_value('perfume_photo_way', reading.way)}")
        st.markdown(
            f"{say('perfumes.photo_odours')} {chips([word('odour', one) for one, _ in reading.odours], 'green')}"
        )
        if reading.moods:
            st.markdown(f"{say('perfumes.photo_moods')} {chips([word('mood', one) for one in reading.moods], 'blue')}")
        for one in reading.colours:
            name, why = (one.ko, one.why_ko) if is_korean else (one.en, one.why_en)
            st.caption(f"**{formats.plain(name)}** {formats.share(one.share)}: {formats.plain(why)}")


def _draw_results(found: PhotoAnswer, principal: Principal) -> None:
    filter_words.draw_notices(found.notices)
    if not found.answer.results:
        notices.empty("perfumes.nothing", "perfumes.nothing_hint", icon=":material/search_off:")
        filter_words.draw_removals(found.answer.removals)
    for one in found.answer.results:
        result_cards.draw(one, principal)
