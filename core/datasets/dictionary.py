"""The data dictionary: what a column is called in Korean and English, what it means, and its unit.

Entries of people come first, then the defaults shipped in dictionary_defaults.toml, then the column's name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

from sqlalchemy import delete, insert, select

from core.errors import UploadRejected
from core.security.policy import Permission, Principal, require
from core.storage import tables
from core.storage.database import reading, utc_now, writing

Part = Literal["column", "label_ko", "label_en", "description", "unit"]
ENTRIES = tables.dictionary_entries
IMPORT_LIMIT_BYTES = 10 << 20
# Headers met in feature_name_mapping.csv files, without case, spaces and underscores.
HEADERS: dict[Part, tuple[str, ...]] = {
    "column": (
        "originalfeature", "original", "originalname", "feature", "column", "columnname", "featurename", "name",
        "variable", "원본", "원본명", "원본컬럼", "컬럼", "컬럼명", "열", "열이름", "변수", "변수명",
    ),
    "label_ko": (
        "descriptionkr", "descriptionko", "labelko", "labelkr", "namekr", "nameko", "korean", "koreanname",
        "한글", "한글명", "한글이름", "설명", "한국어",
    ),
    "label_en": (
        "descriptionen", "labelen", "nameen", "english", "englishname", "mapped", "mappedname", "mappedfeature",
        "newname", "label", "영문", "영문명", "영어",
    ),
    "description": ("description", "desc", "meaning", "explanation", "상세설명", "의미", "비고"),
    "unit": ("unit", "units", "단위"),
}  # fmt: skip


@dataclass(frozen=True)
class DictionaryEntry:
    """What is known about one column; an empty text is unknown."""

    column: str
    label_ko: str = ""
    label_en: str = ""
    description: str = ""
    unit: str = ""

    def label(self, language: str) -> str:
        """The label in `language`, else in the other language, else the column's name."""
        first, second = (self.label_ko, self.label_en) if language == "ko" else (self.label_en, self.label_ko)
        return first or second or self.column


def entries(room: str) -> dict[str, DictionaryEntry]:
    """Every column of the room that somebody or the defaults describe."""
    with reading() as connection:
        rows = connection.execute(select(ENTRIES).where(ENTRIES.c.room == room)).all()
    own = {
        row.column: DictionaryEntry(row.column, row.label_ko, row.label_en, row.description, row.unit) for row in rows
    }
    return {**_defaults().get(room, {}), **own}


def labels_for(columns: Iterable[str], language: str, room: str) -> dict[str, str]:
    """Labels in "ko" or "en", with one look at the database; a column's own name where nobody described it."""
    known = entries(room)
    return {column: known.get(column, DictionaryEntry(column)).label(language) for column in columns}


def set_entries(new: Sequence[DictionaryEntry], *, room: str, principal: Principal) -> None:
    """Store several entries, all of them or none."""
    require(principal, Permission.DATASETS_WRITE)
    names = [entry.column for entry in new]
    with writing() as connection:
        connection.execute(delete(ENTRIES).where(ENTRIES.c.room == room, ENTRIES.c.column.in_(names)))
        for entry in new:
            connection.execute(
                insert(ENTRIES).values(
                    owner=principal.id,
                    room=room,
                    column=entry.column,
                    label_ko=entry.label_ko,
                    label_en=entry.label_en,
                    description=entry.description,
                    unit=entry.unit,
                    updated_at=utc_now(),
                )
            )


def import_mapping_csv(path: Path, name: str, *, room: str, principal: Principal) -> tuple[DictionaryEntry, ...]:
    """Take over a feature_name_mapping.csv: original column names beside descriptions, headers as in HEADERS.

    What the file leaves empty keeps its earlier text. Returns the entries as stored. Raises UploadRejected
    when the file has no column with the original names, or nothing beside it.
    """
    from core.datasets.uploads import read_upload

    frame = read_upload(path, name, limit_bytes=IMPORT_LIMIT_BYTES).frame
    parts = _parts(frame.columns)
    if "column" not in parts or len(parts) < 2:
        raise UploadRejected("dictionary.headers_unknown", name=name, found=", ".join(frame.columns))
    before = entries(room)
    new: dict[str, DictionaryEntry] = {}
    for row in frame.iter_rows(named=True):
        read = {part: _text(row[header]) for part, header in parts.items()}
        if read["column"]:
            new[read["column"]] = _merged(read, before.get(read["column"]))
    set_entries(tuple(new.values()), room=room, principal=principal)
    return tuple(new.values())


def _parts(headers: Sequence[str]) -> dict[Part, str]:
    plain = {re.sub(r"[\W_]+", "", header).casefold(): header for header in headers}
    found: dict[Part, str] = {}
    for part, spellings in HEADERS.items():
        hit = next((spelling for spelling in spellings if spelling in plain), None)
        if hit is not None:
            found[part] = plain[hit]
    return found


def _merged(read: Mapping[Part, str], before: DictionaryEntry | None) -> DictionaryEntry:
    known = before or DictionaryEntry(read["column"])
    label_ko, label_en = read.get("label_ko", ""), read.get("label_en", "")
    description = read.get("description", "")
    if not label_ko and not label_en:  # a lone description is also the only label there is
        is_korean = re.search("[가-힣]", description) is not None
        label_ko, label_en = (description, "") if is_korean else ("", description)
    return DictionaryEntry(
        known.column,
        label_ko or known.label_ko,
        label_en or known.label_en,
        description or known.description,
        read.get("unit", "") or known.unit,
    )


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


@cache
def _defaults() -> dict[str, dict[str, DictionaryEntry]]:
    text = resources.files("core.datasets").joinpath("dictionary_defaults.toml").read_text("utf-8")
    return {
        room: {column: DictionaryEntry(column, **texts) for column, texts in columns.items()}
        for room, columns in tomllib.loads(text).items()
    }
