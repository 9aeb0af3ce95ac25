"""The PDF as a reader and a program find it: text, figures, fonts, pages, contents, and the same bytes every time."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from core import pdf_fonts as fonts
from core.ctr.reporting.fact_text import fact_text
from core.ctr.reporting.narrative import narrate
from core.ctr.reporting.pdf import Sections, build_pdf
from core.ctr.reporting.pdf_layout import SIDE
from core.ctr.reporting.report_facts import AT_CUT, SCORES, facts_of
from core.ctr.reporting.sentences import Story
from core.errors import Unavailable
from core.messages import LANGUAGES, say
from tests.ctr.reporting_example import RUN_ID, make_report

LONG = "a_name_without_end_" * 16  # 304 letters


def read(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


@cache
def text_of(content: bytes) -> str:
    """All text with line breaks and hard spaces as plain spaces."""
    document = PdfDocument(content)
    pages = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return " ".join(" ".join(pages).split())


@cache
def example(language: str) -> bytes:
    return build_pdf(make_report(), language=language)


def titles(reader: PdfReader) -> list[str]:
    return [str(entry.title) for entry in reader.outline if not isinstance(entry, list)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_the_pdf_is_read_then_its_figures_are_those_of_the_facts(language: str) -> None:
    text, facts = text_of(example(language)), facts_of(make_report())

    for name in [f"score.{score}" for score in SCORES] + [f"at_threshold.{name}" for name in AT_CUT]:
        assert fact_text(facts[name], language) in text, name
    for name in ("money.profit", "money.roas", "importance.inventory_id", "tenth.gain", "test.rows"):
        assert fact_text(facts[name], language) in text, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_the_narrative_is_printed_then_every_sentence_is_there(language: str) -> None:
    text = text_of(example(language)).replace(" ", "")  # lines may break anywhere between words

    for section in narrate(Story.of(make_report(), language)).sections:
        for sentence in section.sentences:
            assert sentence.text.replace(" ", "") in text, sentence.key


def test_when_the_language_is_korean_then_hangul_can_be_selected() -> None:
    assert re.search("이 모델은 무작위보다 클릭을 잘 찾아냅니다", text_of(example("ko")))
    assert not re.search("[가-힣]", text_of(example("en")))


def test_when_the_same_report_is_built_twice_then_the_bytes_are_the_same() -> None:
    assert build_pdf(make_report(), language="ko") == example("ko")
    assert build_pdf(make_report(prices=None), language="ko") != example("ko")


def test_when_fonts_are_used_then_they_are_embedded() -> None:
    embedded = set()
    for page in read(example("ko")).pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            if font.get_object()["/Subtype"] == "/TrueType":
                descriptor = font.get_object()["/FontDescriptor"]
                assert "/FontFile2" in descriptor
                embedded.add(str(descriptor["/FontName"]))
    used = {name.rpartition("+")[2] for name in embedded}

    assert used == {"NanumGothic", "NanumGothicBold"}


def test_when_pages_are_counted_then_each_but_the_cover_says_its_number_of_all() -> None:
    pages = read(example("en")).pages

    assert 9 <= len(pages) <= 15
    for number, page in enumerate(pages[1:], 2):
        assert re.search(rf"\b{number} /\s+{len(pages)}\b", page.extract_text()), number
        assert RUN_ID in page.extract_text()


def test_when_the_contents_name_a_page_then_the_section_starts_there() -> None:
    reader = read(example("en"))
    listed = re.findall(r"^(\d+\. .+)\n(\d+)$", reader.pages[1].extract_text(), re.MULTILINE)

    assert [title for title, _ in listed] == titles(reader)
    assert len(listed) == 11
    for title, page in listed:
        assert title in reader.pages[int(page) - 1].extract_text()
    links = [annotation.get_object() for annotation in reader.pages[1]["/Annots"]]  # type: ignore[union-attr]
    assert len(links) == len(listed)


def test_when_the_document_is_opened_then_title_language_and_brand_are_known(
    settings_from: Any,
) -> None:
    settings_from(WORKBENCH_BRAND_NAME="Acme & <Partners>")
    reader = read(build_pdf(make_report(), language="ko"))

    assert reader.metadata is not None and reader.metadata.title == "CTR AI Analysis Report"
    assert reader.trailer["/Root"]["/Lang"] == "ko"
    assert "Acme & <Partners>" in reader.pages[0].extract_text()
    assert "CTR AI Analysis Report" in reader.pages[0].extract_text()


def test_when_sections_are_switched_off_then_they_are_gone_and_the_others_stay() -> None:
    content = build_pdf(make_report(), language="en", sections=Sections(False, False, False))
    kept = [title.partition(" ")[2] for title in titles(read(content))]

    assert not {"Insights", "Action plan"} & set(kept)
    assert {"Summary", "Threshold and money", "Provenance"} <= set(kept)
    assert say("ctr.chart_profit") in text_of(example("en"))
    assert say("ctr.chart_profit") not in text_of(content)


def test_when_the_run_was_not_explained_then_a_sentence_stands_where_the_explanation_would() -> None:
    content = build_pdf(make_report(explained=False), language="en")

    assert "has not been explained yet" in text_of(content)
    assert not [title for title in titles(read(content)) if "Explanations" in title]


def test_when_there_is_no_signal_then_the_cover_says_so_and_no_profit_is_printed() -> None:
    report = make_report(signal=False)
    content = build_pdf(report, language="en")
    text = text_of(content)

    assert "No usable signal" in read(content).pages[0].extract_text()
    assert "No cut and no profit are recommended" in text
    assert "Expected profit" not in text


def test_when_no_prices_are_stated_then_the_reason_stands_instead_of_money() -> None:
    text = text_of(build_pdf(make_report(prices=None), language="ko"))

    assert say("ctr.no_prices", "ko") in text
    assert "기대 매출" not in text


def test_when_names_are_endless_then_they_wrap_inside_the_page() -> None:
    report = make_report()
    assert report.explanation is not None
    report.explanation["features"][0]["name"] = LONG
    report.document["experiment"] = LONG
    report.document["data"]["source"] = f"{LONG}.csv"
    report.document["data"]["findings"][0]["details"]["column"] = LONG

    content = build_pdf(report, language="en")

    assert LONG in text_of(content).replace(" ", "")
    document = PdfDocument(content)
    for page in document:
        words = page.get_textpage()
        rightmost = max(words.get_rect(place)[2] for place in range(words.count_rects()))
        assert rightmost <= page.get_width() - SIDE + 1
    document.close()


def test_when_names_hold_markup_then_it_is_printed_and_not_obeyed() -> None:
    report = make_report()
    assert report.explanation is not None
    report.explanation["features"][0]["name"] = "<b>x</b> & </para>\x00"

    assert "<b>x</b> & </para>" in text_of(build_pdf(report, language="en"))


def test_when_findings_are_many_then_the_gravest_are_listed_and_the_rest_counted() -> None:
    finding = make_report().document["data"]["findings"][1]
    report = make_report(findings=({**finding, "severity": "info", "column": "last"}, *([finding] * 40)))
    text = text_of(build_pdf(report, language="en"))

    assert "24 of 41 are shown." in text
    assert "known & <harmless>" in text


def test_when_no_font_is_found_then_the_setting_is_named(settings_from: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "PACKAGE", "a_package_nobody_has")
    with pytest.raises(Unavailable, match="WORKBENCH_PDF_FONT"):
        fonts.pdf_fonts()


@pytest.mark.parametrize("content", [None, b"no font at all"])
def test_when_the_font_of_the_setting_is_unusable_then_it_is_named(
    content: bytes | None, settings_from: Any, tmp_path: Path
) -> None:
    own = tmp_path / "Own.ttf"
    if content is not None:
        own.write_bytes(content)
    settings_from(WORKBENCH_PDF_FONT=str(own))

    with pytest.raises(Unavailable, match=r"Own\.ttf"):
        fonts.pdf_fonts()
