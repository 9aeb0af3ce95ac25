"""One sidecar process for all replays, over a home with small models of every capability and a few people."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from core.accounts.accounts import Account, AccountKind, ClientFields
from core.accounts.organisations import create_organisation
from core.accounts.token_pairs import open_client_session
from core.security.policy import LOCAL_ANALYST, Role
from tests.conftest import PROJECT
from tests.contracts.carrying_out import carry_out_ingestion
from tests.security.internet import Site, serving_site
from tests.workers import free_port

START_LIMIT_S = 150.0
RECORD = 17  # aptitude record of mina; the next one is jun's
SESSION_CODE = "HB-2026"
OPEN = {  # the mode in which frontends that know no token are served
    "DISABLE_AUTH": "1", "WORKBENCH_LOG_LEVEL": "warning", "WORKBENCH_PASSWORD_MEMORY_MB": "1",
    "WORKBENCH_PASSWORD_PASSES": "1",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody with an account who is signed in."""

    account: Account
    token: str

    @property
    def id(self) -> str:
        return self.account.id


@dataclass(frozen=True)
class Sidecar:
    """The running process and what lies behind it.

    file_id: stored impressions; run_id: a finished and explained training on them.
    """

    http: httpx.Client
    site: Site
    file_id: str
    run_id: str
    mina: Person  # has the documents of her record
    jun: Person  # linked to a record that nothing was made of
    sora: Person  # of an organisation
    boss: Person  # administers


def prepare() -> dict[str, Any]:
    """Train, build and sign up, in the home of now: what `Sidecar` holds beside the process."""
    from tests.api import ctr_runs
    from tests.api.conftest import _train
    from tests.fragrance import search_home
    from tests.images.small_domain import add_small_domain, drawn, share_compiled_models

    share_compiled_models()
    _train()
    file_id = ctr_runs.store_planted()
    run_id = ctr_runs.train(file_id)
    ctr_runs.explain(run_id)
    add_small_domain("shapes", pictures=drawn(4, 3))
    search_home.fill(encoded=False)
    school = create_organisation("한빛고등학교", session_code=SESSION_CODE, principal=LOCAL_ANALYST)
    known = ClientFields("AC-1", "F", is_paid=True, product_type="P", is_expired=False, state="Y", ins_seq=RECORD)
    mina = _person("mina", client_fields=known)
    _make_documents(mina)
    return {
        "file_id": file_id, "run_id": run_id, "mina": mina,
        "jun": _person("jun", client_fields=ClientFields(ins_seq=RECORD + 1)),
        "sora": _person("sora", kind=AccountKind.ORGANISATION_MEMBER, organisation_id=school.id),
        "boss": _person("boss", role=Role.ADMIN, email="boss@example.com"),
    }  # fmt: skip


def _make_documents(person: Person) -> None:
    """What the reprocessing of a person's record leads to, without asking for it over HTTP."""
    from core.knowledge.aptitude.records import begin_processing
    from core.knowledge.ingestion.jobs import start_ingestion

    principal = person.account.principal
    made = begin_processing(principal, RECORD, asked_by=principal)
    start_ingestion(made.id, principal=principal)
    carry_out_ingestion(made.id)


@contextmanager
def running(home: Path) -> Iterator[tuple[httpx.Client, Site]]:
    """The process over the home of now, from ready to ended, and the site that its internet consists of."""
    port = free_port()
    with serving_site() as site, (home / "sidecar.log").open("w") as log:
        command = [sys.executable, "-m", "tests.contracts.sidecar_process", str(port), str(site.port)]
        process = subprocess.Popen(command, cwd=PROJECT, env=dict(os.environ), stderr=log)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
                _wait_until_ready(http, process, home / "sidecar.log")
                yield http, site
        finally:
            process.terminate()
            process.wait(10)


def _wait_until_ready(http: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    answer = "nothing"
    while process.poll() is None and time.monotonic() < deadline:
        try:
            found = http.get("/readyz")
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        if found.status_code == 200:
            return
        answer = found.text
        time.sleep(0.1)
    raise AssertionError(f"the sidecar did not get ready; it said {answer}\n{log.read_text('utf-8')}")


def _person(name: str, **values: Any) -> Person:
    from tests.api.accounts import person_named

    account = person_named(name, **values)
    return Person(account, open_client_session(account).access)
