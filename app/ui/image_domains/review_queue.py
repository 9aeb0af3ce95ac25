"""What reviewers said about pictures of a domain and waits for the next build; it can be withdrawn, or built now."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui import choosing, formats, job_cards, notices, thumbnails
from app.ui.image_domains import class_words, run_form
from app.ui.image_domains.class_words import Names
from app.ui.navigation import IMAGE_MATCHING, link_to
from app.ui.texts import say, say_value
from core.images.domains import DomainCard
from core.images.feedback import Remark, staged, withdraw
from core.images.pictures import names_of
from core.images.runs import BUILDING
from core.security.policy import Permission, Principal, is_allowed, may_see

PAGE = 12
CARD_WIDTH = 250  # [px]


def draw(card: DomainCard, principal: Principal) -> None:
    """All remarks that wait, and the button that builds with them."""
    remarks = staged(card.name, principal=principal)
    if not remarks:
        with notices.empty("review.none", "review.none_hint", icon=":material/rate_review:"):
            link_to(IMAGE_MATCHING, say("domains.match"))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(say("review.waiting", count=len(remarks)), width="stretch")
        if is_allowed(principal, Permission.JOBS_SUBMIT):
            _draw_build(card.name, principal)
    job_cards.draw_submitted(run_form.form_of(BUILDING, card.name), principal)
    _, shown = choosing.one_page(remarks, PAGE, key="review-page")
    _draw_remarks(shown, names_of(card.name, principal=principal), principal)


def _draw_build(domain: str, principal: Principal) -> None:
    pressed = st.button(say("review.build"), type="primary", icon=":material/construction:", key="review-build")
    if pressed:
        with notices.errors_shown():
            run_form.queue(BUILDING, domain, run_form.defaults(BUILDING), principal)
            st.rerun()


def _draw_remarks(remarks: Sequence[Remark], names: Names, principal: Principal) -> None:
    with st.grid(min_column_width=CARD_WIDTH):
        for remark in remarks:
            with st.container(border=True, key=f"remark-{remark.id}"):
                thumbnails.draw_content(remark.picture_sha256, remark.picture.read_bytes, caption=remark.file_name)
                belongs = class_words.shown(remark.class_name, names)
                st.markdown(say("before_after.belongs", kind=say_value("remark_kind", remark.kind), name=belongs))
                if remark.verdict is not None:
                    st.caption(
                        say(
                            "review.seen",
                            verdict=class_words.shown(remark.verdict, names),
                            s1=formats.similarity(remark.s1),
                            margin=formats.similarity(remark.margin),
                        )
                    )
                if remark.note:
                    st.caption(f"“{remark.note}”")
                st.caption(f"{remark.owner} · {formats.ago(remark.created_at)}")
                if _may_withdraw(remark, principal):
                    _draw_withdraw(remark, principal)


def _may_withdraw(remark: Remark, principal: Principal) -> bool:
    return may_see(principal, remark.owner) and is_allowed(principal, Permission.DATASETS_WRITE)


def _draw_withdraw(remark: Remark, principal: Principal) -> None:
    if st.button(say("review.withdraw"), icon=":material/undo:", key=f"withdraw-{remark.id}"):
        with notices.errors_shown():
            withdraw(remark.id, principal=principal)
            notices.flash(say("review.withdrawn"))
            st.rerun()
