"""Words, amounts and verdicts of perfumery as every page of it writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from app.ui import choosing, formats, state
from app.ui.texts import say, say_value
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.formula import ACCORD
from core.fragrance.formulas.naming import shown
from core.fragrance.products import CATEGORIES, Category
from core.fragrance.vocabulary import Field, label
from core.fragrance.vocabulary import ids as vocabulary_ids
from core.knowledge.notices import Notice
from core.messages import say as say_sentence

UNKNOWN = "–"
VERDICT_LOOKS = {
    "pass": ("green", ":material/check_circle:"),
    "fail": ("red", ":material/error:"),
    "unknown": ("orange", ":material/help:"),
}


def word(field: Field, word_id: str | None) -> str:
    """One word of the vocabulary in the visitor's language; a dash where it is not known."""
    return label(field, word_id, state.language()) if word_id else UNKNOWN


def words(field: Field, ids: Iterable[str]) -> str:
    """Several of them, separated by commas."""
    return ", ".join(word(field, one) for one in ids) or UNKNOWN


def ingredient(name: str, catalogue: Catalogue, accord_names: Mapping[str, str] | None = None) -> str:
    """A line's ingredient by name; an accord says that it is one."""
    found = shown(name, catalogue, state.language(), accord_names)
    return f"{found} ({say('studio.accord')})" if name.startswith(ACCORD) else found


def category(one: Category) -> str:
    """A category of finished products by its number and what it holds."""
    return f"{one} · {say_value('fragrance_category', one)}"


def category_choice(text: str, *, key: str, chosen: Category) -> Category:
    """The field that asks for one."""
    labels = {one: category(one) for one in CATEGORIES}
    found = choosing.one_of(
        st, text, CATEGORIES, format_func=labels.__getitem__, key=key, index=CATEGORIES.index(chosen),
        help=say("fragrance.category_help"),
    )  # fmt: skip
    return found or chosen


def several_of(text: str, labels: Mapping[str, str], *, key: str, first: Sequence[str] = (), **looks: Any) -> list[str]:
    """A multiselect whose labels change with the language; what was chosen under other labels stays chosen.

    labels: what is read, by what is chosen. first: chosen to begin with.
    """
    widget, chosen = state.relabelled(key, list(labels.values()))
    if chosen is not None:
        state.preset(widget, [one for one in chosen if one in labels])
    picked: list[str] = st.multiselect(
        text, list(labels), list(first) if chosen is None else None, format_func=labels.__getitem__, key=widget,
        placeholder=say("fragrance.choose"), **looks,
    )  # fmt: skip
    return picked


def one_word(field: Field, text: str, *, key: str) -> str | None:
    """A row of buttons for one word of the vocabulary, or none."""
    labels = {one: word(field, one) for one in vocabulary_ids(field)}
    found: str | None = st.pills(text, list(labels), format_func=labels.__getitem__, wrap=True, key=key)
    return found


def several_words(field: Field, text: str, *, key: str) -> tuple[str, ...]:
    """A row of buttons for several words of the vocabulary."""
    labels = {one: word(field, one) for one in vocabulary_ids(field)}
    return tuple(
        st.pills(text, list(labels), format_func=labels.__getitem__, selection_mode="multi", wrap=True, key=key)
    )


def material_names(catalogue: Catalogue) -> dict[str, str]:
    """Names in the visitor's language by id, in their order; two materials of one name are told apart by their ids."""
    names = {one.id: one.name(state.language()) for one in catalogue.materials.values()}
    counts = Counter(names.values())
    told = {one: name if counts[name] == 1 else f"{name} ({one})" for one, name in names.items()}
    return dict(sorted(told.items(), key=lambda pair: pair[1].casefold()))


def percent(share: float | None, digits: int = 2) -> str:
    """A share that is already percent."""
    return UNKNOWN if share is None else f"{share:,.{digits}f} %"


def fine_percent(share: float | None) -> str:
    """A share of the finished product: as many digits as a limit asks for."""
    return UNKNOWN if share is None else f"{share:.5f}".rstrip("0").rstrip(".") + " %"


def money(amount: float | None, currency: str) -> str:
    """Whole units of the currency from a hundred on, two digits below."""
    return UNKNOWN if amount is None else f"{amount:,.{0 if amount >= 100 else 2}f} {currency}"


def grams(amount: float | None, digits: int = 2) -> str:
    return UNKNOWN if amount is None else f"{amount:,.{digits}f} g"


def draw_verdict(verdict: str) -> None:
    """The verdict on the limits, by colour, sign and word."""
    color, icon = VERDICT_LOOKS[verdict]
    st.badge(say_value("fragrance_verdict", verdict), color=color, icon=icon)


def draw_advice() -> None:
    """What every judgement of limits is worth."""
    st.caption(f":material/info: {say_sentence('fragrance.advice', state.language())}")


def draw_notices(notices: Iterable[Notice], *, icon: str = ":material/info:") -> None:
    """One small line for each, the same one once; the advice has a place of its own."""
    for one in dict.fromkeys(told(notice) for notice in notices if notice.key != "fragrance.advice"):
        st.caption(f"{icon} {one}")


def told(notice: Notice) -> str:
    """The sentence, its fields as plain text."""
    return formats.plain(notice.text(state.language()))


def chips(texts: Iterable[str], color: str) -> str:
    """Markdown of short texts as coloured labels."""
    return " ".join(f":{color}-badge[{formats.plain(one)}]" for one in texts)
