"""Text files: encoding, delimiter and types are found; what cannot be read gets one sentence with its line."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.datasets import delimited, uploads
from core.datasets.uploads import read_upload
from core.errors import TooLarge
from tests.datasets.uploading import KOREAN, LIMIT, refusal, uploaded, workbook


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp949", "cp949")],
)
def test_when_korean_text_is_in_a_known_encoding_then_it_is_found_and_read(
    tmp_path: Path, codec: str, encoding: str
) -> None:
    table = uploaded(tmp_path, "people.csv", KOREAN.encode(codec))

    assert table.encoding == encoding
    assert table.frame.rows() == [("홍길동", 31), ("김철수", 44)]


@pytest.mark.parametrize(
    ("file", "encoding", "delimiter", "shape"),
    [
        ("seoul_house.csv", "cp949", ",", (100, 11)),
        ("apart_price.csv", "cp949", ",", (187, 14)),
        ("kor_sido_code.csv", "utf-8-sig", ",", (250, 4)),
        ("ragged_titanic_train3.csv", "utf-8", "|", (891, 12)),
    ],
)
def test_when_a_real_file_is_uploaded_then_encoding_and_delimiter_are_found(
    shared_datasets: Path, file: str, encoding: str, delimiter: str, shape: tuple[int, int]
) -> None:
    table = read_upload(shared_datasets / "documents" / file, file, limit_bytes=LIMIT)

    assert (table.encoding, table.delimiter, table.frame.shape) == (encoding, delimiter, shape)


def test_when_the_customer_file_is_uploaded_then_its_numbers_are_typed(shared_datasets: Path) -> None:
    path = shared_datasets / "customer_shopping_trends" / "shopping_trends.csv"

    frame = read_upload(path, path.name, limit_bytes=LIMIT).frame

    assert frame.shape == (3900, 19)
    assert frame.schema["Age"] == pl.Int64
    assert frame.schema["Review Rating"] == pl.Float64


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ([KOREAN.encode(), "박영희,20\n".encode("cp949")], "4"),
        ([KOREAN.encode("cp949"), "박영희,20\n".encode()], "4"),
    ],
)
def test_when_encodings_are_mixed_then_the_line_where_it_changes_is_named(
    tmp_path: Path, lines: list[bytes], line: str
) -> None:
    error = refusal(tmp_path, "mixed.csv", b"".join(lines))

    assert error.key == "uploads.mixed_encodings"
    assert str(error.details["line"]) == line


def test_when_bytes_belong_to_no_known_encoding_then_the_line_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, "latin.csv", "name,town\nAnn,Rome\nZoë,Århus\n".encode("latin-1"))

    assert (error.key, error.details["line"]) == ("uploads.unknown_encoding", 3)


def test_when_japanese_text_would_pass_as_rare_korean_then_it_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, "shift_jis.csv", "ひらがな,1\nあいうえお,2\n".encode("shift_jis"))

    assert error.key == "uploads.unknown_encoding"


def test_when_utf_16_breaks_off_then_it_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, "half.csv", KOREAN.encode("utf-16") + b"\x00\xd8")

    assert error.key == "uploads.broken_encoding"


def test_when_wrong_bytes_stand_beyond_the_sample_then_they_are_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "SAMPLE_BYTES", 4096)
    rows = "".join(f"{number},abcdefgh\n" for number in range(2000))

    error = refusal(tmp_path, "late.csv", f"id,word\n{rows}".encode() + b"9,\xff\xfe\xff\n")

    assert (error.key, error.details["line"]) == ("uploads.unknown_encoding", 2002)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_when_values_hold_quoted_delimiters_then_the_delimiter_is_found_and_they_stay_whole(
    tmp_path: Path, delimiter: str
) -> None:
    lines = [("id", "ids"), ("1", '"3,4;5|6\t7"'), ("2", '"say ""hi"""')]
    content = "\n".join(delimiter.join(line) for line in lines)

    table = uploaded(tmp_path, "quoted.csv", content.encode())

    assert table.delimiter == delimiter
    assert table.frame["ids"].to_list() == ["3,4;5|6\t7", 'say "hi"']


