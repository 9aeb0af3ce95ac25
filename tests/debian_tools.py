"""Servers and tools that tests drive for real and Debian packages provide: from the PATH, else unpacked without root.

A package and the libraries it lacks are downloaded by apt-get and laid out once under .pytest_cache/debian, whichever
worker comes first. Where that cannot be done `find_tool` returns None, and a test skips itself with `why_missing`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock

UNPACKED = Path(__file__).resolve().parents[1] / ".pytest_cache" / "debian"
PACKAGES = {
    "redis-server": "redis-server",
    "redis-cli": "redis-tools",
    "nginx": "nginx",
    "promtool": "prometheus",
    "initdb": "postgresql-15",
    "postgres": "postgresql-15",
    "pg_ctl": "postgresql-15",
    "pg_dump": "postgresql-client-15",
    "pg_restore": "postgresql-client-15",
    "psql": "postgresql-client-15",
}
FOLDERS = ("usr/bin", "usr/sbin", "usr/lib/postgresql/15/bin")
# A dynamic linker only works with the C library it was built with, and that one is always installed.
NEVER_UNPACKED = {"libc6", "libc-bin"}
DOWNLOAD_S = 120


def find_tool(name: str) -> str | None:
    """A path that starts the tool `name` as it is, or None where it can neither be found nor fetched."""
    if found := shutil.which(name) or _in_folders(Path("/"), name):
        return found
    return _unpacked(name)


def tool(name: str) -> str:
    """As `find_tool`; skips the test that asks where there is none."""
    found = find_tool(name)
    if found is None:
        pytest.skip(why_missing(name))
    return found


def why_missing(name: str) -> str:
    """The reason that a skipped test gives."""
    return f"{name} is not installed, and the Debian package {PACKAGES.get(name, name)} could not be fetched"


@cache
def _unpacked(name: str) -> str | None:
    package = PACKAGES.get(name)
    if package is None or not (shutil.which("apt-get") and shutil.which("dpkg")):
        return None
    folder, start = UNPACKED / package, UNPACKED / "start" / name
    UNPACKED.mkdir(parents=True, exist_ok=True)
    with FileLock(UNPACKED / f"{package}.lock"):
        if start.exists():
            return str(start)
        if not folder.exists() and not _lay_out(package, folder):
            return None
        program = _in_folders(folder, name)
        if program is None:
            return None
        start.parent.mkdir(exist_ok=True)
        start.write_text(_starter(folder, program), "utf-8")
        start.chmod(0o755)
    return str(start)


def _lay_out(package: str, folder: Path) -> bool:
    """Download the package and what it lacks here, and unpack all of it into `folder`."""
    begun = folder.with_name(f"{folder.name}.begun")
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir()
    try:
        # Without root nothing may be installed, but what would be can be asked and downloaded.
        planned = _run(["apt-get", "install", "--simulate", "--no-install-recommends", package], begun)
        names = [line.split()[1] for line in planned.splitlines() if line.startswith("Inst ")]
        _run(["apt-get", "download", *(name for name in names if name not in NEVER_UNPACKED)], begun)
        for archive in begun.glob("*.deb"):
            _run(["dpkg", "-x", archive.name, "."], begun)
            archive.unlink()
    except (OSError, subprocess.SubprocessError):
        shutil.rmtree(begun, ignore_errors=True)
        return False
    begun.rename(folder)
    return True


def _run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=DOWNLOAD_S
    )
    return done.stdout


def _in_folders(root: Path, name: str) -> str | None:
    places = (root / one / name for one in FOLDERS)
    return next((str(place) for place in places if os.access(place, os.X_OK)), None)


def _starter(folder: Path, program: str) -> str:
    libraries = sorted({str(one.parent) for one in folder.glob("**/*.so*") if "nginx/modules" not in str(one)})
    return f"#!/bin/sh\nexport LD_LIBRARY_PATH='{':'.join(libraries)}'\nexec '{program}' \"$@\"\n"
