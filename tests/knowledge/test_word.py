"""Word documents: headings, tables, notes, what is inserted, deleted and hidden."""

from __future__ import annotations

import pytest

from core.errors import BadInput
from core.knowledge.parsing.parse import parse
from tests.knowledge.files import WORD_XML, docx, paragraph
from tests.zips import zipped

STYLES = f"""<w:styles xmlns:w="{WORD_XML}">
<w:style w:styleId="1"><w:name w:val="heading 1"/></w:style><w:style w:styleId="2"><w:name w:val="제목 2"/></w:style>
<w:style w:styleId="L"><w:name w:val="List Bullet"/></w:style></w:styles>"""


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def test_when_styles_say_so_then_paragraphs_are_headings_and_items() -> None:
    content = docx(
        paragraph("One", style="1"), paragraph("둘", style="2"), paragraph("three", style="L"), paragraph("four."),
        parts={"word/styles.xml": STYLES},
    )  # fmt: skip
    document = parse(content, name="a.docx")

    assert [(block.kind, block.level, block.text) for block in document.blocks] == [
        ("heading", 1, "One"), ("heading", 2, "둘"), ("list", 1, "three"), ("paragraph", 0, "four."),
    ]  # fmt: skip
    assert document.title == "One"


def test_when_a_short_line_is_bold_then_it_is_a_heading() -> None:
    blocks = parse(docx(paragraph("Purpose", run="<w:b/>"), paragraph("All of it.", run="<w:b/>")), name="a").blocks

    assert [block.kind for block in blocks] == ["heading", "paragraph"]


def test_when_cells_are_merged_downwards_then_each_row_can_be_read_by_itself() -> None:
    start, further = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = [(cell("group"), cell("share")), (cell("a", start), cell("1")), (cell("", further), cell("2"))]
    table = "<w:tbl>" + "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows) + "</w:tbl>"
    (block,) = parse(docx(table), name="a.docx").blocks

    assert block.rows == (("group", "share"), ("a", "1"), ("a", "2"))


def test_when_a_footnote_is_referred_to_then_it_follows_its_paragraph() -> None:
    note = f'<w:footnote w:id="2">{paragraph("as counted in May")}</w:footnote>'
    notes = f'<w:footnotes xmlns:w="{WORD_XML}">{note}</w:footnotes>'
    first = paragraph("Half of them", inside='<w:r><w:footnoteReference w:id="2"/></w:r>')
    document = parse(docx(first, paragraph("next"), parts={"word/footnotes.xml": notes}), name="a.docx")

    assert [(block.kind, block.text) for block in document.blocks] == [
        ("paragraph", "Half of them"), ("footnote", "as counted in May"), ("paragraph", "next"),
    ]  # fmt: skip


def test_when_changes_are_tracked_then_inserted_words_are_read_and_deleted_ones_are_not() -> None:
    block = (
        "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:p>"
        f"<w:sdt><w:sdtContent>{paragraph('a field')}</w:sdtContent></w:sdt>"
    )

    assert parse(docx(block), name="a.docx").text == "new\n\na field"


@pytest.mark.parametrize("run", ["<w:vanish/>", '<w:color w:val="FFFFFF"/>', '<w:sz w:val="2"/>'])
def test_when_a_run_cannot_be_seen_then_it_is_kept_and_flagged(run: str) -> None:
    document = parse(docx(paragraph("seen"), paragraph("not seen", run=run)), name="a.docx")

    (note,) = document.notes
    assert note.key == "knowledge.hidden_text"
    assert document.text[note.start : note.end] == "not seen"


def test_when_the_body_is_missing_then_the_file_is_damaged() -> None:
    for parts in ({"word/document.xml": "<w"}, {"[Content_Types].xml": "<Types/>"}):
        with pytest.raises(BadInput) as refused:
            parse(zipped(parts), name="a.docx")
        assert refused.value.key == "knowledge.damaged"


def test_when_paragraphs_are_empty_then_the_document_is_empty() -> None:
    with pytest.raises(BadInput) as refused:
        parse(docx(paragraph("")), name="a.docx")

    assert refused.value.key == "knowledge.empty"
