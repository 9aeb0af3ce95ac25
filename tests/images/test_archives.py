"""A ZIP may be hostile, damaged or packed in Korea twenty years ago: nothing leaves it, nothing fills the memory."""

from __future__ import annotations

import struct
import unicodedata
from pathlib import Path

import pytest

from core.errors import TooLarge, UploadRejected
from core.images.archives import ArchiveLimits
from core.images.ingestion import Ingestion
from tests.images.packing import PICTURE, packed, packed_raw, reasons, taken


@pytest.mark.parametrize(("encoding", "form"), [("cp949", "NFC"), ("utf-8", "NFC"), ("utf-8", "NFD")])
def test_when_a_zip_does_not_say_its_encoding_then_korean_names_are_read(
    tmp_path: Path, encoding: str, form: str
) -> None:
    names = [unicodedata.normalize(form, name).encode(encoding) for name in ("머그컵/가.png", "뷁우산/나.png")]
    found, _ = taken(packed_raw(tmp_path / "a.zip", dict.fromkeys(names, PICTURE)))

    assert found == [("머그컵", "가.png"), ("뷁우산", "나.png")]


@pytest.mark.parametrize(
    "name", ["../cat/2.png", "cat/../../2.png", "/cat/2.png", "C:\\cat\\2.png", "..\\cat\\2.png", "C:/cat/2.png"]
)
def test_when_a_path_leads_out_then_it_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    source = packed(tmp_path / "in" / "a.zip", {"cat/1.png": PICTURE, name: PICTURE})
    found, table = taken(source)

    assert found == [("cat", "1.png")]
    assert [reason for _, _, reason in reasons(table)] == ["images.unsafe_path"]
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "a.zip"]


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        (ArchiveLimits(max_files=2), "images.too_many_files"),
        (ArchiveLimits(max_bytes=2 * len(PICTURE)), "images.unpacks_too_large"),
    ],
)
def test_when_an_archive_is_over_a_limit_then_nothing_of_it_is_read(
    tmp_path: Path, limits: ArchiveLimits, key: str
) -> None:
    with pytest.raises(TooLarge) as refused:
        Ingestion(packed(tmp_path / "a.zip", {f"cat/{number}.png": PICTURE for number in range(3)}), limits=limits)

    assert refused.value.key == key


def test_when_a_small_archive_unpacks_a_thousandfold_then_it_is_refused(tmp_path: Path) -> None:
    source = packed(tmp_path / "a.zip", {f"cat/{number}.bmp": bytes(2 * 2**20) for number in range(4)})

    with pytest.raises(TooLarge):
        Ingestion(source)


def test_when_an_entry_holds_more_than_it_declares_then_it_is_refused_alone(tmp_path: Path) -> None:
    source = packed(tmp_path / "a.zip", {"cat/1.png": PICTURE * 20, "cat/2.png": PICTURE})
    content = source.read_bytes().replace(struct.pack("<L", len(PICTURE) * 20), struct.pack("<L", 10))
    source.write_bytes(content)
    found, table = taken(source)

    assert (found, reasons(table)) == ([("cat", "2.png")], [("cat", "1.png", "images.entry_damaged")])


def test_when_the_contents_table_claims_gigabytes_then_it_is_not_read(tmp_path: Path) -> None:
    source = packed(tmp_path / "a.zip", {"cat/1.png": PICTURE})
    content = bytearray(source.read_bytes())
    struct.pack_into("<L", content, len(content) - 22 + 12, 2**31)
    source.write_bytes(content)

    with pytest.raises(TooLarge):
        Ingestion(source)


@pytest.mark.parametrize(("offset", "mark", "key"), [(8, 1, "images.entry_locked"), (10, 14, "images.entry_packing")])
def test_when_an_entry_is_locked_or_packed_oddly_then_it_is_refused_alone(
    tmp_path: Path, offset: int, mark: int, key: str
) -> None:
    source = packed(tmp_path / "a.zip", {"cat/1.png": PICTURE, "cat/2.png": PICTURE})
    content = bytearray(source.read_bytes())
    struct.pack_into("<H", content, content.index(b"PK\x01\x02") + offset, mark)
    source.write_bytes(content)
    found, table = taken(source)

    assert (found, reasons(table)) == ([("cat", "2.png")], [("cat", "1.png", key)])


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off", b"PK\x05\x06" + bytes(18)])
def test_when_a_file_is_no_zip_or_holds_nothing_then_it_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)

    with pytest.raises(UploadRejected):
        Ingestion(tmp_path / "a.zip")
