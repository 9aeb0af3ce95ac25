"""Turns the bytes of one file into a document, or says in one sentence why it cannot."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace
from pathlib import PurePosixPath

from core.errors import BadInput, TooLarge
from core.knowledge.parsing.composing import Composer
from core.knowledge.parsing.documents import Attachment, Format, ParsedDocument
from core.knowledge.parsing.formats import KNOWN, is_mislabelled, package_format, suffix_of, text_format
from core.knowledge.parsing.limits import DEFAULT_LIMITS, ParsingLimits
from core.knowledge.parsing.text_encodings import declared_encoding, decoded, is_text

LONGEST_NAME = 120
SHOWN = {"markdown": "Markdown"}


def parse(content: bytes, *, name: str, limits: ParsingLimits = DEFAULT_LIMITS) -> ParsedDocument:
    """The document in `content`, which a visitor named `name`. The content decides the format.

    Raises TooLarge, UploadRejected or BadInput; see core/messages/knowledge.toml for every reason.
    """
    return _parse(content, _shown(name), limits, depth=1)


def _parse(content: bytes, name: str, limits: ParsingLimits, *, depth: int) -> ParsedDocument:
    if len(content) > limits.max_bytes:
        size, limit = (f"{count / 2**20:.1f}" for count in (len(content), limits.max_bytes))
        raise TooLarge("knowledge.too_large", name=name, size_mb=size, limit_mb=limit)
    if not content.strip(b"\0 \t\r\n"):
        raise BadInput("knowledge.empty", name=name)
    composer = Composer(name, limits)
    format = package_format(content, name)
    if format is None:
        document = _parse_text(content, composer, depth)
    elif format == "pdf":
        from core.knowledge.parsing.pdf import parse_pdf

        document = parse_pdf(content, composer)
    elif format == "docx":
        from core.knowledge.parsing.word import add_word

        document = composer.finish("docx", title=add_word(content, composer), empty="knowledge.empty")
    else:
        from core.knowledge.parsing.tables import add_old_workbook, add_workbook

        (add_workbook if format == "xlsx" else add_old_workbook)(content, composer)
        document = composer.finish(format, title=PurePosixPath(name).stem, empty="knowledge.empty")
    return _told(replace(document, sha256=hashlib.sha256(content).hexdigest()))


def _parse_text(content: bytes, composer: Composer, depth: int) -> ParsedDocument:
    name = composer.name
    if not is_text(content):
        raise BadInput("knowledge.not_a_document", name=name, known=KNOWN)
    mail = _is_mail(content, name)
    if mail:
        return _parse_mail(content, composer, depth)
    text, _ = decoded(content, name, declared=declared_encoding(content))
    format: Format = text_format(text, name)
    title = ""
    if format == "html":
        from core.knowledge.parsing.web import add_page

        title = add_page(text, composer)
    elif format == "markdown":
        from core.knowledge.parsing.markdown import add_markdown

        title = add_markdown(text, composer)
    elif format == "csv":
        from core.knowledge.parsing.tables import add_delimited

        add_delimited(text, composer)
    else:
        from core.knowledge.parsing.plain import add_plain

        add_plain(text, composer)
    return composer.finish(format, title=title, empty="knowledge.empty")


def _is_mail(content: bytes, name: str) -> bool:
    """A mail is asked for before its letters are decoded: each of its parts has an encoding of its own."""
    head = content[: 1 << 16].decode("latin-1")
    return head[:1].isalpha() and text_format(head, name) == "eml"


def _parse_mail(content: bytes, composer: Composer, depth: int) -> ParsedDocument:
    from core.knowledge.parsing.mail import add_mail

    spent = 0

    def parse_attached(inner: bytes, name: str) -> ParsedDocument:
        nonlocal spent
        shown = _shown(name)
        if depth >= composer.limits.max_depth:
            raise TooLarge("knowledge.nested_too_deep", name=shown, limit=composer.limits.max_depth)
        left = replace(composer.limits, max_chars=composer.limits.max_chars - spent)
        document = _parse(inner, shown, left, depth=depth + 1)
        spent += _chars(document)
        return document

    subject, attachments = add_mail(content, composer, parse_attached)
    document = composer.finish("eml", title=subject, empty="knowledge.empty")
    return replace(document, attachments=attachments)


def _chars(document: ParsedDocument) -> int:
    inner: tuple[Attachment, ...] = document.attachments
    return len(document.text) + sum(_chars(one.document) for one in inner if one.document is not None)


def _told(document: ParsedDocument) -> ParsedDocument:
    if not is_mislabelled(document.format, document.name):
        return document
    composer = Composer(document.name, DEFAULT_LIMITS)
    format = SHOWN.get(document.format, document.format.upper())
    composer.note("knowledge.mislabelled", suffix=suffix_of(document.name) or "-", format=format)
    return replace(document, notes=(*composer.notes, *document.notes))


def _shown(name: str) -> str:
    """The last part of a file name as messages show it: no folders, no control characters, not endless."""
    last = PurePosixPath(name.replace("\\", "/")).name
    printable = "".join(sign for sign in unicodedata.normalize("NFC", last) if sign.isprintable())
    stem, dot, suffix = printable.rpartition(".")
    if len(printable) > LONGEST_NAME and dot and len(suffix) < 10:
        return f"{stem[: LONGEST_NAME - len(suffix) - 1]}.{suffix}"
    return printable[:LONGEST_NAME] or "-"
