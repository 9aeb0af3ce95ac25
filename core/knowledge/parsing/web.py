"""A web page without what stands around its text; words that the page hides are kept and flagged."""

from __future__ import annotations

import itertools
import re
from typing import Any

from core.errors import BadInput
from core.knowledge.parsing.composing import Composer, cleaned_text, one_line
from core.knowledge.parsing.documents import Block, Kind
from core.knowledge.parsing.web_hiding import hidden_selectors, hides

HEADINGS = {f"h{level}": level for level in range(1, 7)}
# What is no text, and what stands around the text on every page of a site.
DROPPED = frozenset((
    "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "head", "button", "select", "input",
    "nav", "aside", "form", "canvas", "video", "audio",
))  # fmt: skip
DROPPED_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "menu"))
EDGES = frozenset(("header", "footer"))  # of the page; those of an article belong to it
BREAKS = frozenset((
    "p", "div", "section", "article", "main", "li", "dt", "dd", "blockquote", "figcaption", "figure", "ul", "ol", "dl",
    "table", "tr", "caption", "details", "summary", "address", "body", "html", "center", "fieldset", "hr", "header",
    "footer",
))  # fmt: skip
MOST_MAINS = 20  # looked at
LEAST_MAIN = 200  # characters; a main part with fewer is not where the text is
_AROUND = re.compile(
    r"(?:^|[\s_-])(?:cookie|breadcrumbs?|pagination|sidebar|navbar|site-(?:nav|header|footer)|share|social)(?:$|[\s_-])",
    re.I,
)


def add_page(text: str, composer: Composer) -> str:
    """The words of the page, block by block; its title, or "" where it has none.

    Raises BadInput when its elements stand thousands deep.
    """
    from lxml import etree

    # Bytes, because lxml refuses a text that states an encoding; huge_tree, because it cuts long pages without it.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(cleaned_text(text).encode(), parser)
    except etree.XMLSyntaxError:  # nothing but comments, or nothing at all
        return ""
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        # The library stops at elements 2,048 deep; half a page must not pass for a whole one.
        raise BadInput("knowledge.damaged", name=composer.name, format="HTML")
    if root is None:
        return ""
    title = next((one_line("".join(found.itertext())) for found in root.iter("title")), "")
    mains = itertools.islice((found for tag in ("main", "article") for found in root.iter(tag)), MOST_MAINS)
    main = next((found for found in mains if _length(found) >= LEAST_MAIN), root)
    _Page(composer, hidden_selectors(root)).read(main, is_whole=main is root)
    return title


class _Page:
    """Walks through the elements without recursion: pages are made whose elements stand ten thousand deep."""

    def __init__(self, composer: Composer, hidden: frozenset[str]) -> None:
        self.composer = composer
        self.selectors = hidden
        self.parts: list[str] = []
        self.unseen: list[str] = []
        self.lists = 0
        self.kinds: list[tuple[Kind, int]] = []

    def read(self, root: Any, *, is_whole: bool) -> None:
        from lxml import etree

        walk = etree.iterwalk(root, events=("start", "end"))
        articles, hidden_at = 0, None
        for event, element in walk:
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "end":
                self._end(element, tag)
                if element is hidden_at:
                    hidden_at = None
                articles -= tag in ("article", "main")
                self._take(element.tail if element is not root else None, hidden_at is not None)
                continue
            is_edge = tag in EDGES and not articles and is_whole
            if tag in DROPPED or is_edge or _is_around(element):
                walk.skip_subtree()
                continue
            articles += tag in ("article", "main")
            if hidden_at is None and self._is_hidden(element):
                hidden_at = element
            if tag == "table" and not _has_blocks(element):
                self._flush()
                self._add_table(element, hidden_at is not None)
                walk.skip_subtree()
                continue
            self._start(element, tag, hidden_at is not None)
        self._flush()

    def _start(self, element: Any, tag: str, is_hidden: bool) -> None:
        if tag in HEADINGS or tag in BREAKS or tag == "pre":
            self._flush()
        if tag in HEADINGS:
            self.kinds.append(("heading", HEADINGS[tag]))
        elif tag == "pre":
            self.kinds.append(("code", 0))
        elif tag in ("ul", "ol"):
            self.lists += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "img":
            self._take(element.get("alt"), is_hidden)
        elif tag in ("td", "th"):
            self.parts.append(" ")
        self._take(element.text, is_hidden)

    def _end(self, element: Any, tag: str) -> None:
        if tag in HEADINGS or tag in BREAKS or tag == "pre":
            self._flush()
        if (tag in HEADINGS or tag == "pre") and self.kinds:
            self.kinds.pop()
        if tag in ("ul", "ol"):
            self.lists = max(self.lists - 1, 0)

    def _take(self, words: str | None, is_hidden: bool) -> None:
        if not words:
            return
        is_code = bool(self.kinds) and self.kinds[-1][0] == "code"
        self.parts.append(words if is_code else re.sub(r"\s+", " ", words))
        if is_hidden and words.strip():
            self.unseen.append(one_line(words))

    def _flush(self) -> None:
        text = "".join(self.parts)
        self.parts = []
        kind, level = self.kinds[-1] if self.kinds else (("list", self.lists) if self.lists else ("paragraph", 0))
        if kind != "code":
            text = "\n".join(one_line(line) for line in text.split("\n"))
        block = self.composer.add(kind, text, level=level)
        self._flag(block)

    def _add_table(self, table: Any, is_hidden: bool) -> None:
        rows = []
        for row in table.iter("tr"):
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            rows.append([one_line("".join(_words(cell))) for cell in cells])
        for element in table.iter():
            if is_hidden or self._is_hidden(element):
                self.unseen.append(one_line("".join(_words(element))))
        caption = table.find("caption")
        if caption is not None:
            self.composer.add("paragraph", "".join(_words(caption)))
        self._flag(self.composer.add_table(rows))

    def _flag(self, block: Block | None) -> None:
        if self.unseen:
            self.composer.note_hidden(block, " ".join(self.unseen))
        self.unseen = []

    def _is_hidden(self, element: Any) -> bool:
        if element.get("hidden") is not None:
            return True
        style = element.get("style") or ""
        if style and hides(style):
            return True
        if not self.selectors:
            return False
        names = {f".{one}" for one in (element.get("class") or "").split()} | {f"#{element.get('id')}"}
        return not names.isdisjoint(self.selectors)


def _is_around(element: Any) -> bool:
    if element.tag in ("html", "body", "main", "article"):
        return False
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    return element.get("role") in DROPPED_ROLES or bool(named.strip() and _AROUND.search(named))


def _has_blocks(table: Any) -> bool:
    """Whether the table only arranges a page: another table or headings stand in it."""
    return any(found is not table for found in table.iter("table", *HEADINGS))


def _words(element: Any) -> list[str]:
    """The texts of an element without scripts, a blank wherever one element ends."""
    parts = [element.text or ""] if element.tag not in DROPPED else []
    for inner in element.iterdescendants():
        if isinstance(inner.tag, str) and inner.tag not in DROPPED:
            parts.append(" " if inner.tag in BREAKS or inner.tag == "br" else "")
            parts.append(inner.text or "")
        parts.append(inner.tail or "")
    return parts


def _length(element: Any) -> int:
    return sum(len(one) for one in _words(element))
