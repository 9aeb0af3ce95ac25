"""A build beside the one it follows: the figures of both, and how each picture with a remark is judged now."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from app.ui import choosing, formats, run_charts, theme, thumbnails
from app.ui.image_domains import class_words, measures, report_pictures
from app.ui.image_domains.class_words import Names
from app.ui.texts import say, say_value
from core.images.building import charts
from core.images.feedback import staged
from core.images.names import UNKNOWN
from core.security.policy import Principal

PAGE = 12
CARD_WIDTH = 250  # [px]
NOTHING: Mapping[str, Any] = {"run_id": None, "pictures": None, "classes": None, "top_1": None}


def draw(report: Mapping[str, Any], domain: str, principal: Principal) -> None:
    """All of it, or why there is nothing to compare."""
    versus = report["versus_before"]
    if not versus:
        st.caption(f":material/info: {say('before_after.none')}")
        return
    names = class_words.names_in(report["classes"])
    _draw_figures(versus)
    run_charts.draw("before-after", report["run_id"], partial(charts.before_after_figure, versus, names=names))
    theme.draw_section("before_after.remarks")
    remarks = versus["remarks"]
    if not remarks:
        st.caption(say("before_after.no_remarks"))
        return
    better = sum(_is_right(one, "after") and not _is_right(one, "before") for one in remarks)
    worse = sum(_is_right(one, "before") and not _is_right(one, "after") for one in remarks)
    st.markdown(say("before_after.sum", count=len(remarks), better=better, worse=worse))
    kept = report_pictures.by_checksum(domain, principal)
    waiting = {one.picture_sha256: one for one in staged(domain, principal=principal)}
    first, shown = choosing.one_page(remarks, PAGE, key="remarks-page")
    with st.grid(min_column_width=CARD_WIDTH):
        for place, one in enumerate(shown, first):
            with st.container(border=True, key=f"judged-{place}"):
                remark = waiting.get(one["sha256"])
                if remark is not None:
                    thumbnails.draw_content(one["sha256"], remark.picture.read_bytes, caption=one["file_name"])
                else:
                    thumbnails.draw(kept.get(one["sha256"][:16]), caption=one["file_name"])
                _draw_words(one, names)


def _draw_figures(versus: Mapping[str, Any]) -> None:
    columns = st.columns(2)
    for column, name in zip(columns, ("before", "after"), strict=True):
        with column, st.container(border=True, key=f"build-{name}"):
            build = versus[name] or NOTHING
            st.markdown(f"**{say_value('before_after_side', name)}** · `{formats.short(build['run_id'] or '–')}`")
            first, second, third = st.columns(3)
            measures.draw_metric(first, say("builds.top_1"), build["top_1"])
            second.metric(say("domains.pictures_now"), formats.number(build["pictures"]))
            third.metric(say("domains.classes_now"), formats.number(build["classes"]))


def _draw_words(one: Mapping[str, Any], names: Names) -> None:
    belongs = say("before_after.belongs", kind=say_value("remark_kind", one["kind"]), name=_place(one, names))
    st.markdown(belongs)
    for side in ("before", "after"):
        judged = one[side]
        name = say_value("before_after_side", side)
        if judged is None:
            st.caption(f"{name}: –")
            continue
        icon = ":green[:material/check:]" if _is_right(one, side) else ":red[:material/close:]"
        st.markdown(
            say(
                "before_after.judged",
                icon=icon,
                side=name,
                verdict=class_words.shown(judged["verdict"], names),
                s1=formats.similarity(judged["s1"]),
                margin=formats.similarity(judged["margin"]),
            )
        )


def _place(one: Mapping[str, Any], names: Names) -> str:
    return class_words.shown(UNKNOWN if one["group"] == "unknown" else one["class_name"], names)


def _is_right(one: Mapping[str, Any], side: str) -> bool:
    wanted = UNKNOWN if one["group"] == "unknown" else one["class_name"]
    return bool(one[side]) and one[side]["verdict"] == wanted
