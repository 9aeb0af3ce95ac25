"""The domain's own pictures most alike to a query, class by class: the reason a person sees for a verdict."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.ui import formats, thumbnails
from app.ui.image_matching.verdict_words import class_label
from app.ui.texts import say
from core.errors import NotFound
from core.images.matching import Recognition
from core.images.pictures import StoredPicture, find_picture
from core.images.references import Reference
from core.security.policy import Principal

EDGE = 92  # [px]


def draw(answer: Recognition, principal: Principal) -> None:
    """A row of pictures for each class. As one piece of HTML: as elements, they cost more than the rest of the page."""
    if not answer.references:
        st.caption(f":material/hide_image: {say('images.no_references')}")
        return
    by_class: dict[str, list[Reference]] = {}
    for one in answer.references:
        by_class.setdefault(one.class_name, []).append(one)
    for name, found in by_class.items():
        label = class_label(answer, name)
        st.caption(say("images.nearest_of", name=label))
        st.html(f'<div class="references">{"".join(_figure(answer, one, label, principal) for one in found)}</div>')


def _figure(answer: Recognition, one: Reference, label: str, principal: Principal) -> str:
    address = thumbnails.as_address(_stored(answer.domain, one, principal), edge=EDGE)
    if address:
        shown = f'<img src="{address}" alt="{escape(label)}">'
    else:
        shown = f'<span class="reference-gone">{escape(say("pictures.gone"))}</span>'
    return f"<figure>{shown}<figcaption>{formats.similarity(one.similarity)}</figcaption></figure>"


def _stored(domain: str, one: Reference, principal: Principal) -> StoredPicture | None:
    """The file behind a reference; None when it was removed since the build."""
    try:
        return find_picture(domain, one.class_name, one.file_name, principal=principal)
    except NotFound:
        return None
