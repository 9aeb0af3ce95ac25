"""Pictures that a calibrated rule judges wrong: accepted although unknown, refused although known, or misnamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.ui import choosing, formats, theme, thumbnails
from app.ui.image_domains import class_words, picture_changes, report_pictures, suspect_views
from app.ui.image_domains.class_words import Names
from app.ui.texts import say, say_value
from core.images.calibration.calibrating import mistakes
from core.images.pictures import Group
from core.security.policy import Principal

PAGE = 12
CARD_WIDTH = 200  # [px]
KINDS = ("accepted_unknown", "refused_known", "wrong_name")


def draw(report: Mapping[str, Any], domain: str, principal: Principal, names: Names) -> None:
    """One kind at a time, as pictures that can be removed or moved."""
    theme.draw_section("wrong.title")
    wrong = mistakes(report)
    found = {kind: [one for one in wrong if one["kind"] == kind] for kind in KINDS}
    kind = str(
        st.segmented_control(
            say("wrong.title"),
            KINDS,
            format_func=lambda one: say_value("wrong_kind", one),
            default=KINDS[0],
            required=True,
            label_visibility="collapsed",
            key="wrong-kind",
        )
    )
    counts = " · ".join(f"{say_value('wrong_kind', one)} {len(found[one]):,}" for one in KINDS)
    st.caption(f"{counts} — {say_value('wrong_kind_help', kind)}")
    picture_changes.draw_undo(domain, principal)
    points = found[kind]
    if not points:
        st.caption(f":material/check: {say('wrong.none')}")
        return
    is_collected = kind == KINDS[0] and report["unknown_source"] == "collected"
    group: Group = "unknown" if is_collected else "pictures"
    first, shown = choosing.one_page(points, PAGE, key=f"wrong-page-{kind}")
    with st.grid(min_column_width=CARD_WIDTH):
        for place, one in enumerate(shown, first):
            with st.container(border=True, key=f"wrong-{kind}-{place}"):
                picture = report_pictures.find(domain, one, principal, groups=(group,))
                thumbnails.draw(picture, caption=class_words.shown(one["class_name"], names))
                told = {"s1": formats.similarity(one["s1"]), "margin": formats.similarity(one["margin"])}
                st.caption(say("wrong.scores", best=class_words.shown(one["taken_for"], names), **told))
                suspect_views.draw_actions(picture, principal, key=f"wrong-{kind}-{place}")
