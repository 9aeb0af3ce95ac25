"""The PDF report: cover, contents and one section per subject, with the figures of page and API to the last digit.

The same report gives the same bytes: no clock, no random id, fonts subset in the order of use.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.ctr.reporting import pdf_evidence, pdf_pages
from core.ctr.reporting.narrative import narrate
from core.ctr.reporting.pdf_chart_frame import BLUE, GREY, LIGHT
from core.ctr.reporting.pdf_layout import BOTTOM, PAGE_HEIGHT, PAGE_WIDTH, SIDE, TOP, WIDTH, Sheet
from core.ctr.reporting.sentences import Story
from core.messages import say
from core.pdf_fonts import Fonts, one_at_a_time, pdf_fonts
from core.settings.current import get_settings

if TYPE_CHECKING:
    from core.ctr.runs import Report

TITLE = "CTR AI Analysis Report"


@dataclass(frozen=True)
class Sections:
    """Which parts of the report are wanted; the others are always there."""

    charts: bool = True
    insights: bool = True
    action_plan: bool = True


def build_pdf(report: Report, *, language: str, sections: Sections = Sections()) -> bytes:
    """The report as A4 pages, in the words of the template.

    Raises Unavailable when no font with Hangul can be embedded.
    """
    fonts = pdf_fonts()
    story = Story.of(report, language)
    words = narrate(story)
    with one_at_a_time:
        sheet = Sheet(fonts, sections.charts)
        pdf_pages.summary(sheet, words)
        if sections.insights:
            pdf_pages.insights(sheet, story)
        pdf_pages.data(sheet, story, words)
        pdf_evidence.quality(sheet, story, words)
        pdf_evidence.calibration(sheet, story, words)
        pdf_evidence.drivers(sheet, story, words)
        pdf_evidence.explanations(sheet, story)
        pdf_evidence.money(sheet, story, words)
        if sections.action_plan:
            pdf_pages.actions(sheet, story)
        pdf_pages.limits(sheet, words)
        pdf_pages.provenance(sheet, story)
        return _printed(sheet, story)


def _printed(sheet: Sheet, story: Story) -> bytes:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import BaseDocTemplate, Frame, NextPageTemplate, PageBreak, PageTemplate, Paragraph

    from core.ctr.reporting.flowables import Contents, PageNumbers

    brand, language, document = get_settings().brand_name, story.language, story.document
    cover = Sheet(sheet.fonts, with_charts=False)
    pdf_pages.cover(cover, story, title=TITLE, brand=brand)
    contents = Contents(
        [(key, f"{place}. {title}") for place, (key, title) in enumerate(sheet.sections, 1)], WIDTH, sheet.fonts,
        HexColor("#1f2937"),
    )  # fmt: skip
    flowables = [
        NextPageTemplate("page"), *cover.story, PageBreak(),
        Paragraph(say("reports.contents", language), sheet.styles["h1"]), contents,
        *sheet.story, PageNumbers([key for key, _ in sheet.sections], sheet.pages, sheet.fonts),
    ]  # fmt: skip
    frame = Frame(SIDE, BOTTOM, WIDTH, PAGE_HEIGHT - TOP - BOTTOM, 0, 0, 0, 0)
    cover_frame = Frame(SIDE, BOTTOM, WIDTH, PAGE_HEIGHT - 2 * BOTTOM - 110, 0, 0, 0, 0)
    running = _Running(sheet.fonts, brand, say("reports.title", language), document["run_id"])
    written = io.BytesIO()
    template = BaseDocTemplate(
        written, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1, lang=language, title=TITLE, author=brand,
        subject=f"{document['experiment'] or document['data']['source']} · {document['run_id']}",
        creator=brand, keywords=[document["run_id"]],
    )  # fmt: skip
    template.addPageTemplates(
        [
            PageTemplate("cover", [cover_frame], onPage=running.cover),
            PageTemplate("page", [frame], onPage=running.page),
        ]
    )
    template.build(flowables)
    return written.getvalue()


@dataclass(frozen=True)
class _Running:
    """What stands on every page: brand and title above, run and page number below."""

    fonts: Fonts
    brand: str
    title: str
    run_id: str

    def cover(self, canvas: Any, document: Any) -> None:
        from reportlab.lib.colors import HexColor

        canvas.showOutline()
        canvas.setFillColor(HexColor(BLUE))
        canvas.rect(0, PAGE_HEIGHT - 14, PAGE_WIDTH, 14, stroke=0, fill=1)

    def page(self, canvas: Any, document: Any) -> None:
        from reportlab.lib.colors import HexColor

        from core.ctr.reporting.flowables import TOTAL

        canvas.saveState()
        canvas.setFont(self.fonts.regular, 8)
        canvas.setFillColor(HexColor(GREY))
        top, bottom = PAGE_HEIGHT - 40, 32
        brand = self.brand if len(self.brand) < 60 else self.brand[:59] + "…"
        canvas.drawString(SIDE, top, brand)
        canvas.drawRightString(PAGE_WIDTH - SIDE, top, self.title)
        canvas.setStrokeColor(HexColor(LIGHT))
        canvas.setLineWidth(0.6)
        canvas.line(SIDE, top - 7, PAGE_WIDTH - SIDE, top - 7)
        canvas.drawString(SIDE, bottom, self.run_id)
        number = f"{canvas.getPageNumber()} / "
        start = PAGE_WIDTH - SIDE - 26
        canvas.drawRightString(start + canvas.stringWidth("00 / ", self.fonts.regular, 8), bottom, number)
        canvas.translate(start + canvas.stringWidth("00 / ", self.fonts.regular, 8), bottom)
        canvas.doForm(TOTAL)
        canvas.restoreState()