def test_when_semicolons_separate_decimal_commas_then_the_semicolon_is_chosen(tmp_path: Path) -> None:
    table = uploaded(tmp_path, "europe.csv", b"a;b\n1,5;2,5\n3,5;4,5\n")

    assert table.delimiter == ";"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.lists(st.text('abc ,;|\t"\n가나é', min_size=1, max_size=8), min_size=3, max_size=3),
        min_size=1,
        max_size=12,
    )
)
def test_when_any_table_is_written_by_a_csv_writer_then_it_reads_back_the_same(
    tmp_path: Path, cells: list[list[str]]
) -> None:
    import csv
    import io

    # A cell of letters in each row keeps it text and not empty.
    rows = [[f"k{place}", *row] for place, row in enumerate(cells)]
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["key", "x", "y", "z"], *rows])

    frame = uploaded(tmp_path, "any.csv", text.getvalue().encode()).frame

    assert [list(row) for row in frame.rows()] == rows


def test_when_a_late_row_holds_another_type_then_the_whole_column_follows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "SAMPLE_BYTES", 4096)
    rows = "".join(f"{number},{number}\n" for number in range(2000))

    frame = uploaded(tmp_path, "late.csv", f"id,value\n{rows}7,n.b.\n8,1.5\n".encode()).frame

    assert frame["value"].dtype == pl.String
    assert frame["value"].to_list()[-3:] == ["1999", "n.b.", "1.5"]


def test_when_cells_say_nothing_then_they_are_missing(tmp_path: Path) -> None:
    frame = uploaded(tmp_path, "gaps.csv", b"n,w\n1,a\nNA,\nnull,NaN\n").frame

    assert frame.null_count().row(0) == (2, 2)
    assert frame["n"].dtype == pl.Int64


def test_when_rows_are_ragged_then_their_lines_are_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, "ragged.csv", b'a,b,c\n1,2,3\n4,5\n"x\ny",2,3\n6,7,8,9\n')

    assert error.key == "uploads.ragged_rows"
    assert (error.details["count"], error.details["lines"]) == (2, "3 (2), 6 (4)")


def test_when_a_quote_is_never_closed_then_a_sentence_says_so(tmp_path: Path) -> None:
    error = refusal(tmp_path, "quote.csv", b'a,b\n1,2\n3,"4\n5,6\n')

    assert error.key in {"uploads.ragged_rows", "uploads.open_quote"}
    assert "3" in error.text("en")


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "uploads.empty"),
        (b"\n \n", "uploads.empty"),
        (b"\xef\xbb\xbf", "uploads.empty"),
        (b"a,b,c\n", "uploads.header_only"),
        (b"a,b, a\n1,2,3\n", "uploads.duplicate_columns"),
        (b"\x00\x01\x02\x03,\x00\n", "uploads.binary"),
        (b"%PDF-1.7 ...", "uploads.content_differs"),
        (b"PK\x03\x04....", "uploads.content_differs"),
        (b"PAR1....", "uploads.content_differs"),
    ],
)
def test_when_a_csv_holds_no_table_then_the_reason_is_said(tmp_path: Path, content: bytes, key: str) -> None:
    assert refusal(tmp_path, "file.csv", content).key == key


def test_when_the_file_is_over_the_limit_then_it_is_refused_by_its_size_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(1 << 30)  # takes no space on the disk
    monkeypatch.setattr(uploads, "check_format", lambda *_: pytest.fail("the file was opened"))

    with pytest.raises(TooLarge, match=r"huge\.csv is 1,024 MB, over the limit of 500 MB"):
        read_upload(path, "huge.csv", limit_bytes=500 << 20)


def test_when_the_ending_is_unknown_then_the_known_ones_are_named(tmp_path: Path) -> None:
    assert ".parquet" in refusal(tmp_path, "table.sav", b"x").text("en")


@pytest.mark.parametrize("name", ["broken.xlsx", "broken.parquet"])
def test_when_a_file_breaks_off_then_it_is_called_damaged(tmp_path: Path, name: str) -> None:
    if name.endswith("xlsx"):
        content = workbook(tmp_path, {"A": [["a"], [1]]})
    else:
        pl.DataFrame({"a": range(1000)}).write_parquet(tmp_path / "whole.parquet")
        content = (tmp_path / "whole.parquet").read_bytes()

    assert refusal(tmp_path, name, content[: len(content) // 2]).key == "uploads.damaged"


def test_when_reading_fails_then_no_file_is_written_beside_the_upload(tmp_path: Path) -> None:
    refusal(tmp_path, "ragged.csv", b"a,b\n1\n")

    assert [path.name for path in tmp_path.iterdir()] == ["upload"]


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx", "t.parquet"])
def test_when_a_file_has_no_byte_then_it_is_called_empty_whatever_its_ending(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, name, b"").key == "uploads.empty"
