"""Which encoding a text file is in, decided by strict decoding; nothing is guessed or replaced."""

from __future__ import annotations

import codecs
import io
from pathlib import Path
from typing import BinaryIO

from core.errors import UploadRejected

CHUNK_BYTES = 1 << 20
# A Korean text decoded as CP949 consists of the 2,350 everyday syllables (KS X 1001). Other East Asian
# encodings also decode as CP949, but into its rare syllables.
LEAST_EVERYDAY = 0.8


def find_encoding(path: Path | bytes, name: str) -> str:
    """ "utf-8", "utf-8-sig", "utf-16" or "cp949" of the whole file, which may also be given by its content.

    Raises UploadRejected, naming the line, when the file is in none of them or in two at once.
    """
    with _opened(path) as source:
        start = source.read(4)
    if start.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = "utf-8"
    broken_at = _first_undecodable(path, encoding)
    if broken_at is None:
        return encoding
    line = _line_at(path, broken_at)
    if encoding != "utf-8":
        raise UploadRejected("uploads.broken_encoding", name=name, encoding=encoding.upper(), line=line)
    return _korean_or_refuse(path, name, line)


def _opened(path: Path | bytes) -> BinaryIO:
    return io.BytesIO(path) if isinstance(path, bytes) else path.open("rb")


def _first_undecodable(path: Path | bytes, encoding: str) -> int | None:
    """Offset of the first byte that `encoding` cannot read; None when it reads the whole file."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    seen = 0
    with _opened(path) as source:
        while True:
            chunk = source.read(CHUNK_BYTES)
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return seen - held + error.start
            if not chunk:
                return None
            seen += len(chunk)


def _korean_or_refuse(path: Path | bytes, name: str, first_not_utf8: int) -> str:
    """ "cp949" when every line reads as everyday Korean and none is Korean in UTF-8."""
    utf8_lines, other_lines = 0, 0
    first_utf8 = first_odd = None
    everyday = korean = 0
    with _opened(path) as source:
        for number, line in enumerate(source, 1):
            if line.isascii():
                continue
            if _is_korean_utf8(line):
                utf8_lines += 1
                first_utf8 = first_utf8 or number
                continue
            other_lines += 1
            syllables, common = _korean_syllables(line)
            if syllables is None:
                first_odd = first_odd or number
            else:
                korean, everyday = korean + syllables, everyday + common
    if utf8_lines and other_lines:
        minority = first_not_utf8 if utf8_lines >= other_lines else first_utf8
        raise UploadRejected("uploads.mixed_encodings", name=name, line=minority)
    if first_odd is not None or korean == 0 or everyday < LEAST_EVERYDAY * korean:
        raise UploadRejected("uploads.unknown_encoding", name=name, line=first_odd or first_not_utf8)
    return "cp949"


def _is_korean_utf8(line: bytes) -> bool:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return any("가" <= letter <= "힣" for letter in text)


def _korean_syllables(line: bytes) -> tuple[int | None, int]:
    """How many Hangul syllables the line holds as CP949 and how many of them are everyday ones."""
    try:
        text = line.decode("cp949")
    except UnicodeDecodeError:
        return None, 0
    syllables = [letter for letter in text if "가" <= letter <= "힣"]
    return len(syllables), sum(_is_everyday(letter) for letter in syllables)


def _is_everyday(syllable: str) -> bool:
    try:
        return len(syllable.encode("euc_kr")) == 2  # rare ones take eight bytes there
    except UnicodeEncodeError:
        return False


def _line_at(path: Path | bytes, offset: int) -> int:
    """1-based number of the line in which the byte at `offset` stands."""
    lines, left = 1, offset
    with _opened(path) as source:
        while left > 0 and (chunk := source.read(min(CHUNK_BYTES, left))):
            lines += chunk.count(b"\n")
            left -= len(chunk)
    return lines
