"""A home with something in every room, and the API over it as a process whose encoder needs no model."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.api.admin_cookies import cookie_name
from core.accounts.accounts import Account
from core.accounts.admin_sessions import open_admin_session
from core.accounts.token_pairs import open_client_session
from core.security.policy import Role
from tests.conftest import process_home
from tests.network.processes import SECRET, running
from tests.workers import free_port

SETTINGS = {
    "DISABLE_AUTH": "0", "WORKBENCH_PRELOAD": "", "WORKBENCH_RATE_LIMITS": "", "WORKBENCH_TOKEN_SECRET": SECRET,
    "WORKBENCH_PASSWORD_MEMORY_MB": "1", "WORKBENCH_PASSWORD_PASSES": "1", "WORKBENCH_LOG_LEVEL": "warning",
    "WORKBENCH_OUTSIDE_RETRIES": "0", "WORKBENCH_TEXT_MODEL": "ollama:away", "OLLAMA_BASE_URL": "http://127.0.0.1:9",
    "WORKBENCH_OPEN_ROUTES": "",
}  # fmt: skip


@dataclass(frozen=True)
class Served:
    """The running API. ids: of real things, by the name of the path parameter that asks for one."""

    url: str
    home: Path
    log: Path
    admin: Account
    ids: dict[str, tuple[str, ...]]

    def token(self) -> str:
        """Of a session of its own, as some requests end the one they come with."""
        return open_client_session(self.admin).access

    def administrator(self) -> dict[str, str]:
        """The headers of somebody who may do everything: signed in, and signed in to administration."""
        opened = open_admin_session(self.admin)
        return {
            "Authorization": f"Bearer {self.token()}", "X-CSRF-Token": opened.csrf_token,
            "Cookie": f"{cookie_name()}={opened.cookie}",
        }  # fmt: skip


@contextmanager
def serving_everything(home: Path, trained: Path, *, is_full: bool = False) -> Iterator[Served]:
    """trained: a home with a finished click model; it is copied. is_full: with customers and pictures as well."""
    shutil.copytree(trained, home, dirs_exist_ok=True)
    with process_home(home, migrated=False, **SETTINGS):
        admin, ids = _fill()
        if is_full:
            _fill_up()
        port, log = free_port(), home / "api.log"
        command = [sys.executable, "-m", "uvicorn", "app.api.main:app", "--port", str(port), "--no-access-log"]
        with running(command, port, log):
            yield Served(f"http://127.0.0.1:{port}", home, log, admin, ids)


def _fill() -> tuple[Account, dict[str, tuple[str, ...]]]:
    from core.ctr import runs
    from core.jobs import records
    from core.security.policy import LOCAL_ANALYST
    from tests.api.accounts import person_named
    from tests.fragrance import search_home
    from tests.knowledge.collections_home import POLICY, filled

    admin = person_named("root", role=Role.ADMIN)
    other = person_named("mina")
    filled(admin.principal, policy=POLICY)
    search_home.fill(encoded=False)
    run = runs.get_run("latest", principal=LOCAL_ANALYST)
    waiting = records.submit("ctr_explain", {"run_id": run.job.id}, principal=admin.principal)
    ids = {
        "user_id": (other.id,),
        "run_id": (run.job.id, "latest"),
        "job_id": (waiting.id, run.job.id),
        "dataset_id": (str(run.job.parameters["dataset_id"]),),
        "room": ("ctr", "customers", "fragrance"),
        "item_id": ("rose-oud",),
        "name": ("perfumes", "materials", "ollama", "queue_stuck"),
        "anp_seq": ("17",),
        "domain": ("shapes",),
        "category": ("notes",),
    }
    return admin, ids


def _fill_up() -> None:
    from tests.api.conftest import _train
    from tests.images.small_domain import add_small_domain, drawn, share_compiled_models

    share_compiled_models()
    _train()
    add_small_domain("shapes", pictures=drawn(4, 3))
