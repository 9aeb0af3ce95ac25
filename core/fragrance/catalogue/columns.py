"""The columns of the catalogue's files (`dictionary.toml`), and which header of a file stands for which of them."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from core.datasets.mapping import suggest_mapping
from core.datasets.schemas import ExpectedColumn, Schema
from core.errors import BadInput

ImportKind = Literal["materials", "constituents", "perfumes"]
BRACKETS = re.compile(r"[(\[（]\s*(.*?)\s*[)\]）]")
CURRENCY_WORDS = {"KRW": ("원", "₩", "won"), "USD": ("$", "US$"), "EUR": ("€", "euro"), "JPY": ("¥", "円", "엔")}


@dataclass(frozen=True)
class CatalogueColumn:
    """What a column is called and means. unit: empty where it has none.

    words: other headers. units: spellings of its unit. asks_unit: a header has to tell the unit. is_needed: a file
    without it cannot be read.
    """

    name: str
    label_en: str
    label_ko: str
    description_en: str
    description_ko: str
    unit: str = ""
    words: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    asks_unit: bool = False
    is_needed: bool = False

    def label(self, language: str) -> str:
        return self.label_ko if language == "ko" else self.label_en

    def description(self, language: str) -> str:
        return self.description_ko if language == "ko" else self.description_en


@cache
def columns(kind: ImportKind, currency: str) -> tuple[CatalogueColumn, ...]:
    """The columns of a kind of file in its order; currency: of the workbench, part of the units of prices."""
    written = resources.files("core.fragrance.catalogue").joinpath("dictionary.toml").read_text("utf-8")
    return tuple(_column(name, entry, currency) for name, entry in tomllib.loads(written)[kind].items())


def _column(name: str, entry: Mapping[str, object], currency: str) -> CatalogueColumn:
    values = dict(entry)
    units = [str(unit) for unit in values.pop("units", ())]  # type: ignore[attr-defined]
    names = (currency, *CURRENCY_WORDS.get(currency, ()))
    spelled = dict.fromkeys(unit.replace("{currency}", money) for unit in units for money in names)
    unit = str(values.pop("unit", "")).replace("{currency}", currency)
    words = tuple(str(word) for word in values.pop("words", ()))  # type: ignore[attr-defined]
    return CatalogueColumn(name, unit=unit, words=words, units=tuple(spelled), **values)  # type: ignore[arg-type]


def match_columns(
    headers: Sequence[str],
    kind: ImportKind,
    *,
    name: str,
    currency: str,
    chosen: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The header of the file for each column that has one, `{column: header}`; only sure matches, never near ones.

    chosen: what a person decided, in the same form. name: of the file. Raises BadInput for a header in another unit,
    one that should tell its unit and does not, or where a needed column is missing.
    """
    known = columns(kind, currency)
    if chosen is None:
        expected = tuple(
            ExpectedColumn(one.name, "text", aliases=(one.label_en, one.label_ko, *one.words)) for one in known
        )
        matches = suggest_mapping(headers, Schema("fragrance", expected))
        chosen = {match.expected: match.found for match in matches if match.found and match.how != "close"}
    names = {one.name for one in known}
    for column, header in chosen.items():
        if column not in names:
            raise BadInput("mapping.unknown_expected", column=column, known=", ".join(sorted(names)))
        if header not in headers:
            raise BadInput("mapping.unknown_column", column=header, expected=column, found=", ".join(headers))
    for one in known:
        _check_unit(one, chosen.get(one.name), set(headers) - set(chosen.values()))
    missing = [one.name for one in known if one.is_needed and one.name not in chosen]
    if kind == "materials" and not {"id", "cas", "name_en", "name_ko"} & chosen.keys():
        missing = ["name_en"]  # nothing says which material a row is about
    if missing:
        raise BadInput(
            "fragrance_catalogue.columns_missing", name=name, missing=", ".join(missing), found=", ".join(headers)
        )
    return dict(chosen)


def _check_unit(column: CatalogueColumn, header: str | None, unused: set[str]) -> None:
    """A unit in the header has to be the column's own; values are never converted on a guess."""
    if header is None:
        if column.asks_unit:
            for other in sorted(unused):
                if any(
                    _plain(other).startswith(_plain(word)) for word in (column.label_en, column.label_ko, *column.words)
                ):
                    raise _not_told(column, other)
        return
    told = BRACKETS.search(header)
    if told and column.units and _plain(told[1]) not in map(_plain, column.units):
        raise BadInput(
            "fragrance_catalogue.other_unit",
            column=header,
            unit=told[1],
            label=column.name,
            expected=column.unit,
        )
    if column.asks_unit and not told and _plain(header) != _plain(column.name):
        raise _not_told(column, header)


def _not_told(column: CatalogueColumn, header: str) -> BadInput:
    return BadInput("fragrance_catalogue.unit_not_told", column=header, expected=column.unit, header=column.name)


def _plain(words: str) -> str:
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", words).casefold())
