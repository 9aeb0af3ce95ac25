"""Profile and documents in the chat frontend's shapes (contract chat 1.1 routes 14 to 16, D15 to D18)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import make_client
from tests.api.etl_home import EtlHome, carry_out
from tests.knowledge.collections_home import filled

ALIASES = {"PERSONALITY_PROFILE": "primary_tendency", "THINKING_SKILLS": "top_skills",
           "CAREER_RECOMMENDATIONS": "top_jobs"}  # fmt: skip


def documents(etl: EtlHome, **parameters: Any) -> dict[str, Any]:
    answer = etl.get(f"/api/users/{etl.ana.id}/documents", **parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def profile(etl: EtlHome) -> dict[str, Any]:
    answer = etl.get(f"/api/users/{etl.ana.id}/profile")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_when_nothing_was_made_then_the_profile_says_none(etl: EtlHome) -> None:
    body = profile(etl)

    assert body["user"] == {
        "user_id": etl.ana.id, "document_count": 0, "conversation_count": 0, "available_document_types": [],
        "processing_status": "none",
    }  # fmt: skip


def test_when_documents_were_made_then_the_profile_counts_them_wrapped_and_flat(etl: EtlHome) -> None:
    job_id = etl.begin()
    waiting = profile(etl)["processing_status"]
    carry_out(job_id)

    body = profile(etl)

    assert (waiting, body["user"]["processing_status"], body["document_count"]) == ("pending", "completed", 7)
    assert {name: body[name] for name in body["user"]} == body["user"]
    assert set(ALIASES.values()) < set(body["user"]["available_document_types"])


def test_when_documents_are_listed_then_each_has_its_preview_and_a_summary_in_both_spellings(etl: EtlHome) -> None:
    etl.processed()

    body = documents(etl)

    assert (body["total"], body["total_count"], body["page"], body["limit"], body["has_more"]) == (7, 7, 1, 12, False)
    shown = {one["document_type"]: one for one in body["documents"]}
    for kind, one in shown.items():
        assert one["doc_type"] == ALIASES.get(kind, kind)
        assert one["title"] and one["preview"]["summary"] and one["summary_text"] == one["preview"]["summary"]
        assert one["doc_id"] == one["id"] and one["created_at"].endswith("Z")
    assert isinstance(shown["PERSONALITY_PROFILE"]["preview"]["primary_tendency"], str)
    assert len(shown["THINKING_SKILLS"]["preview"]["top_skills"]) == 6
    assert "성향은" in shown["PERSONALITY_PROFILE"]["preview"]["summary"]


@pytest.mark.parametrize("spelling", ["THINKING_SKILLS", "thinking_skills", "top_skills"])
def test_when_a_type_is_asked_for_then_every_spelling_means_it(etl: EtlHome, spelling: str) -> None:
    etl.processed()

    assert [one["document_type"] for one in documents(etl, doc_type=spelling)["documents"]] == ["THINKING_SKILLS"]


def test_when_a_type_does_not_exist_then_400_names_the_field(etl: EtlHome) -> None:
    answer = etl.get(f"/api/users/{etl.ana.id}/documents", doc_type="SECRETS")

    assert (answer.status_code, list(answer.json()["field_errors"])) == (400, ["doc_type"])


def test_when_pages_are_asked_for_then_together_they_hold_every_document_once(etl: EtlHome) -> None:
    etl.processed()

    pages = [documents(etl, page=number, limit=3) for number in (1, 2, 3)]
    by_offset = documents(etl, offset=3, limit=3)

    assert len({one["id"] for page in pages for one in page["documents"]}) == 7
    assert [page["has_more"] for page in pages] == [True, True, False]
    assert by_offset["documents"] == pages[1]["documents"]


def test_when_other_documents_may_be_read_then_they_are_listed_with_a_type_of_their_own(etl: EtlHome) -> None:
    filled(etl.ana.account.principal, policy="# 환불 규정\n\n30일 안에 환불합니다.\n".encode())

    (one,) = documents(etl)["documents"]

    assert (one["doc_type"], one["title"], "30일" in one["preview"]["summary"]) == ("DOCUMENT", "환불 규정", True)


def test_when_removal_is_not_confirmed_then_nothing_is_removed(etl: EtlHome) -> None:
    etl.processed()

    answer = etl.client.delete(f"/api/users/{etl.ana.id}/documents", headers=etl.ana.header)

    assert (answer.status_code, documents(etl)["total"]) == (400, 7)


def test_when_results_are_removed_then_only_they_go_and_reprocessing_brings_them_back(etl: EtlHome) -> None:
    etl.processed()
    filled(etl.ana.account.principal, policy="# 환불 규정\n\n30일 안에 환불합니다.\n".encode())
    address = f"/api/users/{etl.ana.id}/documents"

    one = etl.client.delete(address, params={"confirm": True, "doc_type": "top_jobs"}, headers=etl.ana.header).json()
    rest = etl.client.delete(address, params={"confirm": True}, headers=etl.ana.header).json()
    left = documents(etl)
    again = etl.post(rest["undo"]["path"])
    carry_out(again.json()["job_id"])

    assert (one["deleted_count"], rest["deleted_count"], left["total"]) == (1, 6, 1)
    assert (again.status_code, documents(etl)["total"]) == (200, 8)


def test_when_the_state_of_processing_is_asked_for_then_the_run_that_goes_on_and_the_newest_are_told(
    etl: EtlHome,
) -> None:
    address = f"/api/users/{etl.ana.id}/processing-status"
    fresh = etl.get(address).json()
    job_id = etl.begin()
    waiting = etl.get(address).json()
    carry_out(job_id)
    done = etl.get(address).json()

    assert (fresh["current_status"], fresh["active_job"], fresh["recent_jobs"]) == ("none", None, [])
    assert (waiting["current_status"], waiting["active_job"]["job_id"]) == ("pending", job_id)
    assert (done["current_status"], done["active_job"], done["document_count"]) == ("completed", None, 7)
    assert done["last_processed_at"] == done["recent_jobs"][0]["completed_at"]


@pytest.mark.parametrize(("method", "rest"), [("GET", "profile"), ("GET", "documents"), ("GET", "processing-status"),
                                              ("POST", "reprocess"), ("DELETE", "documents?confirm=true")])  # fmt: skip
def test_when_it_is_somebody_elses_then_403_whether_they_exist_or_not(etl: EtlHome, method: str, rest: str) -> None:
    for name in (etl.ana.id, "nobody"):
        answer = etl.client.request(method, f"/api/users/{name}/{rest}", headers=etl.ben.header)
        assert (answer.status_code, bool(answer.json()["message"])) == (403, True)
    assert etl.client.request(method, f"/api/users/{etl.ana.id}/{rest}").status_code == 401


def test_when_an_administrator_looks_then_it_is_what_that_person_may_read(etl: EtlHome) -> None:
    etl.processed()
    answer = etl.get(f"/api/users/{etl.ben.id}/documents", etl.root)

    assert (answer.json()["total"], etl.get(f"/api/users/{etl.ana.id}/documents", etl.root).json()["total"]) == (0, 7)


def test_when_the_health_of_users_is_asked_for_then_nobody_has_to_sign_in(etl: EtlHome) -> None:
    assert etl.client.get("/api/users/health").json()["status"] == "healthy"


def test_when_nobody_has_to_sign_in_then_the_caller_is_local_and_has_the_sample_record(
    etl: EtlHome, settings_from: Callable[..., object]
) -> None:
    settings_from(DISABLE_AUTH="1")
    client = make_client()

    begun = client.post("/api/users/local/reprocess", json={"force": False})

    assert begun.status_code == 200
    assert client.get("/api/etl/users/local/jobs").json()["jobs"][0]["job_id"] == begun.json()["job_id"]
    assert client.get("/api/users/local/profile").json()["user"]["processing_status"] == "pending"
