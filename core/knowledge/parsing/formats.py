"""What a file is, by its content; its name decides only between kinds of plain text, and is told where it is wrong."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import PurePosixPath

from core.archives import BROKEN, lists_more_than
from core.datasets.delimited import find_delimiter
from core.errors import BadInput, TooLarge
from core.knowledge.parsing.documents import Format
from core.knowledge.parsing.limits import DEFAULT_LIMITS

KNOWN = "PDF, DOCX, XLSX, XLS, CSV, TSV, HTML, Markdown, EML, TXT"
SAMPLE_BYTES = 1 << 16
LEAST_TAGS = 10  # in the sample of a file that does not call itself a page
PDF_WITHIN = 1024  # bytes before "%PDF-" that readers of PDF put up with
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Streams inside an OLE file, as their names are written there.
OLE_KINDS = (
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", "Word 97-2003 (DOC)"),
    ("PowerPoint Document", "PowerPoint 97-2003 (PPT)"),
    ("HwpSummaryInformation", "HWP"),
    ("__substg1.0_", "Outlook (MSG)"),
    ("Workbook", "xls"),
    ("Book", "xls"),
)
BINARY = (
    (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"),
    (b"\x1f\x8b", "GZIP"), (b"7z\xbc\xaf", "7Z"), (b"Rar!", "RAR"), (b"PAR1", "Parquet"), (b"{\\rtf", "RTF"),
    (b"HWP Document File", "HWP"), (b"SQLite format 3", "SQLite"), (b"\x7fELF", "ELF"), (b"%!PS", "PostScript"),
)  # fmt: skip
SUFFIXES: dict[str, tuple[Format, ...]] = {
    ".pdf": ("pdf",),
    ".docx": ("docx",), ".docm": ("docx",),
    ".xlsx": ("xlsx",), ".xlsm": ("xlsx",), ".xls": ("xls",),
    ".csv": ("csv",), ".tsv": ("csv",),
    ".html": ("html",), ".htm": ("html",), ".xhtml": ("html",),
    ".md": ("markdown",), ".markdown": ("markdown",),
    ".eml": ("eml",),
    ".txt": ("txt", "csv"), ".text": ("txt", "csv"), ".log": ("txt", "csv"), "": ("txt", "csv", "markdown"),
}  # fmt: skip
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_TAG = re.compile(r"</?(?:p|div|table|tr|td|h[1-6]|ul|ol|li|span|a|br)\b[^<>]*>", re.I)
_MAIL = re.compile(r"(?:From \S+.*\n)?(?:[A-Za-z][A-Za-z0-9-]{1,40}:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}")
_MAIL_NAMES = re.compile(r"^(from|to|subject|date|message-id|mime-version|received|return-path):", re.I | re.M)
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|```|~~~|\|.*\|\s*$|\s*[-*] \[[ x]\] )|\]\(\S+\)", re.M)


def package_format(content: bytes, name: str) -> Format | None:
    """The format of a binary file; None when the content is text.

    Raises BadInput for one that is locked, not read here, or only looks like a file of its kind.
    """
    if content.lstrip()[:5] == b"%PDF-" or (b"%PDF-" in content[:PDF_WITHIN] and b"startxref" in content):
        return "pdf"
    if content.startswith(OLE):
        return _ole_format(content, name)
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_format(content, name)
    other = next((kind for magic, kind in BINARY if content.startswith(magic)), None)
    if other is not None:
        raise unsupported(name, other)
    return None


def text_format(text: str, name: str) -> Format:
    """Which kind of text it is. Raises BadInput for XML, whose words mean nothing without its schema."""
    sample = text[:SAMPLE_BYTES]
    if _HTML.match(sample):
        return "html"
    if sample.lstrip().startswith(("<?xml", "<svg")):
        raise unsupported(name, "XML")
    head = _MAIL.match(sample.replace("\r\n", "\n"))
    if head and len({found.lower() for found in _MAIL_NAMES.findall(head.group())}) >= 2:
        return "eml"
    return _loose_format(sample, suffix_of(name))


def suffix_of(name: str) -> str:
    """The ending of a file name in small letters."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def is_mislabelled(format: Format, name: str) -> bool:
    """Whether the name promises another format than the content has."""
    suffix = suffix_of(name)
    return format not in SUFFIXES.get(suffix, ()) and (suffix in SUFFIXES or suffix[1:].isalpha())


def unsupported(name: str, kind: str) -> BadInput:
    """The refusal of a file whose kind is known and not read."""
    return BadInput("knowledge.unsupported", name=name, format=kind, known=KNOWN)


def _loose_format(sample: str, suffix: str) -> Format:
    """What has no beginning of its own: the ending decides as long as the look does not speak against it."""
    if suffix in (".csv", ".tsv"):
        return "csv" if _is_table(sample, strict=False) else "txt"
    if suffix in (".md", ".markdown"):
        return "markdown"
    if len(_TAG.findall(sample)) >= (1 if suffix in (".html", ".htm", ".xhtml") else LEAST_TAGS):
        return "html"
    if _is_table(sample, strict=True):
        return "csv"
    is_markdown = suffix not in (".txt", ".text", ".log") and len(_MARKDOWN.findall(sample)) >= 3
    return "markdown" if is_markdown else "txt"


def _ole_format(content: bytes, name: str) -> Format:
    kind = next((kind for stream, kind in OLE_KINDS if stream.encode("utf-16-le") in content), "OLE")
    if kind == "encrypted":
        raise BadInput("knowledge.encrypted", name=name)
    if kind != "xls":
        raise unsupported(name, kind)
    return "xls"


def _zip_format(content: bytes, name: str) -> Format:
    try:
        if lists_more_than(io.BytesIO(content), DEFAULT_LIMITS.max_parts):
            raise TooLarge("knowledge.unpacks_too_far", name=name, limit_mb=DEFAULT_LIMITS.max_unpacked_bytes >> 20)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            mime = archive.read("mimetype")[:80] if "mimetype" in names and _is_small(archive) else b""
    except BROKEN as error:
        kind = {".docx": "DOCX", ".xlsx": "XLSX"}.get(suffix_of(name), "ZIP")
        raise BadInput("knowledge.damaged", name=name, format=kind) from error
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    kinds = (
        ("xl/workbook.bin", "XLSB"),
        ("ppt/presentation.xml", "PowerPoint (PPTX)"),
        ("Contents/section0.xml", "HWPX"),
    )
    kind = next((kind for part, kind in kinds if part in names), "")
    if not kind and mime.startswith(b"application/vnd.oasis"):
        kind = "OpenDocument"
    if not kind and mime.startswith(b"application/epub"):
        kind = "EPUB"
    if not kind and "[Content_Types].xml" in names:
        raise BadInput("knowledge.damaged", name=name, format="Office Open XML")
    raise unsupported(name, kind or "ZIP")


def _is_small(archive: zipfile.ZipFile) -> bool:
    return archive.getinfo("mimetype").file_size <= 200


def _is_table(sample: str, *, strict: bool) -> bool:
    """strict: nothing but its look speaks for a table, so every row must be alike."""
    lines = sample.splitlines(keepends=True)[:40]
    lines = lines[:-1] if len(lines) > 3 else lines  # the sample may have cut the last one
    delimiter = find_delimiter(sample)
    try:
        lengths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return not strict
    if not strict:
        # One column of values is a table too; one column of sentences is a text.
        return max(lengths, default=0) > 1 or sum(map(len, lines)) < 60 * max(len(lines), 1)
    least = 2 if delimiter == "\t" else 3
    return len(lengths) >= 3 and min(lengths) == max(lengths) >= least
