"""Workbooks and separated text: one table per sheet, every encoding that is read, nothing invented."""

from __future__ import annotations

import codecs
import datetime

import pytest

from core.errors import BadInput
from core.knowledge.parsing.parse import parse
from tests.knowledge.files import replaced, xlsx

ROWS = "이름,나이,동네\n김하나,30,서울\n박두리,25,부산\n"
JAPANESE = "名前,年齢,住所\n佐藤太郎,30,東京\n三木英子,25,大阪\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp949"])
def test_when_korean_text_is_in_a_known_encoding_then_it_reads_the_same(encoding: str) -> None:
    document = parse(ROWS.encode(encoding), name="a.csv")

    assert document.blocks[0].rows[1] == ("김하나", "30", "서울")
    assert document.language == "ko"


def test_when_japanese_is_in_cp932_then_it_is_not_taken_for_korean() -> None:
    assert parse(JAPANESE.encode("cp932"), name="a.csv").blocks[0].rows[2] == ("三木英子", "25", "大阪")


def test_when_the_encoding_is_none_of_ours_then_nothing_is_guessed() -> None:
    with pytest.raises(BadInput) as refused:
        parse("название,цена\nхлеб,30\nмолоко,80\n".encode("cp1251"), name="a.csv")

    assert refused.value.key == "knowledge.unknown_encoding"


def test_when_a_text_mixes_two_encodings_then_the_line_is_named() -> None:
    with pytest.raises(BadInput) as refused:
        parse(ROWS.encode() + ROWS.encode("cp949"), name="a.csv")

    assert refused.value.key == "uploads.mixed_encodings"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_when_another_sign_parts_the_cells_then_it_is_found(delimiter: str) -> None:
    document = parse(f"a{delimiter}b{delimiter}c\n1{delimiter}2{delimiter}3\n".encode(), name="a.tsv")

    assert document.text == "a | b | c\n1 | 2 | 3"


def test_when_rows_differ_in_length_then_they_are_kept_and_told() -> None:
    document = parse(b"a,b\n1,2\n3\n4,5\n", name="a.csv")

    assert document.blocks[0].rows == (("a", "b"), ("1", "2"), ("3",), ("4", "5"))
    assert [note.key for note in document.notes] == ["knowledge.ragged_rows"]


def test_when_a_quotation_mark_stays_open_then_its_line_is_named() -> None:
    with pytest.raises(BadInput) as refused:
        parse(b'a,b\n1,2\n"3,4\n5,6\n', name="a.csv")

    assert (refused.value.key, refused.value.details["line"]) == ("uploads.open_quote", 3)


def test_when_a_line_has_a_megabyte_then_it_is_read() -> None:
    document = parse(b"a,b\n" + b"x" * 2**20 + b",1\n", name="a.csv")

    assert len(document.blocks[0].rows[1][0]) == 2**20


def test_when_a_workbook_has_sheets_then_each_stands_under_its_name() -> None:
    content = xlsx({"봄": [["name", "n"], ["a", 1.0]], "empty": [], "가을": [["name", "n"], ["b", 2.5]]})
    document = parse(content, name="sales.xlsx")

    assert [(block.kind, block.sheet, block.text) for block in document.blocks] == [
        ("heading", "봄", "봄"), ("table", "봄", "name | n\na | 1"),
        ("heading", "가을", "가을"), ("table", "가을", "name | n\nb | 2.5"),
    ]  # fmt: skip
    assert document.title == "sales"


def test_when_a_lone_cell_stands_above_a_table_then_it_is_its_heading() -> None:
    blocks = parse(
        xlsx({"S": [["Sales by month"], [None], ["month", "n"], ["May", 3], ["(a) so far"]]}), name="a"
    ).blocks

    assert [(block.kind, block.level) for block in blocks] == [
        ("heading", 1), ("heading", 2), ("table", 0), ("paragraph", 0),
    ]  # fmt: skip


def test_when_two_rows_name_the_columns_then_both_are_the_header() -> None:
    rows = [["", "2023", "2022"], ["group", "sales", "sales"], ["a", 1, 2]]

    assert parse(xlsx({"S": rows}), name="a.xlsx").blocks[-1].header_rows == 2


def test_when_a_cell_is_a_day_then_it_is_written_without_midnight() -> None:
    rows = [["day", "n"], [datetime.datetime(2026, 5, 1), 1]]

    assert parse(xlsx({"S": rows}), name="a.xlsx").text.endswith("2026-05-01 | 1")


def test_when_a_sheet_is_hidden_then_it_is_read_and_flagged() -> None:
    content = xlsx({"shown": [["a", "b"], [1, 2]], "kept back": [["c", "d"], [3, 4]]})
    named = b'name="kept back" sheetId="2" state='
    content = replaced(content, "xl/workbook.xml", lambda part: part.replace(named + b'"visible"', named + b'"hidden"'))
    (note,) = parse(content, name="a.xlsx").notes

    assert (note.key, note.sheet) == ("knowledge.hidden_text", "kept back")


def test_when_a_text_of_lines_looks_like_a_table_then_it_is_one_though_called_txt() -> None:
    assert parse(ROWS.encode(), name="a.txt").format == "csv"
    assert parse(b"Dear all, thank you, friends.\nSee you, then.\n", name="a.txt").format == "txt"


def test_when_utf_16_is_cut_in_half_a_letter_then_it_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        parse(codecs.BOM_UTF16_LE + "가\n나다".encode("utf-16-le")[:-1], name="a.txt")

    assert (refused.value.key, refused.value.details["line"]) == ("uploads.broken_encoding", 2)
