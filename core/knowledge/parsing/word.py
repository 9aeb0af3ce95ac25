"""A Word document from its XML: headings, items, tables, text boxes and footnotes, in the order of the page.

Read from the XML itself because the usual library passes over content controls, text boxes and tracked insertions.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from core.errors import BadInput, TooLarge
from core.knowledge.parsing.composing import Composer, is_item, one_line
from core.knowledge.parsing.packages import local, open_package, read_xml

FORMAT = "DOCX"
LONGEST_HEADING = 100  # characters of a line in bold that counts as one
BOLD_LEVEL = 4  # below headings that say what they are
SMALLEST_TYPE = 4  # half points; nobody reads smaller ones
DEEPEST = 100  # tables within tables, and the like
_HEADING_STYLE = re.compile(r"(?:heading|제목|見出し)\s*(\d)$", re.I)
_SENTENCE_END = re.compile(r"[.!?,;:。]$")
# A drawn object is written twice, for newer and older programs; deleted text is no text.
_PASSED_OVER = frozenset(("Fallback", "del", "moveFrom", "instrText", "delText", "pPr", "rPr", "txbxContent"))
_KEPT_TOGETHER = frozenset(
    ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag", "AlternateContent", "Choice", "hyperlink")
)


@dataclass
class _Word:
    composer: Composer
    levels: dict[str, int]  # style -> level of its headings
    lists: frozenset[str]
    footnotes: dict[str, str]
    told: set[str] = field(default_factory=set)


def add_word(content: bytes, composer: Composer) -> str:
    """The blocks of a DOCX; its title as the document names it, else "". Raises BadInput or TooLarge."""
    with open_package(content, composer.name, FORMAT, composer.limits) as archive:
        root = read_xml(archive, "word/document.xml", composer.name, FORMAT)
        body = None if root is None else next((one for one in root if local(one.tag) == "body"), None)
        if body is None:
            raise BadInput("knowledge.damaged", name=composer.name, format=FORMAT)
        levels, lists = _styles(read_xml(archive, "word/styles.xml", composer.name, FORMAT))
        notes = _notes(archive, composer.name)
        title = _title(archive, composer.name)
    _add_blocks(body, _Word(composer, levels, lists, notes), depth=0)
    return title


def _add_blocks(parent: Any, word: _Word, *, depth: int) -> None:
    for element in parent:
        kind = local(element.tag)
        if kind == "p":
            _add_paragraph(element, word, depth=depth)
        elif kind == "tbl":
            rows = _rows(element, word.composer)
            block = word.composer.add_table(rows, header_rows=1)
            _flag_hidden(element, block, word)
        elif kind in _KEPT_TOGETHER and depth < DEEPEST:
            _add_blocks(element, word, depth=depth + 1)


def _add_paragraph(paragraph: Any, word: _Word, *, depth: int) -> None:
    text = "".join(_pieces(paragraph))
    level, is_listed = _role(paragraph, word)
    if not level and text.strip() and _stands_out(paragraph, text):
        level = BOLD_LEVEL
    if level:
        block = word.composer.add("heading", one_line(text), level=level)
    else:
        is_listed |= is_item(text)
        block = word.composer.add("list" if is_listed else "paragraph", text, level=int(is_listed))
    _flag_hidden(paragraph, block, word)
    for element in paragraph.iter():
        kind = local(element.tag)
        if kind in ("footnoteReference", "endnoteReference"):
            number = f"{kind[:-9]}{_value(element, 'id')}"
            if number in word.footnotes and number not in word.told:
                word.told.add(number)
                word.composer.add("footnote", word.footnotes[number])
        elif kind == "txbxContent" and depth < DEEPEST and not _is_fallback(element):
            _add_blocks(element, word, depth=depth + 1)


def _pieces(element: Any, depth: int = 0) -> Iterator[str]:
    """The texts of a paragraph or cell in order; boxes inside stand on their own."""
    for child in element:
        kind = local(child.tag)
        if kind == "t":
            yield child.text or ""
        elif kind in ("tab", "ptab"):
            yield " "
        elif kind in ("br", "cr"):
            yield "\n"
        elif kind == "noBreakHyphen":
            yield "-"
        elif kind not in _PASSED_OVER and depth < DEEPEST:
            yield from _pieces(child, depth + 1)
            if kind in ("p", "tc"):
                yield "\n"


def _rows(table: Any, composer: Composer) -> list[list[str]]:
    """Cells by row. What is merged downwards is repeated, so that each row can be read by itself."""
    rows: list[list[str]] = []
    work, limit = 0, composer.limits.max_cells
    for row in _inner(table, "tr"):
        cells: list[str] = []
        for cell in _inner(row, "tc"):
            properties = next((one for one in cell if local(one.tag) == "tcPr"), ())
            merged = {local(one.tag): _value(one, "val") for one in properties}
            text = one_line("".join(_pieces(cell)))
            above = rows[-1][len(cells)] if rows and len(cells) < len(rows[-1]) else ""
            goes_on = "vMerge" in merged and merged["vMerge"] != "restart"
            cells.append(above if goes_on else text)
            span = merged.get("gridSpan") or "1"
            cells.extend([""] * (min(int(span), 100) - 1 if span.isdigit() else 0))
        work += len(cells) + 1
        if work > limit:
            raise TooLarge("knowledge.too_many_cells", name=composer.name, limit=f"{limit:,}")
        rows.append(cells)
    return rows


def _inner(parent: Any, kind: str) -> Iterator[Any]:
    for child in parent:
        found = local(child.tag)
        if found == kind:
            yield child
        elif found in _KEPT_TOGETHER:
            yield from _inner(child, kind)


def _role(paragraph: Any, word: _Word) -> tuple[int, bool]:
    """Level of a heading (0 for none), and whether it is an item of a list."""
    properties = next((one for one in paragraph if local(one.tag) == "pPr"), ())
    found = {local(one.tag): one for one in properties}
    style = _value(found["pStyle"], "val") if "pStyle" in found else ""
    level = word.levels.get(style, 0)
    outline = _value(found["outlineLvl"], "val") if "outlineLvl" in found else ""
    if outline.isdigit() and int(outline) < 9:
        level = int(outline) + 1
    return level, "numPr" in found or style in word.lists


def _stands_out(paragraph: Any, text: str) -> bool:
    """A short line wholly in bold or underlined that ends no sentence: a heading of those who use no styles."""
    if len(text) > LONGEST_HEADING or _SENTENCE_END.search(text.strip()):
        return False
    runs = [run for run in _inner(paragraph, "r") if "".join(_pieces(run)).strip()]
    return bool(runs) and all(_switched_on(run, "b") or _switched_on(run, "u") for run in runs)


def _flag_hidden(element: Any, block: Any, word: _Word) -> None:
    for run in element.iter():
        if local(run.tag) == "r" and _is_hidden(run) and not _is_fallback(run):
            word.composer.note_hidden(block, "".join(_pieces(run)))


def _is_hidden(run: Any) -> bool:
    """Switched off, white on white, or too small to read."""
    properties = next((one for one in run if local(one.tag) == "rPr"), None)
    if properties is None:
        return False
    found = {local(one.tag): _value(one, "val") for one in properties}
    if _switched_on(run, "vanish"):
        return True
    is_shaded = "shd" in found or "highlight" in found
    size = found.get("sz", "")
    return (found.get("color", "").upper() == "FFFFFF" and not is_shaded) or (
        size.isdigit() and int(size) <= SMALLEST_TYPE
    )


def _switched_on(run: Any, name: str) -> bool:
    properties = next((one for one in run if local(one.tag) == "rPr"), ())
    return any(local(one.tag) == name and _value(one, "val") not in ("0", "false", "off", "none") for one in properties)


def _is_fallback(element: Any) -> bool:
    return any(local(one.tag) == "Fallback" for one in element.iterancestors())


def _value(element: Any, name: str) -> str:
    return next((str(value) for key, value in element.attrib.items() if local(key) == name), "")


def _styles(root: Any) -> tuple[dict[str, int], frozenset[str]]:
    """Level of each heading style, and the styles of items."""
    levels: dict[str, int] = {}
    lists = set()
    for style in root if root is not None else ():
        if local(style.tag) != "style":
            continue
        key, name, outline = _value(style, "styleId"), "", ""
        for one in style.iter():
            if local(one.tag) == "name":
                name = _value(one, "val").lower()
            elif local(one.tag) == "outlineLvl":
                outline = _value(one, "val")
        found = _HEADING_STYLE.match(name)
        if found:
            levels[key] = max(int(found.group(1)), 1)
        elif name in ("title", "제목"):
            levels[key] = 1
        elif outline.isdigit() and int(outline) < 9:
            levels[key] = int(outline) + 1
        if name.startswith("list"):
            lists.add(key)
    return levels, frozenset(lists)


def _notes(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    found = {}
    for kind in ("footnote", "endnote"):
        root = read_xml(archive, f"word/{kind}s.xml", name, FORMAT)
        for note in root if root is not None else ():
            if not _value(note, "type"):  # separators have one
                found[f"{kind}{_value(note, 'id')}"] = "".join(_pieces(note)).strip()
    return found


def _title(archive: zipfile.ZipFile, name: str) -> str:
    root = read_xml(archive, "docProps/core.xml", name, FORMAT)
    return next((one.text or "" for one in root if local(one.tag) == "title"), "") if root is not None else ""
