"""What is wanted of a perfume: free words first, and fields for those who know exactly."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.ui import formats, state
from app.ui.fragrance_words import (
    category_choice,
    chips,
    material_names,
    one_word,
    several_of,
    several_words,
    told,
)
from app.ui.texts import say
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.checked_briefs import LARGEST_BATCH_G, SMALLEST_BATCH_G
from core.fragrance.generation.reading_briefs import Given, Reading
from core.fragrance.products import Product
from core.settings.current import get_settings

LONGEST_WORDS = 2000
MOST_ALTERNATIVES = 5  # side by side
MOST_SEED = 2**31 - 1


def draw(catalogue: Catalogue) -> Given:
    """The form; nothing in it has to be filled in."""
    with st.container(border=True, key="studio-brief"):
        words = st.text_area(
            say("studio.words"), key="studio-words", max_chars=LONGEST_WORDS, height=96,
            placeholder=say("studio.words_example"), help=say("studio.words_help"),
        )  # fmt: skip
        first, second, third, fourth = st.columns([4, 2, 2, 2], vertical_alignment="bottom")
        with first:
            category = category_choice(
                say("fragrance.category"), key="studio-category", chosen=Brief().product.category
            )
        dosage = second.number_input(
            say("fragrance.dosage"), 0.01, 100.0, Brief().product.dosage, 0.5, key="studio-dosage",
            help=say("fragrance.dosage_help"),
        )  # fmt: skip
        batch_g = third.number_input(
            say("studio.batch"), SMALLEST_BATCH_G, LARGEST_BATCH_G, Brief.batch_g, 5.0, key="studio-batch",
            help=say("studio.batch_help"),
        )  # fmt: skip
        alternatives = fourth.number_input(
            say("studio.alternatives"), 1, MOST_ALTERNATIVES, Brief.alternatives, key="studio-alternatives"
        )
        with st.expander(say("studio.fields"), icon=":material/tune:"):
            fields = _draw_fields(catalogue)
    return Given(
        words=words, language=state.language(), product=Product(category, dosage), batch_g=batch_g,
        alternatives=alternatives, **fields,
    )  # fmt: skip


def _draw_fields(catalogue: Catalogue) -> dict[str, Any]:
    """What the words need not say; empty fields leave it to them."""
    st.caption(say("studio.fields_hint"))
    names = material_names(catalogue)
    left, right = st.columns(2, gap="medium")
    with left:
        family = one_word("family", say("fragrance.family"), key="studio-family")
        moods = several_words("mood", say("fragrance.moods"), key="studio-moods")
        seasons = several_words("season", say("fragrance.seasons"), key="studio-seasons")
        occasions = several_words("occasion", say("fragrance.occasions"), key="studio-occasions")
    with right:
        gender = one_word("gender", say("fragrance.gender"), key="studio-gender")
        intensity = one_word("intensity", say("fragrance.intensity"), key="studio-intensity")
        complexity = one_word("complexity", say("fragrance.complexity"), key="studio-complexity")
        wanted = several_of(say("studio.wanted"), names, key="studio-wanted")
        excluded = several_of(say("studio.excluded"), names, key="studio-excluded")
    first, second, third = st.columns(3, vertical_alignment="bottom")
    currency = get_settings().fragrance_currency
    budget = first.number_input(
        say("studio.budget", currency=currency), 0.0, value=None, step=10_000.0, key="studio-budget",
        placeholder=say("fragrance.no_limit"),
    )  # fmt: skip
    seed = second.number_input(say("studio.seed"), 0, MOST_SEED, 0, key="studio-seed", help=say("studio.seed_help"))
    stock = third.checkbox(say("studio.stock"), key="studio-stock", help=say("studio.stock_help"))
    return {
        "family": family, "moods": moods, "seasons": seasons, "occasions": occasions, "gender": gender,
        "intensity": intensity, "complexity": complexity, "wanted": tuple(wanted), "excluded": tuple(excluded),
        "budget_per_kg": budget or None, "seed": int(seed), "stock_is_limit": stock,
    }  # fmt: skip


def draw_reading(reading: Reading) -> None:
    """What was understood of the words and fields, and which words were not."""
    with st.container(key="studio-reading", gap="xsmall"):
        understood = [told(one) for one in reading.understood]
        st.markdown(
            f"**{say('studio.understood')}** " + " ".join(f":blue-badge[{one.rstrip('.')}]" for one in understood)
        )
        if reading.unread:
            st.markdown(f"**{say('studio.unread')}** {chips(reading.unread, 'orange')}")
            st.caption(say("studio.unread_hint", example=formats.plain(reading.unread[0])))
