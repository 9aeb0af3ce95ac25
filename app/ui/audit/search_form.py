"""What the page looks for: words, kind of action, person and period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import streamlit as st

from app.ui import choosing
from app.ui.texts import all_texts, say, say_value
from core.storage.database import utc_now

PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30), "all": None}


@dataclass(frozen=True)
class Search:
    """The filters as the core takes them; "" and None narrow nothing. period: one of PERIODS, which gives `since`."""

    words: str
    action: str
    owner: str
    period: str
    since: datetime | None = field(compare=False)  # moves on with every run


def draw(names: Mapping[str, str]) -> Search:
    """names: display name by id of everybody who may be looked for."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="audit-filters"):
        words = st.text_input(say("audit.words"), key="audit-words", placeholder=say("audit.words_example"), width=280)
        subjects = {"": say("audit.any"), **_subjects()}
        action = choosing.one_of(
            st, say("audit.subject"), list(subjects), key="audit-subject", width=200,
            format_func=subjects.__getitem__,
        )  # fmt: skip
        people = {"": say("audit.anybody"), **names}
        owner = choosing.one_of(
            st, say("audit.person"), list(people), key="audit-person", width=220,
            format_func=people.__getitem__,
        )  # fmt: skip
        periods = {one: say_value("audit_period", one) for one in PERIODS}
        period = st.segmented_control(
            say("audit.period"), list(periods), default="month", required=True, key="audit-period",
            format_func=periods.__getitem__,
        )  # fmt: skip
    chosen = period or "all"
    length = PERIODS[chosen]
    return Search(words or "", action or "", owner or "", chosen, utc_now() - length if length is not None else None)


def _subjects() -> dict[str, str]:
    """What actions are about, in the order of the texts, with its name."""
    known = [key.partition(".")[2] for key in all_texts() if key.startswith("audit_subject.")]
    return {one: say_value("audit_subject", one) for one in known}
