"""A small server that speaks the part of S3 which the AWS SDK in pyarrow uses, over a real socket.

Buckets exist as soon as they are named; objects lie in memory. A key other than the agreed one is refused.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape

KEY, SECRET = "test-key", "test-secret"
XML = '<?xml version="1.0" encoding="UTF-8"?>'


@dataclass
class S3Server:
    """endpoint: for WORKBENCH_S3_ENDPOINT. objects: by "bucket/name". failing: answer every request with 503."""

    endpoint: str
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    failing: bool = False

    def settings(self, bucket: str) -> dict[str, str]:
        """What makes the workbench use it."""
        return {
            "WORKBENCH_FILES_URL": f"s3://{bucket}/shared",
            "WORKBENCH_S3_ENDPOINT": self.endpoint,
            "WORKBENCH_S3_KEY": KEY,
            "WORKBENCH_S3_SECRET": SECRET,
        }


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Serving on a free port of loopback until the block is left."""
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _Requests)
    listening.daemon_threads = True
    served = S3Server(f"http://127.0.0.1:{listening.server_port}")
    listening.served = served  # type: ignore[attr-defined]
    thread = threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def served(self) -> S3Server:
        served: S3Server = self.server.served  # type: ignore[attr-defined]
        return served

    def log_message(self, *_: object) -> None:
        """Tests look at `requests` instead."""

    def _begin(self) -> tuple[str, dict[str, str], bytes] | None:
        """Name, query and body; None where the request was answered already."""
        body = self._body()
        address = urlsplit(self.path)
        name = unquote(address.path).lstrip("/")
        query = {key: values[0] for key, values in parse_qs(address.query, keep_blank_values=True).items()}
        self.served.requests.append(f"{self.command} {name} {','.join(sorted(query))}".rstrip())
        if self.served.failing:
            self._answer(503, _error("SlowDown"))
            return None
        if f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            self._answer(403, _error("InvalidAccessKeyId"))
            return None
        return name, query, body

    def do_PUT(self) -> None:
        if (asked := self._begin()) is None:
            return
        name, query, body = asked
        if "uploadId" in query:
            self.served.uploads[query["uploadId"]][int(query["partNumber"])] = body
        elif "/" in name:
            self.served.objects[name] = body
        self._answer(200, headers={"ETag": _tag(body)})

    def do_POST(self) -> None:
        if (asked := self._begin()) is None:
            return
        name, query, _ = asked
        bucket, _, key = name.partition("/")
        if "uploads" in query:
            upload = uuid4().hex
            self.served.uploads[upload] = {}
            told = f"<Bucket>{escape(bucket)}</Bucket><Key>{escape(key)}</Key><UploadId>{upload}</UploadId>"
            self._answer(200, f"{XML}<InitiateMultipartUploadResult>{told}</InitiateMultipartUploadResult>")
        else:
            parts = self.served.uploads.pop(query["uploadId"])
            self.served.objects[name] = b"".join(parts[number] for number in sorted(parts))
            told = f"<Key>{escape(key)}</Key><ETag>{_tag(self.served.objects[name])}</ETag>"
            self._answer(200, f"{XML}<CompleteMultipartUploadResult>{told}</CompleteMultipartUploadResult>")

    def do_HEAD(self) -> None:
        if (asked := self._begin()) is None:
            return
        name = asked[0]
        if "/" not in name:
            self._answer(200)
        elif name in self.served.objects:
            self._send_object(name)
        else:
            self._answer(404)

    def do_GET(self) -> None:
        if (asked := self._begin()) is None:
            return
        name, query, _ = asked
        if "list-type" in query:
            self._list(name, query.get("prefix", ""), query.get("delimiter", ""))
        elif name in self.served.objects:
            self._send_object(name)
        else:
            self._answer(404, _error("NoSuchKey"))

    def do_DELETE(self) -> None:
        if (asked := self._begin()) is None:
            return
        name, query, _ = asked
        if "uploadId" in query:
            self.served.uploads.pop(query["uploadId"], None)
        else:
            self.served.objects.pop(name, None)
        self._answer(204)

    def _list(self, bucket: str, prefix: str, delimiter: str) -> None:
        bucket = bucket.rstrip("/")
        found = [one.removeprefix(f"{bucket}/") for one in sorted(self.served.objects) if one.startswith(f"{bucket}/")]
        files, folders = [], set()
        for one in (one for one in found if one.startswith(prefix)):
            inner, cut, _ = one.removeprefix(prefix).partition(delimiter) if delimiter else (one, "", "")
            if cut:
                folders.add(f"{prefix}{inner}{delimiter}")
            else:
                size = len(self.served.objects[f"{bucket}/{one}"])
                files.append(f"<Contents><Key>{escape(one)}</Key><Size>{size}</Size></Contents>")
        told = "".join(files) + "".join(
            f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>" for one in sorted(folders)
        )
        count = f"<KeyCount>{len(files) + len(folders)}</KeyCount><IsTruncated>false</IsTruncated>"
        self._answer(200, f"{XML}<ListBucketResult><Name>{bucket}</Name>{count}{told}</ListBucketResult>")

    def _send_object(self, name: str) -> None:
        content = self.served.objects[name]
        headers = {"ETag": _tag(content), "Last-Modified": formatdate(usegmt=True), "Accept-Ranges": "bytes"}
        wanted = self.headers.get("Range")
        if wanted is None:
            self._answer(200, content, headers)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        piece = content[int(first) : int(last) + 1 if last else None]
        headers["Content-Range"] = f"bytes {first}-{int(first) + len(piece) - 1}/{len(content)}"
        self._answer(206, piece, headers)

    def _answer(self, status: int, body: str | bytes = b"", headers: dict[str, str] | None = None) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"x-amz-request-id": uuid4().hex, **(headers or {})}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            content = b"".join(pieces)
        else:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return _unchunked(content) if "aws-chunked" in self.headers.get("Content-Encoding", "") else content


def _unchunked(content: bytes) -> bytes:
    """The payload within `aws-chunked`: sizes before pieces, checksums behind the last one."""
    pieces, at = [], 0
    while True:
        end = content.index(b"\r\n", at)
        size = int(content[at:end].split(b";")[0], 16)
        if not size:
            return b"".join(pieces)
        pieces.append(content[end + 2 : end + 2 + size])
        at = end + 2 + size + 2


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


def _error(code: str) -> str:
    return f"{XML}<Error><Code>{code}</Code><Message>{code}</Message></Error>"
