"""The text of bytes without a stated encoding: UTF-8, UTF-16, CP949 or CP932, decided by strict decoding."""

from __future__ import annotations

import codecs
import re

from core.datasets.encodings import find_encoding
from core.errors import UploadRejected

# A Japanese text decoded as CP932 consists of kana and of the 2,965 kanji of the first level (JIS X 0208); other
# encodings also decode as CP932, but into half-width kana and rare signs.
LEAST_EVERYDAY = 0.8
FIRST_LEVEL = (0x88, 0x98)  # first bytes of the first level's kanji
# What is declared and what is meant: Korean, Japanese and Western programs write the wider encoding.
MEANT = {
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "ks_c_5601", "uhc", "windows-949"), "cp949"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), "cp1252"),
}
_META = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""")
META_BYTES = 4096


def decoded(content: bytes, name: str, *, declared: str | None = None) -> tuple[str, str]:
    """Text and encoding of the whole content, without a byte order mark.

    declared: what the file itself says; it counts only where the bytes are neither UTF-8 nor UTF-16.
    Raises UploadRejected when the bytes are text in no encoding that is read here.
    """
    wide = _wide(content)
    if wide is not None:
        try:
            return content.decode(wide).removeprefix("\ufeff"), "utf-16"
        except UnicodeDecodeError as error:
            line = content[: error.start].decode(wide, "ignore").count("\n") + 1
            raise UploadRejected("uploads.broken_encoding", name=name, encoding="UTF-16", line=line) from error
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    if declared is not None and (text := _as_declared(content, declared)) is not None:
        return text, declared
    try:
        encoding = find_encoding(content, name)
    except UploadRejected as refused:
        if refused.key == "uploads.unknown_encoding" and (text := _japanese(content)) is not None:
            return text, "cp932"
        if refused.key == "uploads.mixed_encodings":
            raise
        raise UploadRejected("knowledge.unknown_encoding", name=name, line=refused.details["line"]) from refused
    return content.decode(encoding), encoding


def declared_encoding(content: bytes) -> str | None:
    """What a web page says of itself in its first bytes."""
    found = _META.search(content[:META_BYTES])
    return found.group(1).decode("ascii").lower() if found else None


def is_text(content: bytes) -> bool:
    """Whether the content can be text: without NUL bytes, unless each letter has two bytes."""
    return _wide(content) is not None or b"\0" not in content


def _wide(content: bytes) -> str | None:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = content[:1024]
    if len(head) < 8 or len(content) % 2:
        return None
    # Without a mark: every other byte of the first blanks and digits is NUL, in one of the two orders only.
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 0.3 * len(head) / 2 and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > 0.3 * len(head) / 2 and odd == 0 else None


def _as_declared(content: bytes, declared: str) -> str | None:
    try:
        return content.decode(MEANT.get(declared.lower(), declared))
    except (UnicodeDecodeError, LookupError):
        return None


def _japanese(content: bytes) -> str | None:
    """The text when the bytes read as everyday Japanese in CP932."""
    try:
        text = content.decode("cp932")
    except UnicodeDecodeError:
        return None
    letters = [sign for sign in text if not sign.isascii()]
    everyday = sum(_is_everyday(sign) for sign in letters)
    return text if letters and everyday >= LEAST_EVERYDAY * len(letters) else None


def _is_everyday(sign: str) -> bool:
    if "\u3000" <= sign <= "\u30ff" or "\uff01" <= sign <= "\uff5e":
        return True
    code = sign.encode("cp932", "ignore")
    return len(code) == 2 and FIRST_LEVEL[0] <= code[0] <= FIRST_LEVEL[1]
