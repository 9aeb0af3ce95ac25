"""Receives uploaded files as they arrive: straight to a temporary file under data/, never past their limit.

Starlette's own form parser spools to the system's temporary folder and knows no limit for one file.
"""

from __future__ import annotations

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

from core.errors import TooLarge, UploadRejected
from core.storage.full_disk import told_when_full

WRITE_BYTES = 1024 * 1024  # collected before the disk is touched, outside the event loop
LEFTOVER_S = 86_400.0
FORM_BYTES = 1024 * 1024  # boundaries and text fields beside the file
TOO_LARGE = "api.file_too_large"


@dataclass
class IncomingFile:
    """A received file and the form's text fields; the file is gone once the request ends."""

    path: Path
    name: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Part:
    """One of several received files: `size` bytes of the common file from `start` on."""

    name: str
    start: int
    size: int


@dataclass
class IncomingFiles:
    """Received files one after the other in one file at `path`, and the form's text fields."""

    path: Path
    parts: tuple[Part, ...]
    fields: dict[str, str]

    def content(self, part: Part, limit_bytes: int) -> bytes:
        """The bytes of one of them, at most `limit_bytes`."""
        with self.path.open("rb") as source:
            source.seek(part.start)
            return source.read(min(part.size, limit_bytes))


@asynccontextmanager
async def incoming_file(
    request: Request, *, limit_bytes: int, folder: Path, too_large: str = TOO_LARGE
) -> AsyncIterator[IncomingFile]:
    """The file in the form's field `file`.

    too_large: key of the sentence, with `name` and `limit_mb`, for one over the limit.
    Raises TooLarge (before reading when the length is announced), UploadRejected, StorageFull.
    """
    async with incoming_files(request, limit_bytes=limit_bytes, folder=folder, most=1, too_large=too_large) as received:
        yield IncomingFile(received.path, received.parts[0].name, received.fields)


@asynccontextmanager
async def incoming_files(
    request: Request, *, limit_bytes: int, folder: Path, most: int, too_large: str = TOO_LARGE
) -> AsyncIterator[IncomingFiles]:
    """The files of the form, 1 to `most`, together at most `limit_bytes`. Raises as `incoming_file` does."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise UploadRejected("api.file_missing")
    limit_mb = limit_bytes // 1024**2
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit_bytes + FORM_BYTES:
        raise TooLarge(too_large, name="file", limit_mb=limit_mb)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-") as target:
        form = _Form(options[b"boundary"], most)
        await _receive(request, form, target, limit_bytes, too_large)
        if not form.parts:
            raise UploadRejected("api.file_missing")
        yield IncomingFiles(Path(target.name), tuple(form.parts), form.fields)


def remove_leftovers(folder: Path) -> None:
    """Delete what a killed process left behind: files older than any upload that could still be running."""
    for path in folder.glob("upload-*"):
        if time.time() - path.stat().st_mtime > LEFTOVER_S:
            path.unlink(missing_ok=True)


async def _receive(request: Request, form: _Form, target: IO[bytes], limit_bytes: int, too_large: str) -> None:
    try:
        async for chunk in request.stream():
            form.feed(chunk)
            if form.received > limit_bytes:
                raise TooLarge(too_large, name=form.file_name, limit_mb=limit_bytes // 1024**2)
            if len(form.content) >= WRITE_BYTES:
                await run_in_threadpool(_write, target, form.take())
    except ClientDisconnect as gone:
        raise UploadRejected("api.upload_incomplete") from gone
    if not form.is_complete:
        raise UploadRejected("api.upload_incomplete")
    await run_in_threadpool(_write, target, form.take())


def _write(target: IO[bytes], content: bytes) -> None:
    with told_when_full():
        target.write(content)
        target.flush()


@dataclass
class _Form:
    """What has been parsed so far; `content` holds the bytes of files, `received` in all, that are not on disk yet."""

    boundary: bytes
    most: int
    fields: dict[str, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    file_name: str = "file"
    content: bytearray = field(default_factory=bytearray)
    received: int = 0
    is_complete: bool = False

    def __post_init__(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._header_name, self._header_value = bytearray(), bytearray()
        self._field_name, self._text, self._is_file, self._start = "", bytearray(), False, 0
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
            if len(self.parts) == self.most == 1:
                raise UploadRejected("api.one_file")
            if len(self.parts) == self.most:
                raise TooLarge("api.too_many_files", limit=self.most)
            self.file_name, self._start = _base_name(options[b"filename"]), self.received

    def _add_content(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self.content.extend(data[start:end])
            self.received += end - start
        elif len(self._text) + end - start <= FORM_BYTES:
            self._text.extend(data[start:end])
        else:
            raise UploadRejected("api.file_missing")

    def _end_part(self) -> None:
        if self._is_file:
            self.parts.append(Part(self.file_name, self._start, self.received - self._start))
        else:
            self.fields[self._field_name] = self._text.decode("utf-8", "replace")

    def _end(self) -> None:
        self.is_complete = True


def _base_name(raw: bytes) -> str:
    """The name without folders, in NFC, whatever the sender's system writes."""
    name = raw.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
    return unicodedata.normalize("NFC", name)[:255] or "file"
