"""Where a domain comes from: encoder, runs and files with checksums; and the way to delete it."""

from __future__ import annotations

import streamlit as st

from app.ui import formats, notices, theme
from app.ui.image_domains import domain_choice, measures
from app.ui.navigation import IMAGE_DOMAINS, RUNS, go_to, link_to
from app.ui.texts import say
from core.images.domain_files import list_files
from core.images.domains import DomainCard, open_domain, remove_domain
from core.images.prototypes import Prototypes
from core.security.policy import Permission, Principal, is_allowed


def draw(card: DomainCard, principal: Principal) -> None:
    """All of the tab."""
    if card.is_built and card.problem is None:
        _draw_origin(open_domain(card.name, principal=principal))
    else:
        st.caption(f":material/info: {say('domains.not_built_hint')}")
    files = list_files(card.name, principal=principal)
    if files:
        theme.draw_section("provenance.files")
        measures.draw_rows(
            say("provenance.files"),
            [
                {
                    say("provenance.file"): one.name,
                    say("datasets.size"): f"{one.size:,} B",
                    "SHA-256": one.sha256,
                }
                for one in files
            ],
        )
    if is_allowed(principal, Permission.DATASETS_WRITE):
        _draw_delete(card.name, principal)


def _draw_origin(prototypes: Prototypes) -> None:
    unknown = say("provenance.not_told")
    lines = {
        say("provenance.encoder"): prototypes.encoder_id or prototypes.model or unknown,
        say("provenance.dimension"): prototypes.dim,
        say("provenance.weights"): prototypes.weights_sha256 or unknown,
        say("provenance.preprocessing"): prototypes.preprocessing_sha256 or unknown,
        say("provenance.created"): domain_choice.moment(prototypes.created_at) if prototypes.created_at else unknown,
    }
    st.markdown("\n".join(f"- **{name}**: `{value}`" for name, value in lines.items()))
    runs = {say("provenance.built_by"): prototypes.built_by, say("provenance.calibrated_by"): prototypes.calibrated_by}
    with st.container(horizontal=True, vertical_alignment="center", key="domain-runs"):
        for label, run_id in runs.items():
            if run_id:
                link_to(RUNS, f"{label}: {formats.short(run_id)}", icon=":material/open_in_new:", run=run_id)
            else:
                st.caption(f"{label}: {unknown}")


def _draw_delete(domain: str, principal: Principal) -> None:
    theme.draw_section("provenance.delete_title")
    with st.container(border=True, key="domain-delete-box"):
        st.write(say("provenance.delete_question", name=domain))
        with st.form("domain-delete-form", border=False):
            typed = st.text_input(say("provenance.delete_typed"), key=f"delete-typed:{domain}", width=360)
            pressed = st.form_submit_button(say("provenance.delete_now"), icon=":material/delete_forever:")
        if not pressed:
            return
        if (typed or "").strip() != domain:
            st.error(say("provenance.delete_mistyped", name=domain), icon=":material/error:")
            return
        with notices.errors_shown():
            remove_domain(domain, principal=principal)
            notices.flash(say("provenance.deleted", name=domain))
            go_to(IMAGE_DOMAINS)
