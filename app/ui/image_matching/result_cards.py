"""One card per picture: the verdict with every number behind it, and the domain's own pictures as the why."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import streamlit as st

from app.ui import formats, notices, state, thumbnails
from app.ui.image_matching import brought, meters, nearest_references, reviewing
from app.ui.image_matching.brought import Answer, Picture
from app.ui.image_matching.verdict_words import class_label, class_names, percentile, reasons_for_unknown
from app.ui.navigation import RUNS, link_to
from app.ui.texts import say
from core.images.feedback import Remark
from core.images.matching import EverywhereAnswer, Recognition
from core.messages import say as say_sentence
from core.security.policy import Principal

STYLE = Path(__file__).with_name("result_cards.css")
QUERY_EDGE = 200  # [px]


@cache
def _style() -> str:
    return STYLE.read_text("utf-8")


def apply_style() -> None:
    """Put the rules for the cards into the page, once; the camera's own word is English only."""
    words = f':root {{ --camera-button: "{say("images.camera_take")}"; }}'
    st.html(f"<style>{words}{_style()}</style>")


def draw(picture: Picture, answer: Answer | None, remarks: Mapping[str, Remark], principal: Principal) -> None:
    """The card of one picture. remarks: what waits for the next build of the asked domain, by checksum."""
    if picture.problem is not None:
        _draw_problem(picture)
    elif isinstance(answer, Recognition):
        with st.container(border=True, key=_card_key(picture, answer)):
            _draw_verdict(picture, answer, principal)
            with st.container(horizontal=True, vertical_alignment="center", key=f"actions-{picture.id}"):
                reviewing.draw(picture, answer, remarks.get(answer.sha256), principal)
                _draw_origin(answer)
                _draw_remove(picture)
    elif answer is not None:
        with st.container(border=True, key=f"match-{picture.id}"):
            _draw_everywhere(picture, answer, principal)
            with st.container(horizontal=True, vertical_alignment="center", key=f"actions-{picture.id}"):
                if answer.claimed_by is not None:
                    _draw_origin(answer.recognitions[answer.claimed_by])
                _draw_remove(picture)


def _card_key(picture: Picture, answer: Recognition) -> str:
    return f"match-{picture.id}" if answer.match.is_unknown else f"hero-match-{picture.id}"


def _draw_problem(picture: Picture) -> None:
    assert picture.problem is not None
    with st.container(horizontal=True, vertical_alignment="center", key=f"problem-{picture.id}"):
        notices.show_error(picture.problem)
        _draw_remove(picture)


def _draw_verdict(picture: Picture, answer: Recognition, principal: Principal) -> None:
    seen, verdict, why = st.columns([2, 4, 4], gap="medium")
    with seen:
        _draw_query(picture, answer)
    match = answer.match
    best = class_names(answer, match.top[0][0])[0]
    with verdict, st.container(key=f"verdict-{picture.id}", gap="xsmall"):
        _draw_name(answer)
        st.caption(percentile(match, best))
        meters.draw_thresholds(match.s1, match.thresholds.tau1, match.margin, match.thresholds.tau2)
        st.caption(say("images.best_classes"))
        meters.draw_classes([(class_label(answer, name), one) for name, one in match.top], match.thresholds.tau1)
    with why:
        nearest_references.draw(answer, principal)


def _draw_query(picture: Picture, answer: Recognition) -> None:
    thumbnails.draw_content(answer.sha256, lambda: picture.content, edge=QUERY_EDGE)
    st.text(picture.name)
    pixels = say("images.pixels", width=f"{answer.width:,}", height=f"{answer.height:,}")
    st.caption(f"{answer.format.upper()} · {pixels} · {formats.size(len(picture.content))}")
    for note in answer.notes:
        st.caption(f":material/info: {note.text(state.language())}")


def _draw_name(answer: Recognition) -> None:
    own, other = class_names(answer, answer.match.verdict)
    if answer.match.is_unknown:
        st.markdown(f"## :material/help: {say('images.unknown_image')}")
        for reason in reasons_for_unknown(answer):
            st.markdown(f":orange[:material/subdirectory_arrow_right:] {reason}")
        return
    st.badge(say("images.recognised"), color="green", icon=":material/check:")
    st.markdown(f"## {own}")
    if other:
        st.markdown(f":gray[{other}]")


def _draw_everywhere(picture: Picture, answer: EverywhereAnswer, principal: Principal) -> None:
    claimed = answer.claimed_by
    if claimed is not None:
        st.badge(say("images.claimed_by", domain=claimed), color="violet", icon=":material/photo_library:")
        _draw_verdict(picture, answer.recognitions[claimed], principal)
    else:
        seen, words = st.columns([2, 8], gap="medium")
        with seen:
            thumbnails.draw_content(picture.id, lambda: picture.content, edge=QUERY_EDGE)
            st.text(picture.name)
        with words:
            st.markdown(f"## :material/help: {say_sentence('images.not_claimed', state.language())}")
            for one in answer.recognitions.values():
                for reason in reasons_for_unknown(one):
                    st.markdown(f"**{one.domain}**: {reason}")
    for domain, problem in answer.problems.items():
        st.caption(f":material/error: **{domain}**: {problem.text(state.language())}")
    with st.expander(say("images.in_every_domain"), icon=":material/table_chart:"):
        st.dataframe(
            [_row(one) for one in answer.recognitions.values()], hide_index=True, alt=say("images.in_every_domain")
        )
    st.caption(say("images.review_in_one"))


def _row(one: Recognition) -> dict[str, object]:
    match = one.match
    return {
        say("images.domain"): one.domain,
        say("images.verdict"): class_label(one, match.verdict),
        say("images.similarity"): formats.similarity(match.s1),
        say("images.needed_similarity"): formats.similarity(match.thresholds.tau1),
        say("images.margin"): formats.similarity(match.margin),
        say("images.needed_margin"): formats.similarity(match.thresholds.tau2),
    }


def _draw_origin(answer: Recognition) -> None:
    """Where the verdict comes from: encoder, the runs that built and calibrated, and what the rule lets through."""
    with st.popover(say("images.origin"), icon=":material/help_center:"):
        facts = {
            say("images.domain"): answer.domain,
            say("images.encoder"): f"`{answer.encoder_id}`",
            say("images.sha256"): f"`{answer.sha256}`",
            say("images.rule"): answer.words(state.language()),
        }
        st.markdown("\n".join(f"- **{name}**: {value}" for name, value in facts.items()))
        if answer.built_by:
            link_to(RUNS, say("images.built_by"), run=answer.built_by)
        else:
            st.caption(say("images.built_elsewhere"))
        if answer.calibrated_by:
            link_to(RUNS, say("images.calibrated_by"), run=answer.calibrated_by)


def _draw_remove(picture: Picture) -> None:
    label = say("images.remove")
    if st.button(label, icon=":material/close:", type="tertiary", key=f"remove-{picture.id}"):
        brought.remove(picture)
        st.rerun()
