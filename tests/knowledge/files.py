"""Office files made for one test each: PDF, DOCX, XLSX and mails, ordinary and hostile."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.zips import zipped

PAGE = (400.0, 600.0)
WORD_XML = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pdf(*pages: Callable[[Canvas], None], title: str = "", password: str | None = None) -> bytes:
    """One page for each function that draws."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=PAGE, encrypt=password)
    if title:
        canvas.setTitle(title)
    for draw in pages:
        canvas.setFont("Helvetica", 10)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def lines(*texts: str, x: float = 40, y: float = 550, step: float = 13) -> Callable[[Canvas], None]:
    """A page with these lines from the top."""

    def draw(canvas: Canvas) -> None:
        for number, text in enumerate(texts):
            canvas.drawString(x, y - number * step, text)

    return draw


def ruled(
    rows: Sequence[Sequence[str]], *, width: float = 70, x: float = 40, y: float = 500
) -> Callable[[Canvas], None]:
    """A page with a table that lines are drawn around."""

    def draw(canvas: Canvas) -> None:
        columns, height = len(rows[0]), 20.0
        canvas.grid(
            [x + place * width for place in range(columns + 1)], [y - place * height for place in range(len(rows) + 1)]
        )
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                canvas.drawString(x + place * width + 4, y - (number + 1) * height + 6, cell)

    return draw


def scan(canvas: Canvas) -> None:
    """A page that is one picture."""
    picture = ImageReader(Image.new("L", (80, 120), 200))
    canvas.drawImage(picture, 0, 0, *PAGE)


def docx(*blocks: str, parts: Mapping[str, str] | None = None) -> bytes:
    """A Word document of the XML of its blocks; parts: further files of the package."""
    document = f'<?xml version="1.0"?><w:document xmlns:w="{WORD_XML}"><w:body>{"".join(blocks)}</w:body></w:document>'
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": document, **(parts or {})})


def paragraph(text: str, *, style: str = "", run: str = "", inside: str = "") -> str:
    """A paragraph of one run. run: XML of its properties; inside: XML after it."""
    named = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{named}<w:r><w:rPr>{run}</w:rPr><w:t>{text}</w:t></w:r>{inside}</w:p>"


def xlsx(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """A workbook of these sheets."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def replaced(package: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same package with one part changed."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**parts, part: change(parts[part])})


def mail(
    text: str, *, html: str | None = None, attachments: Mapping[str, bytes] | None = None, subject: str = "Results"
) -> EmailMessage:
    """A mail from a to b."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", subject
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    for name, content in (attachments or {}).items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message
