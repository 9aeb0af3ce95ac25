"""What holds of every ZIP that a visitor brings: names as people wrote them, what may not be read, a list that ends.

Nothing is extracted here; each room says in its own words what is wrong with a file.
"""

from __future__ import annotations

import struct
import unicodedata
import zipfile
import zlib
from typing import IO, Literal

STORED, DEFLATED = 0, 8  # other methods reserve memory that the file itself asks for
# Every way in which the standard library says that an archive, or a file in it, is broken.
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError,
)  # fmt: skip
END, END_64, LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
END_BYTES, LOCATOR_BYTES, LONGEST_COMMENT = 22, 20, 65535
ENTRY_BYTES = 512  # of the table of contents, for each file; names seldom have more than 100

# unsafe: its path leads out of the archive. locked: by a password. packing: by a method that is not read here.
Problem = Literal["unsafe", "locked", "packing"]


def written_name(info: zipfile.ZipInfo) -> str:
    """The path as it was written, NFC and with slashes: UTF-8 whether or not the file says so, else CP949 of Windows.

    zipfile reads names that do not claim UTF-8 as CP437, which keeps every byte.
    """
    return unicodedata.normalize("NFC", _decoded(info.filename)).replace("\\", "/")


def problem_of(info: zipfile.ZipInfo) -> Problem | None:
    """Why a file of the archive may not be read, as far as the table of contents tells."""
    path = written_name(info)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or (parts and parts[0][1:2] == ":"):
        return "unsafe"
    if info.flag_bits & 1:
        return "locked"
    return None if info.compress_type in (STORED, DEFLATED) else "packing"


def lists_more_than(source: IO[bytes], files: int) -> bool:
    """Whether the table of contents is longer than so many files need: zipfile reads all of it into memory at once.

    Raises BadZipFile or struct.error for what is no ZIP.
    """
    size = source.seek(0, 2)
    source.seek(max(0, size - END_BYTES - LONGEST_COMMENT - LOCATOR_BYTES))
    tail = source.read()
    at = tail.rfind(END)
    if at < 0:
        raise zipfile.BadZipFile
    (contents,) = struct.unpack_from("<L", tail, at + 12)
    if tail[max(0, at - LOCATOR_BYTES) :].startswith(LOCATOR_64):
        (where,) = struct.unpack_from("<Q", tail, at - LOCATOR_BYTES + 8)
        source.seek(where)
        record = source.read(56)
        if not record.startswith(END_64):
            raise zipfile.BadZipFile
        (contents,) = struct.unpack_from("<Q", record, 40)
    return int(contents) > files * ENTRY_BYTES


def _decoded(name: str) -> str:
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:  # it was UTF-8 and said so
        return name
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name
