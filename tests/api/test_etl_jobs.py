"""Runs in the chat frontend's shapes (contract chat 1.1 routes 8 to 13, D9 to D14, D19, 5: 19, 22, 23)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core.errors import Unavailable
from core.knowledge.ingestion.carrying_out import Progress
from core.storage import knowledge_tables, tables
from core.storage.database import reading, writing
from tests.api.etl_home import EtlHome, carry_out, settle, take_up
from tests.knowledge.collections_home import HashEncoder

STATES = {"pending", "running", "completed", "failed", "cancelled"}
FIELDS = {"job_id", "status", "progress", "current_step", "created_at", "updated_at"}


class Broken(HashEncoder):
    """Gives no vector for the fourth document and what follows."""

    def embed_passages(self, texts: Any) -> Any:
        if len(self.texts) >= 6:
            raise Unavailable("embeddings.unavailable", encoder=self.id, reason="down")
        return super().embed_passages(texts)


def status(etl: EtlHome, job_id: str, **headers: str) -> dict[str, Any]:
    answer = etl.client.get(f"/api/etl/jobs/{job_id}/status", headers={**etl.ana.header, **headers})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_when_a_test_is_completed_then_a_run_is_queued_and_listed(etl: EtlHome) -> None:
    answer = etl.post("/api/etl/test-completion", {"user_id": etl.ana.id, "anp_seq": 17, "notification_source": "t"})

    assert answer.status_code == 202
    begun, listed = answer.json(), etl.jobs_of(etl.ana)
    assert begun["progress_url"] == f"/api/etl/jobs/{begun['job_id']}/progress"
    assert begun["status"] == "pending" and begun["task_id"] and begun["message"]
    assert (listed["total"], listed["page"], listed["limit"]) == (1, 1, 20)
    (job,) = listed["jobs"]
    assert set(job) > FIELDS
    assert (job["job_id"], job["status"], job["progress"], job["stage"]) == (begun["job_id"], "pending", 0, "pending")
    assert job == status(etl, begun["job_id"])


def test_when_nothing_was_brought_then_the_list_is_an_object_with_no_jobs(etl: EtlHome) -> None:
    assert etl.jobs_of(etl.ben) == {"jobs": [], "total": 0, "page": 1, "limit": 20}


def test_when_a_run_goes_on_then_progress_never_falls_and_the_end_is_expected_at_the_measured_pace(
    etl: EtlHome,
) -> None:
    job_id, seen = etl.begin(), []

    carry_out(job_id, told=lambda _: seen.append(status(etl, job_id)))
    done = status(etl, job_id)

    assert {one["status"] for one in seen} <= {"running", "completed"} < STATES
    assert [one["progress"] for one in seen] == sorted(one["progress"] for one in seen)
    assert {"started", "processing_queries", "transforming_documents", "generating_embeddings", "storing_documents",
            "success"} == {one["stage"] for one in seen}  # fmt: skip
    early = [one for one in seen if not one["completed_steps"]]
    later = [one for one in seen if one["completed_steps"] and one["status"] == "running"]
    assert early and later and not any("estimated_completion_time" in one for one in early)
    for one in later:
        assert datetime.fromisoformat(one["estimated_completion_time"]) >= datetime.fromisoformat(one["started_at"])
    assert (done["status"], done["progress"], done["stage"], done["completed_steps"]) == (
        "completed",
        100,
        "success",
        7,
    )
    assert not {"estimated_completion_time", "error_message"} & set(done)


def test_when_times_are_told_then_each_says_that_it_is_utc(etl: EtlHome) -> None:
    done = status(etl, etl.processed())

    for name in ("created_at", "updated_at", "started_at", "completed_at"):
        assert done[name].endswith("Z") and datetime.fromisoformat(done[name])


def test_when_the_encoder_is_down_then_the_run_failed_at_that_stage_and_no_vector_of_it_is_stored(
    etl: EtlHome,
) -> None:
    job_id = etl.begin()

    carry_out(job_id, encoder=HashEncoder(broken={"#": Unavailable, "이름은": Unavailable}))
    failed = status(etl, job_id)

    assert (failed["status"], failed["stage"]) == ("failed", "failure") and failed["progress"] < 100
    assert failed["failed_stage"] == "embedding_generation" and "embedding_generation" in failed["error_message"]
    assert failed["error_type"] == "EMBEDDINGS_UNAVAILABLE"
    with reading() as connection:
        stored = [connection.execute(select(func.count()).select_from(table)).scalar_one()
                  for table in (knowledge_tables.passage_vectors, knowledge_tables.passages,
                                knowledge_tables.documents)]  # fmt: skip
    assert stored == [0, 0, 0]


def test_when_a_run_failed_half_way_then_a_retry_makes_only_what_is_left(etl: EtlHome) -> None:
    job_id = etl.begin()
    carry_out(job_id, encoder=Broken())
    before = status(etl, job_id)

    again = etl.post(f"/api/etl/jobs/{job_id}/retry")
    waiting = status(etl, job_id)
    encoder = HashEncoder()
    carry_out(job_id, encoder=encoder)

    assert (before["status"], 0 < before["completed_steps"] < 7) == ("failed", True)
    assert (again.status_code, again.json()["job_id"], waiting["status"]) == (200, job_id, "pending")
    assert (status(etl, job_id)["status"], status(etl, job_id)["completed_steps"]) == ("completed", 7)
    assert 0 < len(encoder.texts) < len(passages())


def passages() -> list[int]:
    with reading() as connection:
        return list(connection.execute(select(knowledge_tables.passages.c.id)).scalars())


@pytest.mark.parametrize("state", ["lost", "failed"])
def test_when_its_runner_was_killed_then_the_run_failed_with_a_reason_and_can_go_on(etl: EtlHome, state: str) -> None:
    job_id = etl.begin()
    take_up(job_id)
    with writing() as connection:
        mine = knowledge_tables.ingestions.c.id == job_id
        values = {"state": "running", "stage": "embedding_generation", "fraction": 0.4}
        connection.execute(update(knowledge_tables.ingestions).where(mine).values(**values))
    settle(job_id, state, error={"key": "jobs.runner_lost", "details": {}})

    lost = status(etl, job_id, **{"Accept-Language": "en"})

    assert (lost["status"], lost["progress"]) == ("failed", 40)
    assert "embedding_generation" in lost["error_message"] and "without a word" in lost["error_message"]
    again = etl.post(f"/api/etl/jobs/{job_id}/retry")
    assert (again.status_code, again.json()["status"]) == (200, "pending")
    carry_out(job_id)
    assert status(etl, job_id)["status"] == "completed"


def test_when_a_waiting_run_is_cancelled_then_neither_it_nor_its_job_is_ever_carried_out(etl: EtlHome) -> None:
    job_id = etl.begin()

    answer = etl.post(f"/api/etl/jobs/{job_id}/cancel")

    assert (answer.status_code, answer.json()["status"], answer.json()["stage"]) == (200, "cancelled", "cancelled")
    with reading() as connection:
        assert connection.execute(select(tables.jobs.c.state)).scalar_one() == "cancelled"


def test_when_a_run_is_cancelled_while_it_goes_on_then_it_stops_and_can_be_tried_again(etl: EtlHome) -> None:
    job_id, answers = etl.begin(), []

    def cancel_at_the_third(progress: Progress) -> None:
        if progress.done == 2 and not answers:
            answers.append(etl.post(f"/api/etl/jobs/{job_id}/cancel"))

    carry_out(job_id, told=cancel_at_the_third)

    assert answers[0].status_code == 200
    stopped = status(etl, job_id)
    assert (stopped["status"], stopped["completed_steps"], "error_message" in stopped) == ("cancelled", 2, False)
    assert etl.post(f"/api/etl/jobs/{job_id}/retry").status_code == 200
    carry_out(job_id)
    assert status(etl, job_id)["completed_steps"] == 7


def test_when_a_run_is_over_or_goes_on_then_what_does_not_fit_is_a_conflict_with_a_message(etl: EtlHome) -> None:
    waiting = etl.begin()
    retried = etl.post(f"/api/etl/jobs/{waiting}/retry")
    carry_out(waiting)
    cancelled = etl.post(f"/api/etl/jobs/{waiting}/cancel")

    assert [one.status_code for one in (retried, cancelled)] == [409, 409]
    assert "pending" in retried.json()["message"] and "completed" in cancelled.json()["message"]


def test_when_nothing_changed_then_reprocessing_is_a_conflict_unless_it_is_forced(etl: EtlHome) -> None:
    first = etl.processed()
    address = f"/api/etl/users/{etl.ana.id}/reprocess"

    refused, forced, twice = etl.post(address, {"force": False}), *(etl.post(address, {"force": True}) for _ in "12")

    assert (refused.status_code, "17" in refused.json()["message"]) == (409, True)
    assert forced.status_code == 200 and forced.json()["job_id"] != first
    assert twice.json()["job_id"] == forced.json()["job_id"]
    assert etl.jobs_of(etl.ana)["total"] == 2


def test_when_an_account_has_no_record_then_reprocessing_says_so(etl: EtlHome) -> None:
    answer = etl.post(f"/api/users/{etl.ben.id}/reprocess", who=etl.ben)

    assert answer.status_code == 404 and answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"anp_seq": 0}, "anp_seq"), ({"anp_seq": "x"}, "anp_seq"), ({"user_id": ""}, "user_id")],
)
def test_when_a_completion_cannot_be_used_then_the_field_is_named(
    etl: EtlHome, body: dict[str, Any], field: str
) -> None:
    answer = etl.post("/api/etl/test-completion", {"user_id": etl.ana.id, "anp_seq": 17, **body})

    assert (answer.status_code, list(answer.json()["field_errors"])) == (400, [field])


def test_when_it_is_somebody_elses_then_403_and_for_an_administrator_it_is_not(etl: EtlHome) -> None:
    job_id = etl.begin()
    order = {"user_id": etl.ana.id, "anp_seq": 17}

    for who, listed, status_, begun in ((etl.ben, 403, 404, 403), (etl.dev, 403, 404, 403), (etl.root, 200, 200, 202)):
        assert etl.get(f"/api/etl/users/{etl.ana.id}/jobs", who).status_code == listed
        assert etl.get(f"/api/etl/jobs/{job_id}/status", who).status_code == status_
        assert etl.post("/api/etl/test-completion", order, who).status_code == begun
        for verb in ("retry", "cancel"):
            assert who is etl.root or etl.post(f"/api/etl/jobs/{job_id}/{verb}", who=who).status_code == 404
    assert etl.get("/api/etl/users/nobody/jobs", etl.root).status_code == 404
    assert etl.client.get(f"/api/etl/users/{etl.ana.id}/jobs").status_code == 401


def test_when_an_administrator_cancels_and_retries_then_the_run_stays_its_owners(etl: EtlHome) -> None:
    job_id = etl.begin()

    assert etl.post(f"/api/etl/jobs/{job_id}/cancel", who=etl.root).json()["status"] == "cancelled"
    assert etl.post(f"/api/etl/jobs/{job_id}/retry", who=etl.root).status_code == 200
    with reading() as connection:
        owners = set(connection.execute(select(tables.jobs.c.owner)).scalars())
    assert owners == {etl.ana.id}


def test_when_another_persons_record_is_asked_for_then_403(etl: EtlHome) -> None:
    answer = etl.post("/api/etl/test-completion", {"user_id": etl.ben.id, "anp_seq": 17}, etl.ben)

    assert answer.status_code == 403 and etl.jobs_of(etl.ben)["total"] == 0


def test_when_pages_are_asked_for_then_they_are_cut_from_the_newest_on(etl: EtlHome) -> None:
    ids = []
    for _ in range(3):
        ids.append(etl.begin())
        etl.post(f"/api/etl/jobs/{ids[-1]}/cancel")
    address = f"/api/etl/users/{etl.ana.id}/jobs"

    second = etl.get(address, page=2, limit=2).json()
    by_offset = etl.get(address, offset=2, limit=2).json()

    assert [one["job_id"] for one in second["jobs"]] == [one["job_id"] for one in by_offset["jobs"]] == [ids[0]]
    assert (second["total"], second["page"]) == (3, 2)


def test_when_figures_are_asked_for_then_they_are_counted_and_only_an_administrators_are_everybodys(
    etl: EtlHome,
) -> None:
    fresh = etl.get("/api/etl/stats").json()
    etl.processed()
    carry_out(etl.begin(etl.ben), encoder=Broken())
    mine, all_ = etl.get("/api/etl/stats").json(), etl.get("/api/etl/stats", etl.root).json()

    assert (fresh["total_jobs"], fresh["success_rate"], fresh["average_processing_seconds"]) == (0, None, None)
    assert (mine["total_jobs"], mine["success_rate"], mine["of_everybody"]) == (1, 1.0, False)
    assert (all_["completed_jobs"], all_["failed_jobs"], all_["success_rate"]) == (1, 1, 0.5)
    assert mine["average_processing_seconds"] > 0


def test_when_health_is_asked_for_then_it_tells_what_was_seen(etl: EtlHome) -> None:
    fine = etl.client.get("/api/etl/health").json()
    job_id = etl.begin()
    with writing() as connection:
        connection.execute(update(tables.jobs).values(created_at=datetime.fromisoformat("2026-01-05T09:00:00Z")))
    waiting = etl.client.get("/api/etl/health").json()
    carry_out(job_id, encoder=Broken())
    failed = etl.client.get("/api/etl/health").json()

    assert (fine["status"], fine["problems"]) == ("healthy", [])
    assert (waiting["status"], waiting["jobs"]) == ("degraded", "waiting")
    assert (failed["jobs"], failed["encoder"], len(failed["problems"])) == ("ok", "failed", 1)
