"""A formula as JSON or CSV for other programs, and read back from either through `entering`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import BadInput, TooLarge
from core.fragrance.amounts import MG_PER_PERCENT
from core.fragrance.catalogue import cells as table_cells
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.entering import MOST_LINES, Entry, Unit, unit_named
from core.fragrance.formulas.formula import Formula
from core.fragrance.formulas.naming import shown
from core.fragrance.formulas.pasting import amount_of, entries_of_text
from core.fragrance.products import Product
from core.fragrance.vocabulary import plain
from core.knowledge.parsing.text_encodings import decoded

COLUMNS = ("ingredient", "name_en", "name_ko", "cas", "position", "percent", "amount_mg")
LARGEST_FILE = 1_000_000  # bytes
# Headings of columns that name an ingredient, the surest first, and of amounts with the unit they tell.
NAMING = (
    "ingredient",
    "id",
    "material",
    "name",
    "name en",
    "name ko",
    "cas",
    "원료",
    "원료명",
    "성분",
    "성분명",
    "이름",
)
AMOUNTS: dict[str, Unit | None] = {
    "amount mg": "mg", "mg": "mg", "percent": "percent", "%": "percent", "비율": "percent", "함량": "percent",
    "parts per thousand": "parts per thousand", "‰": "parts per thousand", "g": "g", "grams": "g", "그램": "g",
    "amount": None, "share": None, "양": None,
}  # fmt: skip


def json_of(
    formula: Formula, *, name: str, version: int, product: Product, catalogue: Catalogue,
    accord_names: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """The formula with names and both units; `entries_of_json` takes it back exactly."""
    document = {
        "name": name,
        "version": version,
        "product": {"category": product.category, "dosage_percent": product.dosage},
        "lines": [_row(line.ingredient, line.amount_mg, catalogue, accord_names) for line in formula.lines],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def csv_of(formula: Formula, *, catalogue: Catalogue, accord_names: Mapping[str, str] | None = None) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets show Hangul; cells that they would run are guarded."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in formula.lines:
        row = _row(line.ingredient, line.amount_mg, catalogue, accord_names)
        writer.writerow([table_cells.guarded(f"{row[column]}") for column in COLUMNS])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def entries_of_json(text: str) -> tuple[Entry, ...]:
    """The lines of a document as `json_of` writes it. Raises BadInput where it is none, TooLarge."""
    if len(text) > LARGEST_FILE:
        raise TooLarge("fragrance_formulas.text_too_long", letters=len(text), limit=LARGEST_FILE)
    try:
        lines = json.loads(text)["lines"]
        found = [Entry(str(line["ingredient"]), line["amount_mg"], "mg") for line in lines[: MOST_LINES + 1]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput("fragrance_formulas.not_our_json") from None
    return tuple(found)


def entries_of_csv(content: bytes, name: str) -> tuple[Entry, ...]:
    """The lines of a table with headings; one without is read like pasted text.

    Amounts in milligrams are preferred to percent, as they are exact. Raises BadInput, TooLarge, and UploadRejected
    for an encoding that is not read.
    """
    if len(content) > LARGEST_FILE:
        raise TooLarge("fragrance_formulas.text_too_long", letters=len(content), limit=LARGEST_FILE)
    text, _ = decoded(content, name)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)) if any(row)]
    except csv.Error:
        return entries_of_text(text)
    heads = [plain(cell) for cell in rows[0]] if rows else []
    names = [heads.index(one) for one in NAMING if one in heads]
    amount = next((heads.index(one) for one in AMOUNTS if one in heads), None)
    if not names or amount is None:
        return entries_of_text(text)
    unit = AMOUNTS[heads[amount]]
    units = heads.index("unit") if "unit" in heads else heads.index("단위") if "단위" in heads else None
    found = [_entry(row, place, names, amount, unit, units) for place, row in enumerate(rows[1:], 2)]
    if len(found) > MOST_LINES:
        raise TooLarge("fragrance_formulas.too_many_lines", lines=len(found), limit=MOST_LINES)
    return tuple(found)


def _entry(
    row: Sequence[str], place: int, names: Sequence[int], amount: int, unit: Unit | None, units: int | None
) -> Entry:  # fmt: skip
    cells = [
        *(table_cells.text({"": cell}, "") for cell in row),
        *[""] * (max(*names, amount, units or 0) + 1 - len(row)),
    ]
    ingredient = next((cells[at] for at in names if cells[at]), "")
    if not ingredient or not cells[amount]:
        raise BadInput("fragrance_formulas.no_amount_in_line", line=place, text=", ".join(row)[:80])
    if unit is None:
        unit = unit_named(cells[units]) if units is not None and cells[units] else "percent"
    return Entry(ingredient, amount_of(cells[amount], place), unit)


def _delimiter(text: str) -> str:
    """The sign that parts the first line; a comma unless another stands there."""
    first = text.lstrip().split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _row(
    ingredient: str, amount_mg: int, catalogue: Catalogue, accord_names: Mapping[str, str] | None
) -> dict[str, Any]:  # fmt: skip
    material = catalogue.materials.get(ingredient)
    return {
        "ingredient": ingredient,
        "name_en": shown(ingredient, catalogue, "en", accord_names),
        "name_ko": shown(ingredient, catalogue, "ko", accord_names),
        "cas": material.cas or "" if material else "",
        "position": material.position if material else "",
        "percent": amount_mg / MG_PER_PERCENT,
        "amount_mg": amount_mg,
    }
