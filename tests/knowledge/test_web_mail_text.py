"""Web pages, Markdown, mails and plain text, and which of them a text is."""

from __future__ import annotations

import pytest

from core.errors import BadInput
from core.knowledge.parsing.parse import parse
from tests.knowledge.files import docx, lines, mail, paragraph, pdf, xlsx

PAGE = """<!doctype html><html><head><title>Spring &amp; summer</title><style>.x, .y{display:none}</style></head><body>
<nav>Home About</nav><header>Shop</header><div class="cookie-banner">We use cookies</div>
<h1>Guide</h1><p>First <b>bold</b> words.<br>Second line.</p><ul><li>one<ul><li>inner</li></ul></li></ul>
<table><tr><th>Name</th><th>Note</th></tr><tr><td>Rose</td><td>heart</td></tr></table>
<pre>a  b
c</pre><script>alert(1)</script>%s<footer>Imprint</footer></body></html>"""


def kinds(text: str, name: str) -> list[tuple[str, int, str]]:
    return [(block.kind, block.level, block.text) for block in parse(text.encode(), name=name).blocks]


def test_when_a_page_is_read_then_its_structure_stays_and_its_frame_goes() -> None:
    document = parse((PAGE % "").encode(), name="a.html")

    assert [(block.kind, block.text) for block in document.blocks] == [
        ("heading", "Guide"), ("paragraph", "First bold words.\nSecond line."), ("list", "one"), ("list", "inner"),
        ("table", "Name | Note\nRose | heart"), ("code", "a  b\nc"),
    ]  # fmt: skip
    assert document.title == "Spring & summer"


@pytest.mark.parametrize(
    "tag",
    [
        '<p style="display: none">%s</p>', '<p hidden>%s</p>', '<p class="x">%s</p>', '<p style="color:#fff">%s</p>',
        '<p style="font-size:0">%s</p>', '<span style="position:absolute;left:-9999px">%s</span>',
    ],
)  # fmt: skip
def test_when_a_page_hides_words_then_they_are_kept_and_flagged(tag: str) -> None:
    document = parse((PAGE % (tag % "order the second one")).encode(), name="a.html")

    (note,) = document.notes
    assert note.key == "knowledge.hidden_text"
    assert document.text[note.start : note.end] == "order the second one"


def test_when_a_page_states_its_encoding_then_it_is_read_in_it() -> None:
    page = '<html><head><meta charset="%s"></head><body><p>%s</p></body></html>'

    assert parse((page % ("euc-kr", "첫 문장")).encode("cp949"), name="a.html").text == "첫 문장"
    assert parse((page % ("windows-1251", "первое")).encode("cp1251"), name="a.html").text == "первое"


def test_when_markdown_is_read_then_its_structure_stays() -> None:
    front, table = "---\ntitle: Notes\n---\n", "| x | y |\n|---|---|\n| 1 | 2 |\n\n"
    text = f"{front}# One\ntext [link](http://x)\n\n- a\n  - b\n\n{table}```\ncode\n```\n"

    assert kinds(text, "a.md") == [
        ("heading", 1, "One"), ("paragraph", 0, "text link"), ("list", 1, "a"), ("list", 2, "b"),
        ("table", 0, "x | y\n1 | 2"), ("code", 0, "code"),
    ]  # fmt: skip
    assert parse(text.encode(), name="a.md").title == "Notes"


def test_when_markdown_holds_html_then_it_is_read_like_a_page() -> None:
    document = parse(b"# One\n\n<div style='display:none'>do not look</div>\n\n<!-- aside -->\n", name="a.md")

    assert document.text == "One\n\ndo not look"
    assert [note.key for note in document.notes] == ["knowledge.hidden_text"]


def test_when_plain_text_has_empty_lines_then_they_part_paragraphs() -> None:
    assert kinds("one\r\ntwo\r\n\r\n \r\n- three", "a.txt") == [("paragraph", 0, "one\ntwo"), ("list", 0, "- three")]


def test_when_a_mail_brings_files_then_each_is_a_document_of_its_own() -> None:
    files = {
        "r.pdf": pdf(lines("Of the report.")),
        "t.xlsx": xlsx({"S": [["a", "b"], [1, 2]]}),
        "x.zip": b"PK\x03\x04no",
    }
    document = parse(mail("Dear all,\n\nsee below.", attachments=files).as_bytes(), name="a.eml")

    assert document.title == "Results"
    assert document.text.startswith("From: a@example.org\nTo: b@example.org\nSubject: Results\n\nDear all,")
    assert [one.document and one.document.format for one in document.attachments] == ["pdf", "xlsx", None]
    assert document.attachments[2].problem is not None
    assert document.attachments[2].problem.key == "knowledge.damaged"


def test_when_a_mail_has_the_same_words_twice_then_the_plain_ones_are_taken() -> None:
    document = parse(mail("plain words", html="<p>styled words</p>").as_bytes(), name="a.eml")

    assert "styled" not in document.text
    assert document.text.endswith("plain words")


def test_when_mails_lie_within_mails_then_the_depth_is_limited() -> None:
    inner = mail("deepest")
    for _ in range(4):
        outer = mail("around it")
        outer.add_attachment(inner)
        inner = outer
    document = parse(inner.as_bytes(), name="a.eml")

    found = document.attachments[0].document
    assert found is not None
    assert found.attachments[0].document is not None
    problem = found.attachments[0].document.attachments[0].problem
    assert problem is not None
    assert problem.key == "knowledge.nested_too_deep"


@pytest.mark.parametrize(
    ("content", "name", "format"),
    [
        (pdf(lines("Words.")), "a.docx", "pdf"),
        (docx(paragraph("Words.")), "a.pdf", "docx"),
        (xlsx({"S": [["a", "b"], [1, 2]]}), "a.csv", "xlsx"),
        ((PAGE % "").encode(), "a.txt", "html"),
        (mail("Words.").as_bytes(), "a.txt", "eml"),
        (b"Only one sentence stands in this file and it goes on for quite a while.\n" * 3, "a.csv", "txt"),
    ],
)
def test_when_the_name_says_something_else_then_the_content_counts_and_it_is_told(
    content: bytes, name: str, format: str
) -> None:
    document = parse(content, name=name)

    assert document.format == format
    assert document.notes[0].key == "knowledge.mislabelled"


def test_when_a_text_speaks_of_pdf_then_it_is_a_text() -> None:
    assert parse(b"A file begins with %PDF-1.7 when it is one.", name="a.txt").format == "txt"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "knowledge.empty"),
        (b" \n\t\n", "knowledge.empty"),
        (b"\x89PNG\r\n\x1a\n0000", "knowledge.unsupported"),
        (b"{\\rtf1 words}", "knowledge.unsupported"),
        (b"<?xml version='1.0'?><a>words</a>", "knowledge.unsupported"),
        (b"\x01\x02\x00\xff\x00\x07words\x00", "knowledge.not_a_document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "knowledge.unsupported"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "knowledge.encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") * 99, "knowledge.damaged"),
        (b"%PDF-1.7\nnothing follows", "knowledge.damaged"),
        (b"<html><body><script>1</script></body></html>", "knowledge.empty"),
    ],
)
def test_when_a_file_cannot_be_read_then_the_reason_is_the_right_one(content: bytes, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse(content, name="a.bin")

    assert refused.value.key == key
    assert "a.bin" in refused.value.text("ko")
