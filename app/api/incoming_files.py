"""Receives one uploaded file as it arrives: straight to a temporary file under data/, never past its limit.

Starlette's own form parser spools to the system's temporary folder and knows no limit for one file.
"""

from __future__ import annotations

import errno
import tempfile
import time
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from core.errors import StorageFull, TooLarge, UploadRejected

WRITE_BYTES = 1024 * 1024  # collected before the disk is touched, outside the event loop
LEFTOVER_S = 86_400.0
FORM_BYTES = 1024 * 1024  # boundaries and text fields beside the file


@dataclass
class IncomingFile:
    """A received file and the form's text fields; the file is gone once the request ends."""

    path: Path
    name: str
    fields: dict[str, str]


@asynccontextmanager
async def incoming_file(request: Request, *, limit_bytes: int, folder: Path) -> AsyncIterator[IncomingFile]:
    """The file in the form's field `file`.

    Raises TooLarge (before reading when the length is announced), UploadRejected, StorageFull.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise UploadRejected("api.file_missing")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit_bytes + FORM_BYTES:
        raise _too_large("", limit_bytes)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-") as target:
        form = _Form(options[b"boundary"])
        await _receive(request, form, target, limit_bytes)
        if form.file_name is None:
            raise UploadRejected("api.file_missing")
        yield IncomingFile(Path(target.name), form.file_name, form.fields)


def remove_leftovers(folder: Path) -> None:
    """Delete what a killed process left behind: files older than any upload that could still be running."""
    for path in folder.glob("upload-*"):
        if time.time() - path.stat().st_mtime > LEFTOVER_S:
            path.unlink(missing_ok=True)


async def _receive(request: Request, form: _Form, target: IO[bytes], limit_bytes: int) -> None:
    written = 0
    try:
        async for chunk in request.stream():
            form.feed(chunk)
            if written + len(form.content) > limit_bytes:
                raise _too_large(form.file_name or "", limit_bytes)
            if len(form.content) >= WRITE_BYTES:
                written += len(form.content)
                await run_in_threadpool(_write, target, form.take())
    except ClientDisconnect as gone:
        raise UploadRejected("api.upload_incomplete") from gone
    if not form.is_complete:
        raise UploadRejected("api.upload_incomplete")
    await run_in_threadpool(_write, target, form.take())


def _write(target: IO[bytes], content: bytes) -> None:
    try:
        target.write(content)
        target.flush()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageFull("storage.disk_full") from error
        raise


def _too_large(name: str, limit_bytes: int) -> TooLarge:
    return TooLarge("api.file_too_large", name=name or "file", limit_mb=limit_bytes // 1024**2)


@dataclass
class _Form:
    """What has been parsed so far; `content` holds the file's bytes that are not on disk yet."""

    boundary: bytes
    fields: dict[str, str] = field(default_factory=dict)
    file_name: str | None = None
    content: bytearray = field(default_factory=bytearray)
    is_complete: bool = False

    def __post_init__(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._header_name, self._header_value = bytearray(), bytearray()
        self._field_name, self._text, self._is_file = "", bytearray(), False
        self._parser = MultipartParser(
            self.boundary,
            {
                "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_content,
                "on_part_data": self._add_content,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise UploadRejected("api.file_missing") from error

    def take(self) -> bytes:
        content = bytes(self.content)
        self.content.clear()
        return content

    def _end_header(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _begin_content(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._headers = {}
        self._field_name = options.get(b"name", b"").decode("utf-8", "replace")
        self._text.clear()
        self._is_file = b"filename" in options
        if self._is_file:
            if self.file_name is not None:
                raise UploadRejected("api.one_file")
            self.file_name = _base_name(options[b"filename"])

    def _add_content(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self.content.extend(data[start:end])
        elif len(self._text) + end - start <= FORM_BYTES:
            self._text.extend(data[start:end])
        else:
            raise UploadRejected("api.file_missing")

    def _end_part(self) -> None:
        if not self._is_file:
            self.fields[self._field_name] = self._text.decode("utf-8", "replace")

    def _end(self) -> None:
        self.is_complete = True


def _base_name(raw: bytes) -> str:
    """The name without folders, in NFC, whatever the sender's system writes."""
    name = raw.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
    return unicodedata.normalize("NFC", name)[:255] or "file"
