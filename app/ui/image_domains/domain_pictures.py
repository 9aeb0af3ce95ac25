"""The pictures of a domain: classes with counts and English names, a class's pictures, what is added and removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.ui import choosing, notices, thumbnails
from app.ui.image_domains import class_table, ingestion_views, picture_changes, picture_intake
from app.ui.image_domains.picture_changes import Place
from app.ui.texts import say, say_value
from core.images.domains import DomainCard
from core.images.pictures import GROUPS, Group, StoredPicture, list_pictures
from core.security.policy import Permission, Principal, is_allowed

PAGE = 24  # pictures at a time
Listed = Mapping[str, Sequence[StoredPicture]]


def draw(card: DomainCard, principal: Principal) -> None:
    """All of the tab."""
    may_write = is_allowed(principal, Permission.DATASETS_WRITE)
    ingestion_views.draw(card.name)
    picture_changes.draw_undo(card.name, principal)
    group: Group = st.segmented_control(
        say("pictures.group"),
        GROUPS,
        format_func=lambda one: say_value("picture_group", one),
        default=GROUPS[0],
        required=True,
        label_visibility="collapsed",
        key="picture-group",
    )
    st.caption(say_value("picture_group_help", group))
    listed: dict[Group, Listed] = {one: list_pictures(card.name, group=one, principal=principal) for one in GROUPS}
    shown = listed[group]
    chosen = None
    if not shown:
        notices.empty("pictures.none", "pictures.none_hint", icon=":material/add_photo_alternate:")
        if group == "pictures" and card.is_built:
            st.caption(say("pictures.built_elsewhere"))
    else:
        if group == "pictures":
            class_table.draw(card.name, shown, principal)
        chosen = _draw_class(card.name, group, listed, principal, may_write=may_write)
    if may_write:
        with st.expander(say("pictures.add_title"), expanded=not shown, icon=":material/add_photo_alternate:"):
            picture_intake.draw(card.name, group, list(shown), principal, chosen=chosen)
    else:
        st.caption(f":material/lock: {say('domains.may_not_write')}")


def _draw_class(
    domain: str, group: Group, listed: Mapping[Group, Listed], principal: Principal, *, may_write: bool
) -> str:
    """One class: its pictures, a page at a time, to be marked and then removed or moved."""
    classes = listed[group]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # The count stands outside: a choice whose label changes is not found again on the next run.
        chosen = st.selectbox(say("pictures.class"), list(classes), key=f"pictures-class:{group}", width=360)
        name = chosen if chosen in classes else next(iter(classes))
        _, shown = choosing.one_page(classes[name], PAGE, key=f"pictures-page:{group}:{name}")
        if may_write:
            _draw_remove_class(domain, Place(group, name), principal)
    actions = st.container(horizontal=True, vertical_alignment="center", key="picture-actions")
    marked = draw_marks(shown, may_write=may_write)
    with actions:
        st.caption(say("domains.pictures", count=f"{len(classes[name]):,}"))
        if marked:
            targets = [Place("pictures", one) for one in listed["pictures"]]
            targets += [Place("unknown", one) for one in {**listed["unknown"], name: ()}]
            _draw_actions(marked, targets, principal)
        elif may_write and classes[name]:
            st.caption(say("pictures.mark_hint"))
    if not classes[name]:
        st.caption(say("pictures.empty_class"))
    return name


def draw_marks(pictures: Sequence[StoredPicture], *, may_write: bool) -> list[StoredPicture]:
    """Pictures in a grid, each with a box to mark it; the marked ones."""
    marked = []
    with st.grid(min_column_width=thumbnails.EDGE, gap="small"):
        for picture in pictures:
            with st.container(key=f"picture-{picture.file_name.replace('.', '-')}", gap="xxsmall"):
                thumbnails.draw(picture)
                label = picture.file_name[:8]
                if may_write and st.checkbox(
                    label, key=f"mark:{picture.group}:{picture.class_name}:{picture.file_name}"
                ):
                    marked.append(picture)
    return marked


def _draw_actions(marked: Sequence[StoredPicture], targets: Sequence[Place], principal: Principal) -> None:
    st.markdown(say("pictures.marked", count=len(marked)))
    if st.button(say("pictures.remove"), icon=":material/delete:", key="pictures-remove"):
        with notices.errors_shown():
            picture_changes.remove(marked, principal)
            st.rerun()
    picture_changes.draw_move(marked, targets, principal, key="pictures")


def _draw_remove_class(domain: str, place: Place, principal: Principal) -> None:
    with st.popover(say("pictures.remove_class"), icon=":material/folder_delete:"):
        st.write(say("pictures.remove_class_question", name=place.class_name))
        if st.button(say("pictures.remove_class_now"), type="primary", key="remove-class"):
            with notices.errors_shown():
                picture_changes.remove_whole(domain, place, principal)
                st.rerun()
