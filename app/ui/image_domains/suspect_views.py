"""Pictures that a build found suspicious: outliers of their class, and the same picture in two classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.ui import choosing, formats, notices, theme, thumbnails
from app.ui.image_domains import class_words, picture_changes, report_pictures
from app.ui.image_domains.class_words import Names
from app.ui.image_domains.picture_changes import Place
from app.ui.texts import say
from core.images.pictures import StoredPicture
from core.security.policy import Permission, Principal, is_allowed

PAGE, PAIRS = 12, 8
CARD_WIDTH = 230  # [px]


def draw(report: Mapping[str, Any], domain: str, principal: Principal) -> None:
    """Outliers, then duplicates; each can be removed or moved where it lies."""
    names = class_words.names_in(report["classes"])
    picture_changes.draw_undo(domain, principal)
    theme.draw_section("suspects.outliers")
    st.caption(say("suspects.outliers_help"))
    _draw_outliers(report["outliers"], domain, names, principal)
    theme.draw_section("suspects.duplicates")
    st.caption(say("suspects.duplicates_help"))
    _draw_duplicates(report["duplicates"], domain, names, principal)


def _draw_outliers(outliers: Sequence[Mapping[str, Any]], domain: str, names: Names, principal: Principal) -> None:
    if not outliers:
        st.caption(f":material/check: {say('suspects.no_outliers')}")
        return
    first, shown = choosing.one_page(outliers, PAGE, key="outliers-page")
    with st.grid(min_column_width=CARD_WIDTH):
        for place, one in enumerate(shown, first):
            with st.container(border=True, key=f"outlier-{place}"):
                picture = report_pictures.find(domain, one, principal, groups=("pictures",))
                thumbnails.draw(picture, caption=class_words.shown(one["class_name"], names))
                words = say(
                    "suspects.outlier",
                    own=formats.similarity(one["similarity"]),
                    other=class_words.shown(one["nearest_class"], names),
                    similarity=formats.similarity(one["nearest_similarity"]),
                )
                st.caption(words)
                draw_actions(picture, principal, key=f"outlier-{place}", suggested=one["nearest_class"])


def _draw_duplicates(pairs: Sequence[Mapping[str, Any]], domain: str, names: Names, principal: Principal) -> None:
    if not pairs:
        st.caption(f":material/check: {say('suspects.no_duplicates')}")
        return
    first, shown = choosing.one_page(pairs, PAIRS, key="duplicates-page")
    with st.grid(min_column_width=2 * CARD_WIDTH):
        for place, pair in enumerate(shown, first):
            with st.container(border=True, key=f"duplicate-{place}"):
                alike = formats.similarity(pair["similarity"])
                identical = say("suspects.identical") if pair["identical"] else say("suspects.alike", similarity=alike)
                st.markdown(f"**{identical}**")
                for column, side in zip(st.columns(2, wrap=False), ("first", "second"), strict=True):
                    with column:
                        picture = report_pictures.find(domain, pair[side], principal, groups=("pictures",))
                        thumbnails.draw(picture, caption=class_words.shown(pair[side]["class_name"], names))
                        draw_actions(picture, principal, key=f"duplicate-{place}-{side}")


def draw_actions(
    picture: StoredPicture | None, principal: Principal, *, key: str, suggested: str | None = None
) -> None:
    """Remove the picture, or move it, for those who may and while it is there."""
    if picture is None or not is_allowed(principal, Permission.DATASETS_WRITE):
        return
    with st.container(horizontal=True, gap="xsmall"):
        if st.button(say("pictures.remove"), icon=":material/delete:", key=f"{key}-remove"):
            with notices.errors_shown():
                picture_changes.remove([picture], principal)
                st.rerun()
        targets: list[Place] = report_pictures.places(picture.domain, principal, unknown_as=picture.class_name)
        picture_changes.draw_move([picture], targets, principal, key=key, suggested=suggested)
