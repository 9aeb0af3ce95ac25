"""A workbench on a disk of a few megabytes that runs full and is freed again: `python -m tests.faults.full_disk HOME`.

Started with HOME on a small file system of its own. Prints one JSON object: what each attempt came to, by name.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SPARE_BYTES = 160 * 1024  # left free at first: enough for small rows, not for files
CSV = b"a,b\n" + b"1,2\n" * 300_000


def main(home: Path) -> None:
    os.environ.update(
        WORKBENCH_HOME=str(home), WORKBENCH_PRELOAD="", DISABLE_AUTH="0", WORKBENCH_PASSWORD_MEMORY_MB="1",
        WORKBENCH_PASSWORD_PASSES="1", WORKBENCH_LOG_LEVEL="error", WORKBENCH_RATE_LIMIT_FREE="testclient",
        WORKBENCH_METRICS_DIR=str(home / "metrics"),
    )  # fmt: skip
    from fastapi.testclient import TestClient

    from app.api.main import create_app
    from core.accounts.accounts import create_account
    from core.accounts.token_pairs import open_client_session
    from core.jobs import records
    from core.knowledge.collections import create_collection
    from core.knowledge.ingestion.plans import plan
    from core.knowledge.ingestion.sources import files
    from core.operations.backup import back_up, list_backups
    from core.security.policy import LOCAL_ANALYST, Role
    from core.settings.current import get_settings
    from core.storage import audit
    from core.storage.artifacts import save_artifact
    from core.storage.migrations import migrate

    migrate()
    boss = create_account("boss", "correct horse", display_name="Boss", role=Role.ADMIN, principal=LOCAL_ANALYST)
    client = TestClient(create_app(get_settings()), raise_server_exceptions=False)
    header = {"Authorization": f"Bearer {open_client_session(boss).access}"}
    collection = create_collection("rules", principal=LOCAL_ANALYST)

    def upload() -> str:
        form = {"room": "customers"}
        answer = client.post("/api/datasets", files={"file": ("rows.csv", CSV, "text/csv")}, data=form, headers=header)
        return f"{answer.status_code} {answer.json().get('code', '')}"

    def sign_in() -> str:
        answer = client.post("/api/auth/login", json={"username": "boss", "password": "correct horse"})
        return f"{answer.status_code} {answer.json().get('code', '')}"

    def read() -> str:
        return str(client.get("/api/auth/me", headers=header).status_code)

    def write_until_full() -> None:
        for number in range(20_000):
            audit.note_now(LOCAL_ANALYST, "dataset.stored", "x" * 200, number=number, word="y" * 4000)

    attempts: dict[str, Callable[[], Any]] = {
        "upload": upload,
        "document": lambda: plan(collection.id, files({"rules.md": b"# Rules\n" * 60_000}), principal=LOCAL_ANALYST),
        "model": lambda: save_artifact("ctr", "run", {"model.bin": b"0" * 2_000_000}, {}, slot="model"),
        "backup": lambda: back_up(principal=LOCAL_ANALYST),
        "database": write_until_full,
        "job": lambda: records.submit("customers_train_clusters", {}, principal=LOCAL_ANALYST),
        "sign in": sign_in,
        "read": read,
    }
    told: dict[str, Any] = {"before": {"upload": upload(), "sign in": sign_in(), "read": read()}}
    save_artifact("ctr", "earlier", {"model.bin": os.urandom(1_000_000)}, {}, slot="model")  # no backup is small
    filler = home / "filler"
    kept = _files(home)
    _fill(filler, home, SPARE_BYTES)
    told["full"] = {name: _outcome(attempt) for name, attempt in attempts.items()}
    told["half written"] = sorted(_files(home) - kept - {"filler"})
    told["backups"] = len(list_backups(principal=LOCAL_ANALYST))
    filler.unlink()
    told["after"] = {"upload": upload(), "sign in": sign_in(), "read": read()}
    told["audit"] = audit.verify(principal=LOCAL_ANALYST).is_intact
    print(json.dumps(told))


def _outcome(attempt: Callable[[], Any]) -> str:
    from core.errors import WorkbenchError

    try:
        return str(attempt())
    except WorkbenchError as error:
        return type(error).__name__
    except Exception as error:  # noqa: BLE001 - whatever it is, the test is to see it
        return f"{type(error).__module__}.{type(error).__name__}: {error}"


def _fill(filler: Path, home: Path, spare: int) -> None:
    """All but `spare` bytes."""
    place = os.statvfs(home)
    with filler.open("wb") as written:
        written.write(b"\0" * max(0, place.f_bavail * place.f_frsize - spare))


def _files(home: Path) -> set[str]:
    """Everything but the database's own files and what counts requests."""
    found = (str(one.relative_to(home)) for one in home.rglob("*") if one.is_file())
    return {one for one in found if not one.startswith(("metrics", "data/workbench.db")) and not one.endswith(".lock")}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
