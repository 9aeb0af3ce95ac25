"""A disk that really is full: a file system of a few megabytes in a mount namespace of the test's own, without root."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

SIZE = "24m"
MOUNTED = 'mount -t tmpfs -o size={size} none "$1" && exec "$2" -m tests.faults.full_disk "$1"'


def can_mount(folder: Path) -> bool:
    """Whether this machine lets somebody who is not root have a small file system."""
    if not shutil.which("unshare"):
        return False
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.fault(
    "full disk", "a file system of 24 MB filled to the last page, then uploads, documents, models, backups, jobs,"
    " database rows and sign-ins, then freed",
    "every write is refused in one sentence, nothing half written stays, reading goes on, and all works once there"
    " is room",
)  # fmt: skip
def test_when_the_disk_is_full_then_writes_are_refused_reads_go_on_and_room_heals_it(tmp_path: Path) -> None:
    if not can_mount(tmp_path):
        pytest.skip("this machine lets nobody but root mount a small file system")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", MOUNTED.format(size=SIZE), "sh", str(tmp_path), sys.executable],
        cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-4000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["before"] == told["after"] == {"upload": "201 ", "sign in": "200 ", "read": "200"}
    assert told["full"] == {
        "upload": "507 STORAGE_DISK_FULL", "document": "StorageFull", "model": "StorageFull", "backup": "StorageFull",
        "database": "StorageFull", "job": "StorageFull", "sign in": "507 STORAGE_DISK_FULL", "read": "200",
    }  # fmt: skip
    assert (told["half written"], told["backups"], told["audit"]) == ([], 0, True)
