"""Lines of pasted text read as entries: a name and an amount, by blanks, tabs, commas, semicolons or a colon.

"Bergamot oil 12.5", "베르가못 오일<tab>12,5 %", "8007-75-8;Bergamot oil;12.5 g" and "12.5 Bergamot oil" all are one.
Empty lines, lines that begin with #, a line of headings and a line of the total are left out.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from core.errors import BadInput, TooLarge
from core.fragrance.formulas.entering import MOST_LINES, Entry, Unit, number, unit_named
from core.fragrance.formulas.naming import CAS
from core.fragrance.vocabulary import plain

LONGEST_TEXT, LONGEST_LINE = 100_000, 400  # letters
UNIT = r"%|‰|wt\s?%|percent|pct|per\s?mille|permille|mg|g|grams?|퍼센트|천분율|퍼밀|밀리그램|그램"
FIGURE = r"[-+−]?(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[eE][-+]?\d+)?|nan|inf"
LAST = re.compile(rf"^(?P<name>.*?)[\s:=]+(?P<amount>{FIGURE})\s*(?P<unit>{UNIT})?$", re.IGNORECASE)
FIRST = re.compile(rf"^(?P<amount>{FIGURE})\s*(?P<unit>{UNIT})?\s+(?P<name>\D.*)$", re.IGNORECASE)
CELL = re.compile(rf"^(?P<amount>{FIGURE})\s*(?P<unit>{UNIT})?$", re.IGNORECASE)
THOUSANDS = re.compile(r"^[-+]?[1-9]\d{0,2}(?:,\d{3})+$")
HEADINGS = {
    "name", "names", "ingredient", "ingredients", "material", "materials", "cas", "cas number", "cas no", "amount",
    "share", "percent", "%", "‰", "mg", "g", "grams", "id", "no", "no.", "unit", "position", "원료", "원료명", "성분",
    "성분명", "이름", "비율", "함량", "양", "용량", "단위", "번호", "그램",
}  # fmt: skip
TOTALS = {"total", "sum", "totals", "합계", "총계", "계", "총합"}


def entries_of_text(text: str, *, unit: Unit = "percent") -> tuple[Entry, ...]:
    """The entries as written, names not looked up. unit: of amounts that carry none of their own.

    Raises BadInput naming the line without a name or an amount, or whose amount can be read in two ways; TooLarge.
    """
    if len(text) > LONGEST_TEXT:
        raise TooLarge("fragrance_formulas.text_too_long", letters=len(text), limit=LONGEST_TEXT)
    found: list[Entry] = []
    for place, written in enumerate(text.splitlines(), 1):
        line = unicodedata.normalize("NFC", written).replace("％", "%").replace("−", "-").strip()
        if not line or line.startswith("#") or _is_heading(line):
            continue
        entry = _entry(line, place, unit)
        if plain(entry.ingredient) not in TOTALS:
            found.append(entry)
    if not found:
        raise BadInput("fragrance_formulas.empty")
    if len(found) > MOST_LINES:
        raise TooLarge("fragrance_formulas.too_many_lines", lines=len(found), limit=MOST_LINES)
    return tuple(found)


def _entry(line: str, place: int, unit: Unit) -> Entry:
    if len(line) > LONGEST_LINE:
        raise BadInput("fragrance_formulas.no_amount_in_line", line=place, text=line[:80])
    if "\t" in line or ";" in line:
        return _of_cells([part.strip() for part in re.split(r"\t|;", line)], line, place, unit)
    if _is_comma_separated(line):
        return _of_cells([part.strip() for part in line.split(",")], line, place, unit, is_comma_separated=True)
    match = LAST.match(line) or FIRST.match(line)
    name = match["name"].strip(" ,:=-–—") if match else ""
    if match is None or not name:
        raise BadInput("fragrance_formulas.no_amount_in_line", line=place, text=line[:80])
    return Entry(name, amount_of(match["amount"], place), unit_named(match["unit"]) if match["unit"] else unit)


def _of_cells(parts: list[str], line: str, place: int, unit: Unit, *, is_comma_separated: bool = False) -> Entry:
    """The last cell that is a number is the amount; a CAS number names the ingredient only where nothing else does."""
    cells = [part for part in parts if part]
    figures = [(at, match) for at, cell in enumerate(cells) if (match := CELL.match(cell))]
    names = [cell for cell in cells if not CELL.match(cell) and not CAS.fullmatch(cell) and not _is_unit(cell)]
    known = [cell for cell in cells if CAS.fullmatch(cell)]
    if not figures or not (names or known):
        raise BadInput("fragrance_formulas.no_amount_in_line", line=place, text=line[:80])
    if is_comma_separated and len(figures) > 1 and figures[-2][0] == figures[-1][0] - 1:
        pair = [match[0] for _, match in figures[-2:]]
        raise BadInput("fragrance_formulas.two_readings", line=place, amount=",".join(pair), plain=".".join(pair))
    at, match = figures[-1]
    beside = cells[at + 1] if at + 1 < len(cells) and _is_unit(cells[at + 1]) else None
    own = match["unit"] or beside
    return Entry((names or known)[0], amount_of(match["amount"], place), unit_named(own) if own else unit)


def _is_comma_separated(line: str) -> bool:
    """A comma between two digits may be a decimal one; any other parts cells."""
    return bool(re.search(r",(?!\d)|(?<!\d),", line))


def _is_unit(cell: str) -> bool:
    return bool(re.fullmatch(UNIT, cell, re.IGNORECASE))


def _is_heading(line: str) -> bool:
    cells = [plain(re.sub(r"[(\[].*?[)\]]", "", cell)) for cell in re.split(r"\t|;|,|\s{2,}|\|", line)]
    return all(cell in HEADINGS for cell in cells) or all(cell in HEADINGS for cell in plain(line).split())


def amount_of(text: str, place: int) -> Decimal | str:
    """A decimal comma is read as a point; 1,000 may be a thousand or one, so it is asked for again."""
    if THOUSANDS.match(text):
        raise BadInput("fragrance_formulas.two_readings", line=place, amount=text, plain=text.replace(",", ""))
    found = number(text.replace(",", "."))
    return text if found is None else found
