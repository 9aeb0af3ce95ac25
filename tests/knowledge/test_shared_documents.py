"""Every real file of the shared documents is read as what it is, or refused in the right words."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput
from core.knowledge.parsing.documents import ParsedDocument
from core.knowledge.parsing.parse import parse
from core.knowledge.passages.cutting import TARGET_CHARS, cut

# name -> (format, language, words that must be found as they are written here)
READ = {
    "2023-half-year-analyses-by-segment.xlsx": ("xlsx", "en", ("3.1 Operating segments", "Nespresso | 3128 | 678")),
    "SPARSE-2024-INV-1234_borderless_table.pdf": ("pdf", "en", ("SKU-9201 |  | 780 | 778 |  | OK", "Pending")),
    "apart_price.csv": ("csv", "ko", ("서울 | 종로구 | 1029542",)),
    "csv-with-long-lines.csv": ("csv", None, ("SpearmanCorrelationCoefficient | 1Freq CD161CD8TfrequencyUnstim",)),
    "docx-tables.docx": ("docx", None, ("Lorem ipsum | A link example", "d | e f g&t h | i")),
    "email-no-utf8-2008-07-16.062410.eml": ("eml", None, ("Subject: RE: שלום", "סלבה היקר")),
    "eng_spa_mult.md": ("markdown", "en", ("Todos los seres humanos nacen libres",)),
    "fish.csv": ("csv", None, ("species | weight | length1", "Bream | 242 | 23.2")),
    "google-doc-document.pdf": ("pdf", "en", ("Beautiful is better than ugly.", "Capital | Jakarta | Berlin | Vienna")),
    "handbook-1p.docx": ("docx", "en", ("INTRODUCTION", "The United States Trustee appoints")),
    "kor_sido_code.csv": ("csv", "ko", ("11110 | 서울 | 종로구 | Jongno-gu",)),
    "korean-text-with-tables.pdf": ("pdf", "ko", ("제과점 | 파리바게뜨, 뚜레쥬르", "빅포인트의 유효기간은 5년으로")),
    "multicolumn.pdf": ("pdf", None, ("felis. Donec nonummy pellentesque ante", "Austria | 8.9 | 83,879 | Vienna")),
    "ragged_titanic_train3.csv": ("csv", None, ("1 | 0 | 3 | Braund, Mr. Owen Harris | male | 22",)),
    "seoul_house.csv": ("csv", "ko", ("종로구 | 43,550",)),
    "seoul_pop2020_all.csv": ("csv", "ko", ("종로구 | 소계 | 74151",)),
    "simple.docx": ("docx", "en", ("These are a few of my favorite things:", "Hockey")),
    "stanley-cups.xlsx": ("xlsx", None, ("Maple Leafs | TOR | 13",)),
    "test_blog.html": ("html", "en", ("Does Model and Inference Parameter Matter", "gpt-3.5-turbo")),
    "test_mskanji.csv": ("csv", None, ("髙橋淳 | 35 | 名古屋",)),
    "tests-example.xls": ("xls", "en", ("What is 2+2? | 4 | correct", "TF | True/False")),
}
REFUSED = {
    "empty.xlsx": ("knowledge.empty", "empty"),
    "libreoffice-writer-password.pdf": ("knowledge.encrypted", "password"),
}


def read(folder: Path, name: str) -> ParsedDocument:
    return parse((folder / "documents" / name).read_bytes(), name=name)


def test_when_a_document_is_shared_then_its_outcome_is_stated_here(shared_datasets: Path) -> None:
    assert {path.name for path in (shared_datasets / "documents").iterdir()} == {*READ, *REFUSED}


@pytest.mark.parametrize("name", READ)
def test_when_a_real_file_is_read_then_its_words_stand_in_order(shared_datasets: Path, name: str) -> None:
    format, language, words = READ[name]
    document = read(shared_datasets, name)

    assert (document.format, document.language) == (format, language)
    assert [one for one in words if one not in document.text] == []
    assert not any("�" in block.text for block in document.blocks)
    assert all(document.text[block.start : block.end] == block.text for block in document.blocks)


@pytest.mark.parametrize("name", REFUSED)
def test_when_a_real_file_cannot_be_read_then_the_reason_is_said(shared_datasets: Path, name: str) -> None:
    key, word = REFUSED[name]
    with pytest.raises(BadInput, match=word) as refused:
        read(shared_datasets, name)

    assert refused.value.key == key


@pytest.mark.parametrize("name", READ)
def test_when_a_real_file_is_cut_then_no_word_is_lost_and_no_passage_is_long(shared_datasets: Path, name: str) -> None:
    document = read(shared_datasets, name)
    left = list(document.text)
    for passage in cut(document):
        assert document.text[passage.start : passage.end] == passage.text
        assert len(passage.text) <= TARGET_CHARS
        left[passage.start : passage.end] = [""] * len(passage.text)

    assert "".join(left).split() == []


def test_when_a_page_has_two_columns_with_tables_then_each_column_is_read_to_its_end(shared_datasets: Path) -> None:
    text = read(shared_datasets, "korean-text-with-tables.pdf").text

    places = [
        text.index(one) for one in ("이마트 트레이더스", "주유는 LPG충전소", "전월 이용금액 제외 대상", "투썸플레이스")
    ]
    assert places == sorted(places)


def test_when_a_web_page_is_read_then_what_stands_around_its_text_is_gone(shared_datasets: Path) -> None:
    document = read(shared_datasets, "test_blog.html")

    assert "Skip to main content" not in document.text
    assert "Copyright" not in document.text
    assert [block.text.strip("\u200b") for block in document.blocks if block.level == 2] == [
        "Experiment Setup", "Experiment Results", "Analysis and Discussion", "For Further Reading",
    ]  # fmt: skip
