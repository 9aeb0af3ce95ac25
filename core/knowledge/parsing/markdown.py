"""Markdown by its structure: headings, items, tables and code; HTML inside it is read like a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.knowledge.parsing.composing import Composer

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.token import Token

LONGEST_MARKED = 10_000  # characters of a paragraph; the time for its marks grows with the square of their number
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*\n", re.S)
_TITLE = re.compile(r"^title\s*:\s*[\"']?(.+?)[\"']?\s*$", re.M)


def add_markdown(text: str, composer: Composer) -> str:
    """The blocks of the text; its title where the lines at the top name one, else ""."""
    from markdown_it import MarkdownIt

    text = text.replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    title = ""
    if front:
        found = _TITLE.search(front.group(1))
        title = found.group(1) if found else ""
        text = text[front.end() :]
    links: dict[str, Any] = {}
    lines = MarkdownIt("commonmark")
    reader = _Reader(composer, lambda line: lines.parseInline(line, links))
    for token in MarkdownIt("commonmark").enable("table").disable("inline").parse(text, links):
        reader.read(token)
    return title


class _Reader:
    """Follows the tokens: how deep in lists, in which heading, in which table."""

    def __init__(self, composer: Composer, parse_line: Callable[[str], list[Token]]) -> None:
        self.parse_line = parse_line
        self.composer = composer
        self.lists = self.level = 0
        self.rows: list[list[str]] | None = None

    def read(self, token: Token) -> None:
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open", "bullet_list_close", "ordered_list_close"):
            self.lists += token.nesting
        elif kind in ("heading_open", "heading_close"):
            self.level = int(token.tag[1]) if token.nesting > 0 else 0
        elif kind in ("table_open", "table_close", "tr_open"):
            self._read_table(kind)
        elif kind == "inline":
            self._add(self._words(token.content))
        elif kind in ("fence", "code_block"):
            self.composer.add("code", token.content)
        elif kind == "html_block":
            from core.knowledge.parsing.web import add_page

            add_page(token.content, self.composer)

    def _read_table(self, kind: str) -> None:
        if kind == "table_open":
            self.rows = []
        elif self.rows is not None and kind == "tr_open":
            self.rows.append([])
        elif self.rows is not None:
            self.composer.add_table(self.rows)
            self.rows = None

    def _add(self, words: str) -> None:
        if self.rows is not None:
            self.rows[-1].append(words)
        elif self.level:
            self.composer.add("heading", words.replace("\n", " "), level=self.level)
        else:
            self.composer.add("list" if self.lists else "paragraph", words, level=self.lists)

    def _words(self, line: str) -> str:
        """What a reader sees of a paragraph: link texts and image descriptions, no addresses."""
        if len(line) > LONGEST_MARKED:
            return line
        parts = []
        for token in self.parse_line(line):
            for child in token.children or ():
                if child.type in ("softbreak", "hardbreak"):
                    parts.append("\n")
                elif child.type != "html_inline":
                    parts.append(child.content)
        return "".join(parts)
