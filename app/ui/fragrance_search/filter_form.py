"""What a perfume has to be besides what the words say; empty fields restrict nothing."""

from __future__ import annotations

import streamlit as st

from app.ui.fragrance_words import one_word, several_words
from app.ui.texts import say, say_value
from core.fragrance.search.filters import Filters
from core.settings.current import get_settings

SAMPLES = {"any": None, "none": False, "only": True}


def draw() -> Filters:
    """The filters as they are filled in."""
    currency = get_settings().fragrance_currency
    with st.expander(say("perfumes.filters"), icon=":material/tune:"):
        left, right = st.columns(2, gap="medium")
        with left:
            first, second = st.columns(2)
            least = first.number_input(
                say("perfumes.min_price", currency=currency), 0.0, value=None, step=10_000.0, key="perfume-min-price",
                placeholder=say("fragrance.no_limit"),
            )  # fmt: skip
            most = second.number_input(
                say("perfumes.max_price", currency=currency), 0.0, value=None, step=10_000.0, key="perfume-max-price",
                placeholder=say("fragrance.no_limit"),
            )  # fmt: skip
            include = st.text_input(
                say("perfumes.include"), key="perfume-include", placeholder=say("perfumes.notes_example")
            )
            exclude = st.text_input(say("perfumes.exclude"), key="perfume-exclude", help=say("perfumes.exclude_help"))
            first, second = st.columns(2)
            brand = first.text_input(say("perfumes.brand"), key="perfume-brand")
            hours = second.number_input(
                say("perfumes.min_longevity"), 0.0, value=None, step=1.0, key="perfume-longevity",
                placeholder=say("fragrance.no_limit"),
            )  # fmt: skip
        with right:
            family = one_word("family", say("fragrance.family"), key="perfume-family")
            gender = one_word("gender", say("fragrance.gender"), key="perfume-gender")
            seasons = several_words("season", say("fragrance.seasons"), key="perfume-seasons")
            moods = several_words("mood", say("fragrance.moods"), key="perfume-moods")
            labels = {one: say_value("perfume_samples", one) for one in SAMPLES}
            samples = st.segmented_control(
                say("perfumes.samples"), list(labels), format_func=labels.__getitem__, default="any", required=True,
                key="perfume-samples",
            )  # fmt: skip
        st.caption(f":material/info: {say('perfumes.unknown_never_passes')}")
    return Filters(
        min_price=least, max_price=most, gender=gender, seasons=seasons, include_notes=_listed(include),
        exclude_notes=_listed(exclude), brand=brand.strip() or None, family=family, min_longevity_h=hours, moods=moods,
        is_sample=SAMPLES[samples or "any"],
    )  # fmt: skip


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace(";", ",").split(",") if part.strip())
