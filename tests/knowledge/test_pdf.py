"""PDF files: order of reading, tables, headings, scans, and words that nobody sees."""

from __future__ import annotations

import io
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from core.errors import BadInput, TooLarge
from core.knowledge.parsing import ocr
from core.knowledge.parsing.limits import DEFAULT_LIMITS
from core.knowledge.parsing.parse import parse
from tests.knowledge.files import lines, pdf, ruled, scan

SENTENCE = "of the customers of the second group were seen again"


def keys(content: bytes) -> list[str]:
    return [note.key for note in parse(content, name="a.pdf").notes]


def test_when_two_columns_are_written_row_by_row_then_they_are_read_one_after_the_other() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(40, 570, "One title that reaches across both of the columns of this page, from edge to edge")
        for number in range(8):
            canvas.drawString(40, 540 - 13 * number, f"left {number} words of the first column")
            canvas.drawString(220, 540 - 13 * number, f"right {number} words of the second one")

    text = parse(pdf(draw), name="a.pdf").text

    wanted = [f"{side} {number}" for side in ("left", "right") for number in range(8)]
    assert [text.index(one) for one in wanted] == sorted(text.index(one) for one in wanted)


def test_when_cells_stand_side_by_side_then_they_are_a_table_and_no_columns() -> None:
    def draw(canvas: Canvas) -> None:
        for number, row in enumerate(
            [("Name", "Share", "Cost"), ("A", "1 %", "20"), ("B", "", "30"), ("C", "3 %", "4")]
        ):
            for place, cell in enumerate(row):
                canvas.drawString(40 + 100 * place, 500 - 14 * number, cell)

    (table,) = parse(pdf(draw), name="a.pdf").blocks

    assert table.rows == (("Name", "Share", "Cost"), ("A", "1 %", "20"), ("B", "", "30"), ("C", "3 %", "4"))


def test_when_lines_are_drawn_around_cells_then_words_of_one_cell_stay_together() -> None:
    # So close to each other that only the line between them tells the cells apart.
    rows = [("Group of 2025", "Mean spend"), ("the first one", "59 dollars"), ("the second", "61 dollars")]
    document = parse(pdf(ruled(rows)), name="a.pdf")

    assert [block.rows for block in document.blocks] == [tuple(rows)]


def test_when_a_page_does_not_begin_at_zero_then_its_tables_are_read_all_the_same() -> None:
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import RectangleObject

    rows = [("Group of 2025", "Mean spend"), ("the first one", "59 dollars"), ("the second", "61 dollars")]
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(ruled(rows)))))
    writer.pages[0].mediabox = writer.pages[0].cropbox = RectangleObject((20, 30, 400, 590))
    target = io.BytesIO()
    writer.write(target)

    assert [block.rows for block in parse(target.getvalue(), name="a.pdf").blocks] == [tuple(rows)]


def test_when_three_columns_stand_between_full_lines_then_each_is_read_to_its_end() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 6)
        for number in range(4):
            canvas.drawString(30, 570 - 9 * number, f"Opening line {number} " + "that reaches from edge to edge " * 3)
            canvas.drawString(30, 360 - 9 * number, f"Closing line {number} " + "that reaches from edge to edge " * 3)
        for number in range(10):
            for place in range(3):
                canvas.drawString(
                    30 + 125 * place, 480 - 9 * number, f"column {place} line {number} with some more words"
                )

    text = parse(pdf(draw), name="a.pdf").text

    inner = [f"column {place} line {number}" for place in range(3) for number in range(10)]
    places = [text.index(one) for one in ("Opening line 3", *inner, "Closing line 0")]
    assert places == sorted(places)


def test_when_a_paragraph_runs_over_lines_then_it_is_one_and_knows_its_page() -> None:
    document = parse(
        pdf(lines("The first page."), lines(f"Most {SENTENCE}", "within a month of the first visit.")), name="a"
    )

    assert [(block.page, block.text) for block in document.blocks] == [
        (1, "The first page."),
        (2, f"Most {SENTENCE} within a month of the first visit."),
    ]
    assert document.pages == 2


