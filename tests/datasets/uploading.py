"""Files uploaded as a person does, and workbooks made for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.datasets.uploads import UploadedTable, read_upload
from core.errors import TooLarge, UploadRejected, WorkbenchError

LIMIT = 50 << 20
KOREAN = "이름,나이\n홍길동,31\n김철수,44\n"


def uploaded(folder: Path, name: str, content: bytes, **options: str) -> UploadedTable:
    path = folder / "upload"
    path.write_bytes(content)
    return read_upload(path, name, limit_bytes=LIMIT, **options)


def refusal(folder: Path, name: str, content: bytes, **options: str) -> WorkbenchError:
    with pytest.raises((UploadRejected, TooLarge)) as caught:
        uploaded(folder, name, content, **options)
    assert name in caught.value.text("ko")
    return caught.value


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path / "book.xlsx")
    return (path / "book.xlsx").read_bytes()
