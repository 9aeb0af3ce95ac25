"""People with and without an aptitude record, and runs carried out as the dispatcher and its notebook do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import delete, insert, select

from core.accounts.accounts import ClientFields
from core.errors import WorkbenchError
from core.jobs.records import get_job
from core.jobs.states import change_state
from core.knowledge.ingestion.carrying_out import Progress, run_ingestion
from core.knowledge.ingestion.plans import get_ingestion
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage import knowledge_tables, tables
from core.storage.database import reading, utc_now, writing
from tests.api.chat_home import Person, person
from tests.knowledge.collections_home import HashEncoder

BROUGHT = (
    knowledge_tables.ingestions, knowledge_tables.ingestion_items, knowledge_tables.collections,
    knowledge_tables.documents, knowledge_tables.document_versions, knowledge_tables.passages,
    knowledge_tables.passage_vectors, tables.jobs, tables.job_events,
)  # fmt: skip


@dataclass(frozen=True)
class EtlHome:
    """ana is linked to record 17, ben to none; dev is a developer and root an administrator."""

    client: TestClient
    ana: Person
    ben: Person
    dev: Person
    root: Person
    kept: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)

    def get(self, address: str, who: Person | None = None, **parameters: Any) -> Any:
        return self.client.get(address, params=parameters, headers=(who or self.ana).header)

    def post(self, address: str, body: dict[str, Any] | None = None, who: Person | None = None, **more: Any) -> Any:
        return self.client.post(address, json=body, headers=(who or self.ana).header, params=more)

    def jobs_of(self, who: Person) -> dict[str, Any]:
        answer = self.get(f"/api/etl/users/{who.id}/jobs", who)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def begin(self, who: Person | None = None, **body: Any) -> str:
        """A run of somebody's record, queued; its id."""
        who = who or self.ana
        order = {"user_id": who.id, "anp_seq": 17 if who is self.ana else 9, **body}
        answer = self.post("/api/etl/test-completion", order, who)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def processed(self, who: Person | None = None, **body: Any) -> str:
        """A run that has ended; that of ana's record is carried out once for a file of tests, then put back."""
        if who is None and not body and self.kept:
            with writing() as connection:
                for table, rows in self.kept.items():
                    connection.execute(insert(table), rows)
            return str(self.kept[knowledge_tables.ingestions][0]["id"])
        job_id = self.begin(who, **body)
        carry_out(job_id)
        if who is None and not body and len(self.jobs_of(self.ana)["jobs"]) == 1:
            with reading() as connection:
                found = {table: connection.execute(select(table)).mappings().all() for table in BROUGHT}
            self.kept.update({table: [dict(row) for row in rows] for table, rows in found.items() if rows})
        return job_id


def build(client: TestClient) -> EtlHome:
    """The people, on the database of now."""
    return EtlHome(
        client, person("ana", client_fields=ClientFields(ins_seq=17)), person("ben"),
        person("dev", role=Role.DEVELOPER), person("root", role=Role.ADMIN),
    )  # fmt: skip


def forget_runs() -> None:
    """Nobody has brought anything; people stay signed in."""
    with writing() as connection:
        for table in BROUGHT:
            connection.execute(delete(table))


def carry_out(
    ingestion_id: str, *, encoder: HashEncoder | None = None, told: Callable[[Progress], None] = lambda _: None
) -> None:
    """Run the queued job of an ingestion to its end."""
    take_up(ingestion_id)
    job_id, owner = job_of(ingestion_id)
    try:
        run_ingestion(
            ingestion_id, load_encoder=lambda: encoder or HashEncoder(), principal=owner, job_id=job_id, progress=told
        )
    except WorkbenchError as error:
        settle(ingestion_id, "failed", error={"key": error.key, "details": dict(error.details)})
    else:
        settle(ingestion_id, "succeeded")


def take_up(ingestion_id: str) -> None:
    """Its job runs from now on."""
    now = utc_now()
    settle(ingestion_id, "running", started_at=now, heartbeat_at=now)


def settle(ingestion_id: str, state: str, **values: Any) -> None:
    """Its job comes to that state."""
    job_id, _ = job_of(ingestion_id)
    job = get_job(job_id, principal=LOCAL_ANALYST)
    with writing() as connection:
        assert change_state(connection, job, state, expected=("queued", "running"), **values)


def job_of(ingestion_id: str) -> tuple[str, Principal]:
    """The id of its job, and who it runs for."""
    found = get_ingestion(ingestion_id, principal=LOCAL_ANALYST)
    assert found.job_id is not None
    return found.job_id, Principal(found.owner, Role.ANALYST, found.owner)