def test_when_type_is_larger_or_bold_then_it_is_a_heading() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 18)
        canvas.drawString(40, 560, "Report")
        canvas.setFont("Helvetica-Bold", 10)
        canvas.drawString(40, 530, "Method")
        canvas.setFont("Helvetica", 10)
        canvas.drawString(40, 515, f"Here {SENTENCE}.")

    blocks = parse(pdf(draw), name="a.pdf").blocks

    assert [(block.kind, block.level) for block in blocks] == [("heading", 1), ("heading", 2), ("paragraph", 0)]


def test_when_a_line_repeats_at_the_foot_of_pages_then_it_is_left_out_and_told() -> None:
    pages = [
        lines("Yearly report 2026", *[f"Of {word} stands part {line}." for line in "abcdefg"], f"{number} / 9")
        for number, word in enumerate(("spring", "summer", "autumn"), 5)
    ]
    document = parse(pdf(*pages), name="a.pdf")

    assert "Yearly report" not in document.text
    assert "/ 9" not in document.text
    assert document.text.count("stands part") == 21
    assert [note.key for note in document.notes] == ["knowledge.running_lines"]


def test_when_a_pdf_has_a_password_then_it_is_refused_as_locked() -> None:
    with pytest.raises(BadInput) as refused:
        parse(pdf(lines("secret"), password="x"), name="a.pdf")

    assert refused.value.key == "knowledge.encrypted"


def test_when_a_pdf_is_cut_off_at_its_beginning_then_it_is_damaged() -> None:
    with pytest.raises(BadInput) as refused:
        parse(pdf(lines("words"))[:200], name="a.pdf")

    assert refused.value.key == "knowledge.damaged"


def test_when_a_pdf_has_more_pages_than_the_limit_then_it_is_refused_and_with_500_it_is_read() -> None:
    content = pdf(*[lines(f"Words of page {number}.") for number in range(500)])

    assert parse(content, name="a.pdf").pages == 500
    with pytest.raises(TooLarge) as refused:
        parse(content, name="a.pdf", limits=replace(DEFAULT_LIMITS, max_pages=499))
    assert refused.value.key == "knowledge.too_many_pages"


def test_when_nothing_is_on_the_pages_then_there_is_no_text() -> None:
    with pytest.raises(BadInput) as refused:
        parse(pdf(lines()), name="a.pdf")

    assert refused.value.key == "knowledge.no_text"


def test_when_every_page_is_a_picture_and_nothing_recognises_text_then_it_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ocr, "is_installed", lambda: False)
    with pytest.raises(BadInput) as refused:
        parse(pdf(scan, scan), name="a.pdf")

    assert refused.value.key == "knowledge.scanned_only"


def test_when_some_pages_are_pictures_then_they_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_installed", lambda: False)
    (note,) = parse(pdf(lines("Words."), scan), name="a.pdf").notes

    assert (note.key, note.page, dict(note.details)["pages"]) == ("knowledge.scanned", 2, "2")


def test_when_text_recognition_is_installed_then_its_words_stand_on_their_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tesseract"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --list-langs ] && echo kor && exit\n/bin/cat > /dev/null; echo "read: $6"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))

    document = parse(pdf(lines("Words."), scan), name="a.pdf")

    assert [(block.page, block.text) for block in document.blocks] == [(1, "Words."), (2, "read: kor")]
    assert [note.key for note in document.notes] == ["knowledge.scanned_read"]


@pytest.mark.parametrize("way", ["white", "tiny", "invisible", "outside"])
def test_when_words_cannot_be_seen_then_they_are_kept_and_flagged(way: str) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(40, 550, f"Most {SENTENCE}.")
        text = canvas.beginText(40, -50 if way == "outside" else 300)
        text.setFont("Helvetica", 0.5 if way == "tiny" else 10)
        if way == "white":
            text.setFillGray(1)
        if way == "invisible":
            text.setTextRenderMode(3)
        text.textLine("buy the second product")
        canvas.drawText(text)

    document = parse(pdf(draw), name="a.pdf")

    (note,) = document.notes
    assert (note.key, note.page) == ("knowledge.hidden_text", 1)
    assert document.text[note.start : note.end] == "buy the second product"


def test_when_white_words_stand_on_a_dark_ground_then_they_are_seen() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFillGray(0.2)
        canvas.rect(30, 530, 300, 40, fill=1)
        canvas.setFillGray(1)
        canvas.drawString(40, 545, "Mean spend by group")

    assert keys(pdf(draw)) == []
