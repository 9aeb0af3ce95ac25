"""Files that machines share: what is written once, under a name that does not change, goes to WORKBENCH_FILES_URL.

The home folder stays the working copy, and names are paths below it. Without the setting nothing happens. What is
fetched is written beside its place and moved there; what is pushed appears there whole or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from core.errors import Unavailable
from core.settings.current import get_settings
from core.storage.full_disk import told_when_full

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

PIECE_BYTES = 1 << 20
REST_S = 5.0  # after a failure: so long nobody else waits for the same time-outs
UNFINISHED = ".writing-"

_rest_until: dict[str, float] = {}  # by url, monotonic time


@dataclass(frozen=True)
class _Place:
    """A file system and the folder in it. is_local: a file must be written beside its place; an object need not."""

    system: AbstractFileSystem
    root: str
    is_local: bool

    def of(self, name: str) -> str:
        return f"{self.root}/{name}"


def is_shared() -> bool:
    """Whether the setting `files_url` names a place."""
    return bool(get_settings().files_url)


def keep(*paths: Path) -> None:
    """Push files below the home folder, in this order, over what lies there under their names.

    Raises Unavailable; then the file it failed at is not there, or still as it was.
    """
    for path in paths:
        keep_under(path, path)


def keep_under(name: Path, content: Path) -> None:
    """Push what lies at `content` under the name of another place below the home folder; otherwise as `keep`."""
    if is_shared():
        with _outside() as place:
            _push(place, name, content)


def here(path: Path, *, sha256: str | None = None) -> bool:
    """Whether the file is in the home folder, after fetching it where it was missing.

    sha256: what it must have when it is fetched. Raises Unavailable where the place is away or holds another content,
    and StorageFull; then nothing of it is here.
    """
    if path.exists() or not is_shared():
        return path.exists()
    with _outside() as place:
        return _fetch(place, path, sha256)


def drop(path: Path) -> None:
    """Take a file away from the place that machines share; one that is not there is no matter."""
    if not is_shared():
        return
    with _outside() as place, suppress(FileNotFoundError):
        place.system.rm_file(place.of(_name(path)))


def probe() -> None:
    """Write a small file, read it back and take it away. Raises Unavailable."""
    _rest_until.pop(get_settings().files_url, None)
    with _outside() as place:
        name, content = place.of(f".probe-{uuid4().hex}"), uuid4().bytes
        _write(place, name, iter([content]))
        with place.system.open(name, "rb") as file:
            found = file.read()
        place.system.rm_file(name)
        if found != content:
            raise OSError(errno.EIO, "read back differently")


def _push(place: _Place, name: Path, content: Path) -> None:
    size = content.stat().st_size
    target = place.of(_name(name))
    with content.open("rb") as source:
        _write(place, target, iter(lambda: source.read(PIECE_BYTES), b""))
    if place.system.info(target)["size"] != size:
        place.system.rm_file(target)
        raise OSError(errno.EIO, "shorter than what was sent")


def _write(place: _Place, target: str, pieces: Iterator[bytes]) -> None:
    # An object appears with its last byte; a file is there from its first, so it is written beside its place.
    folder, _, name = target.rpartition("/")
    written = f"{folder}/{UNFINISHED}{uuid4().hex}" if place.is_local else target
    if place.is_local:
        place.system.makedirs(folder, exist_ok=True)
    try:
        with place.system.open(written, "wb") as file:
            for piece in pieces:
                file.write(piece)
        if place.is_local:
            Path(written).replace(Path(folder) / name)
    except OSError:
        with suppress(OSError):
            place.system.rm_file(written)
        raise


def _fetch(place: _Place, path: Path, sha256: str | None) -> bool:
    digest = hashlib.sha256()
    beside = path.with_name(f"{UNFINISHED}{uuid4().hex}")
    try:
        with place.system.open(place.of(_name(path)), "rb") as source, told_when_full():
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                while piece := source.read(PIECE_BYTES):
                    digest.update(piece)
                    file.write(piece)
        if sha256 not in (None, digest.hexdigest()):
            raise Unavailable("storage.shared_file_changed", file=path.name)
        beside.replace(path)
    except FileNotFoundError:
        return False
    finally:
        beside.unlink(missing_ok=True)
    return True


@contextmanager
def _outside() -> Iterator[_Place]:
    """The place; any failure of it is told in one sentence, and not tried by others for a moment."""
    url = get_settings().files_url
    if time.monotonic() < _rest_until.get(url, 0.0):
        raise Unavailable("storage.shared_files_away", reason="a moment ago")
    try:
        yield _place()
    except OSError as error:
        _rest_until[url] = time.monotonic() + REST_S
        # The type and number alone: messages of network libraries may hold addresses and keys.
        reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
        raise Unavailable("storage.shared_files_away", reason=reason) from error


def _place() -> _Place:
    settings = get_settings()
    secret = settings.s3_secret.get_secret_value()
    return _place_of(settings.files_url, settings.s3_endpoint, settings.s3_key, secret)


@lru_cache(maxsize=4)
def _place_of(url: str, endpoint: str, key: str, secret: str) -> _Place:
    parts = urlsplit(url)
    if parts.scheme == "file":
        from fsspec.implementations.local import LocalFileSystem

        return _Place(LocalFileSystem(), unquote(parts.path).rstrip("/"), is_local=True)
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

    told: dict[str, Any] = {"connect_timeout": 3.0, "request_timeout": get_settings().outside_timeout_s}
    told["retry_strategy"] = AwsStandardS3RetryStrategy(max_attempts=1 + get_settings().outside_retries)
    if endpoint:
        scheme, _, host = endpoint.rstrip("/").partition("://")
        told |= {"endpoint_override": host, "scheme": scheme, "region": "us-east-1"}  # servers of one's own have none
    if key:
        told |= {"access_key": key, "secret_key": secret}
    system = ArrowFSWrapper(S3FileSystem(**told), skip_instance_cache=True)
    return _Place(system, f"{parts.netloc}{parts.path}".rstrip("/"), is_local=False)


def _name(path: Path) -> str:
    return path.relative_to(get_settings().home).as_posix()
