"""The tab of single pictures: how they come in, and a card for each."""

from __future__ import annotations

import streamlit as st

from app.ui import notices
from app.ui.image_matching import brought, intake, result_cards
from app.ui.image_matching.asked_domain import Asked
from app.ui.texts import say
from core.images.feedback import staged
from core.security.policy import Principal


def draw(asked: Asked, principal: Principal) -> None:
    """Intake, then the answers, newest first. Pictures stay when the domain cannot be asked."""
    result_cards.apply_style()
    intake.draw()
    pictures = brought.pictures()
    if not pictures:
        notices.empty("images.ask", "images.ask_hint", icon=":material/add_photo_alternate:")
        return
    with st.container(horizontal=True, vertical_alignment="center", key="image-shown"):
        st.caption(say("images.shown", count=len(pictures), most=brought.MOST), width="stretch")
        if st.button(say("images.clear"), icon=":material/delete_sweep:", type="tertiary", key="image-clear"):
            brought.clear()
            st.rerun()
    answers = brought.answers(asked.name, asked.version, principal)
    remarks = {}
    if asked.name is not None:
        remarks = {one.picture_sha256: one for one in staged(asked.name, principal=principal)}
    for picture in pictures:
        result_cards.draw(picture, answers.get(picture.id), remarks, principal)
