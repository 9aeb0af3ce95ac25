"""Classes that a build confuses: which, how alike, how often mistaken, and pictures of both side by side."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from app.ui import choosing, formats, run_charts, theme, thumbnails
from app.ui.image_domains import class_words, report_pictures
from app.ui.texts import say
from core.images.building import charts
from core.security.policy import Principal

PAGE, SHOWN = 6, 3  # pairs at a time, pictures of each class
MOST_CLASSES = 60  # beyond that the squares of the confusion chart cannot be told apart


def draw(report: Mapping[str, Any], domain: str, principal: Principal) -> None:
    """The most confusable pairs, then the whole confusion of the held-out pictures."""
    pairs = report["confusable"]
    names = class_words.names_in(report["classes"])
    st.caption(say("pairs.help"))
    if not pairs:
        st.caption(f":material/check: {say('pairs.none')}")
    known = report_pictures.examples(domain, principal, SHOWN) if pairs else {}
    first, shown = choosing.one_page(pairs, PAGE, key="pairs-page")
    for place, pair in enumerate(shown, first):
        with st.container(border=True, key=f"pair-{place}"):
            st.markdown(
                say(
                    "pairs.pair",
                    first=class_words.shown(pair["first"], names),
                    second=class_words.shown(pair["second"], names),
                    similarity=formats.similarity(pair["similarity"]),
                    count=pair["mistaken"],
                )
            )
            for column, name in zip(st.columns(2), (pair["first"], pair["second"]), strict=True):
                with column, st.container(horizontal=True, gap="xsmall"):
                    for picture in known.get(name, ()):
                        thumbnails.draw(picture, caption=class_words.shown(name, names), edge=96)
                    if not known.get(name):
                        st.caption(say("pairs.no_pictures", name=class_words.shown(name, names)))
    confusion = report["confusion"]
    if confusion["classes"] and len(confusion["classes"]) <= MOST_CLASSES:
        theme.draw_section("pairs.confusion")
        run_charts.draw("confusion", report["run_id"], partial(charts.confusion_figure, confusion, names=names))
