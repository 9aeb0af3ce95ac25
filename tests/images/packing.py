"""ZIP files and folders of class folders, made on the spot, and what an ingestion takes from them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from core.images.ingestion import Ingestion, IngestionTable
from tests.images.pictures import corner, saved

PICTURE = saved(corner(8, 8), "PNG")


def packed(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def packed_raw(path: Path, files: Mapping[bytes, bytes]) -> Path:
    """A ZIP whose names are written as these very bytes, without the mark for UTF-8, as many programs do."""
    stand_ins = {name: b"xyz"[number : number + 1] * len(name) for number, name in enumerate(files)}
    packed(path, {stand_ins[name].decode(): content for name, content in files.items()}, zipfile.ZIP_STORED)
    content = path.read_bytes()
    for name, stand_in in stand_ins.items():
        content = content.replace(stand_in, name)
    path.write_bytes(content)
    return path


def unpacked(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder


def taken(source: Path, **limits: object) -> tuple[list[tuple[str, str]], IngestionTable]:
    with Ingestion(source, **limits) as ingestion:  # type: ignore[arg-type]
        found = [(one.class_name, one.file_name) for one in ingestion]
        return found, ingestion.table()


def reasons(table: IngestionTable) -> list[tuple[str, str, str]]:
    return [(one.class_name, one.file_name, one.error.key) for one in table.refusals]
