"""DOCX and XLSX are ZIP files full of XML: nothing in them may unpack without end or define entities."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from core.archives import BROKEN, DEFLATED, STORED, lists_more_than
from core.errors import BadInput, TooLarge
from core.knowledge.parsing.limits import ParsingLimits

if TYPE_CHECKING:
    from collections.abc import Callable

PROLOGUE_BYTES = 1 << 12
_ROOT = re.compile(rb"<[A-Za-z_]")


def open_package(content: bytes, name: str, format: str, limits: ParsingLimits) -> zipfile.ZipFile:
    """The package, once its table of contents and the beginning of each XML part were looked at.

    Raises BadInput when it is damaged, locked or defines entities; TooLarge when it would unpack beyond `limits`.
    """
    try:
        if lists_more_than(io.BytesIO(content), limits.max_parts):
            raise TooLarge("knowledge.unpacks_too_far", name=name, limit_mb=limits.max_unpacked_bytes >> 20)
        archive = zipfile.ZipFile(io.BytesIO(content))
        parts = archive.infolist()
    except BROKEN as error:
        raise BadInput("knowledge.damaged", name=name, format=format) from error
    if any(part.flag_bits & 1 for part in parts):
        raise BadInput("knowledge.encrypted", name=name)
    # zipfile reads no part beyond the size stated in the table of contents, so the sum can be trusted.
    total = sum(part.file_size for part in parts)
    allowed = min(limits.max_unpacked_bytes, limits.max_ratio * len(content) + limits.free_bytes)
    if total > allowed or len(parts) > limits.max_parts:
        raise TooLarge("knowledge.unpacks_too_far", name=name, limit_mb=limits.max_unpacked_bytes >> 20)
    for part in parts:
        if part.compress_type not in (STORED, DEFLATED):
            raise BadInput("knowledge.damaged", name=name, format=format)
        if part.filename.endswith((".xml", ".rels")):
            _check_prologue(archive, part, name, format)
    return archive


def read_part(archive: zipfile.ZipFile, part: str, name: str, format: str) -> bytes | None:
    """One part whole; None when the package has none of that name."""
    try:
        return archive.read(part)
    except KeyError:
        return None
    except BROKEN as error:
        raise BadInput("knowledge.damaged", name=name, format=format) from error


def read_xml(archive: zipfile.ZipFile, part: str, name: str, format: str) -> Any:
    """Root element of one part, None when there is no such part. Entities stay as they are written."""
    from lxml import etree

    content = read_part(archive, part, name, format)
    if content is None:
        return None
    try:
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise BadInput("knowledge.damaged", name=name, format=format) from error


def local(tag: object) -> str:
    """The name of an element without its namespace; comments have none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _check_prologue(archive: zipfile.ZipFile, part: zipfile.ZipInfo, name: str, format: str) -> None:
    """A document type stands before the first element; Office writes none, and it is what entities are defined in."""
    head = b""
    try:
        with archive.open(part) as source:
            read: Callable[[int], bytes] = source.read
            while not _ROOT.search(head) and (chunk := read(PROLOGUE_BYTES)):
                head += chunk.replace(b"\0", b"")  # UTF-16 reads like ASCII without them
                if len(head) > 16 * PROLOGUE_BYTES:
                    break
    except BROKEN as error:
        raise BadInput("knowledge.damaged", name=name, format=format) from error
    first = _ROOT.search(head)
    if b"<!DOCTYPE" in head[: first.start() if first else None] or (first is None and len(head) > PROLOGUE_BYTES):
        raise BadInput("knowledge.entities", name=name)
