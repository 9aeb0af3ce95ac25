"""The PDF tab: language and sections, then the same figures as on this page as a file."""

from __future__ import annotations

import streamlit as st

from app.ui import downloads, formats, state
from app.ui.texts import say, say_value
from core.ctr.runs import Report
from core.security.policy import Principal
from core.storage.exports import REPORT

SECTIONS = ("charts", "insights", "action_plan")
BUILT = "ctr-pdf"


def draw(report: Report, principal: Principal) -> None:
    """Choose, build, download; what was built stays until the run, its explanation or the choice changes."""
    st.write(say("ctr.pdf_lead"))
    with st.container(border=True, key="ctr-pdf-choice"):
        language = st.segmented_control(
            say("ctr.pdf_language"),
            list(state.LANGUAGES),
            format_func=lambda code: state.LANGUAGES[code],
            default=state.language(),
            required=True,
            key="ctr-pdf-language",
        )
        chosen = st.pills(
            say("ctr.pdf_sections"),
            SECTIONS,
            selection_mode="multi",
            default=SECTIONS,
            format_func=lambda name: say_value("ctr_section", name),
            help=say("ctr.pdf_sections_help"),
            key="ctr-pdf-sections",
        )
        if report.explanation is None:
            st.caption(f":material/info: {say('ctr.pdf_unexplained')}")
        pressed = st.button(say("ctr.pdf_build"), type="primary", icon=":material/picture_as_pdf:", key="ctr-pdf-build")
    explained = (report.explanation or {}).get("run_id", "")
    wanted = (report.run.id, explained, language, tuple(sorted(chosen)))
    if pressed:
        from core.ctr.reporting.pdf import Sections
        from core.ctr.reporting.published_pdf import pdf_of

        with st.spinner(say("ctr.pdf_building")):
            sections = Sections(**{name: name in chosen for name in SECTIONS})
            content = pdf_of(report.run.id, principal=principal, language=str(language), sections=sections)
        state.keep(BUILT, (wanted, content))
    built: tuple[tuple[object, ...], bytes] | None = state.kept(BUILT)
    if built is None or built[0] != wanted:
        return
    with st.container(border=True, key="hero-pdf", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{say('ctr.pdf_ready', size=formats.size(len(built[1])))}**", width="stretch")
        downloads.offer(
            REPORT, say("ctr.pdf_download"), built[1], f"ctr_report_{formats.short(report.run.id)}_{language}.pdf",
            "application/pdf", target=report.run.id, looks="primary", key="ctr-pdf-download",
        )  # fmt: skip
