"""Workbooks and Parquet: types and sheets are understood, what is damaged or hostile gets its sentence."""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl
import pytest

from core.datasets import uploads, workbooks
from core.datasets.uploads import read_upload
from core.errors import UploadRejected
from tests.datasets.uploading import LIMIT, refusal, uploaded, workbook


def test_when_a_workbook_has_one_sheet_then_types_and_title_rows_are_understood(tmp_path: Path) -> None:
    from datetime import datetime

    rows = [["Report 2025"], ["name", "n", "x", "when", "mixed"]]
    rows += [["a", 1, 1.5, datetime(2025, 1, 2), 7], ["b", 2, None, datetime(2025, 1, 3), "seven"]]

    table = uploaded(tmp_path, "one.xlsx", workbook(tmp_path, {"Only": rows}))

    assert (table.sheet, table.sheets) == ("Only", ("Only",))
    assert table.frame.dtypes == [pl.String, pl.Int64, pl.Float64, pl.Datetime("us"), pl.String]
    assert table.frame["mixed"].to_list() == ["7", "seven"]


def test_when_a_workbook_has_three_sheets_then_they_are_named_until_one_is_chosen(tmp_path: Path) -> None:
    content = workbook(tmp_path, {name: [["a"], [place]] for place, name in enumerate(["Jan", "Feb", "3월"])})

    error = refusal(tmp_path, "three.xlsx", content)
    chosen = uploaded(tmp_path, "three.xlsx", content, sheet="3월")

    assert error.key == "uploads.several_sheets"
    assert "Jan, Feb, 3월" in error.text("en")
    assert (chosen.sheet, chosen.frame["a"].to_list()) == ("3월", [2])
    assert refusal(tmp_path, "three.xlsx", content, sheet="Mar").key == "uploads.unknown_sheet"


def test_when_real_workbooks_are_uploaded_then_each_gets_its_sentence(shared_datasets: Path) -> None:
    keys = {}
    for file in ("stanley-cups.xlsx", "empty.xlsx", "tests-example.xls"):
        with pytest.raises(UploadRejected) as caught:
            read_upload(shared_datasets / "documents" / file, file, limit_bytes=LIMIT)
        keys[file] = caught.value.key

    assert keys == {
        "stanley-cups.xlsx": "uploads.several_sheets",
        "empty.xlsx": "uploads.empty",
        "tests-example.xls": "uploads.old_workbook",
    }


def test_when_a_real_sheet_is_chosen_then_its_title_row_is_not_the_header(shared_datasets: Path) -> None:
    path = shared_datasets / "documents" / "stanley-cups.xlsx"

    frame = read_upload(path, path.name, limit_bytes=LIMIT, sheet="Stanley Cups").frame

    assert frame.columns == ["Team", "Location", "Stanley Cups"]


def test_when_a_workbook_is_encrypted_then_the_password_is_named_as_the_reason(tmp_path: Path) -> None:
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")

    assert refusal(tmp_path, "secret.xlsx", locked).key == "uploads.password_protected"


def test_when_a_workbook_would_unpack_without_end_then_it_is_refused_before_parsing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "MOST_EXPANDED_BYTES", 1 << 20)
    content = workbook(tmp_path, {"A": [["a"], [1]]})
    (tmp_path / "book.xlsx").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "book.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/bomb.xml", bytes(2 << 20))
    bomb = (tmp_path / "book.xlsx").read_bytes()

    assert len(bomb) < 20_000
    assert refusal(tmp_path, "bomb.xlsx", bomb).key == "uploads.expands_too_far"


def test_when_a_workbook_part_is_garbled_then_it_is_called_damaged(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "odd.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook")

    assert refusal(tmp_path, "odd.xlsx", (tmp_path / "odd.xlsx").read_bytes()).key == "uploads.damaged"


def test_when_parquet_is_uploaded_then_its_types_stay(tmp_path: Path) -> None:
    frame = pl.DataFrame({"n": [1, 2], "w": ["a", None], "t": [True, False]})
    frame.write_parquet(tmp_path / "t.parquet")

    table = uploaded(tmp_path, "t.parquet", (tmp_path / "t.parquet").read_bytes())

    assert table.frame.equals(frame)


def test_when_parquet_packs_more_cells_than_allowed_then_it_is_refused_before_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_CELLS", 1000)
    pl.DataFrame({"a": [0] * 5000}).write_parquet(tmp_path / "t.parquet")

    assert refusal(tmp_path, "t.parquet", (tmp_path / "t.parquet").read_bytes()).key == "uploads.too_many_cells"


def test_when_parquet_has_a_single_row_then_it_is_read_and_without_any_its_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    frame = pl.DataFrame({"n": [1], "w": ["a"]})

    frame.write_parquet(path)
    assert uploaded(tmp_path, "T.Parquet", path.read_bytes()).frame.equals(frame)
    frame.clear().write_parquet(path)
    refused = refusal(tmp_path, "t.parquet", path.read_bytes())
    assert (refused.key, refused.details["columns"]) == ("uploads.header_only", "n, w")
