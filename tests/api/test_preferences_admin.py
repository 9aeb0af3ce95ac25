"""Diagnosis, repair and monitoring for administrators alone (contract chat 1.2, D27, 3 Alert rules, 5: 25)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.errors import Unavailable
from core.storage import knowledge_tables
from core.storage.database import utc_now, writing
from tests.api.etl_home import EtlHome, carry_out
from tests.knowledge.collections_home import HashEncoder

ADDRESSES = ("/admin/preference", "/api/admin/preference", "/api/preferences")
MONITORING = "/api/monitoring/preference"
METRICS = ("metrics/summary", "metrics/query-success-rates", "metrics/document-creation", "alerts")


def figures(etl: EtlHome, rest: str, **parameters: Any) -> dict[str, Any]:
    answer = etl.get(f"{MONITORING}/{rest}", etl.root, **parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def alerts(etl: EtlHome, **parameters: Any) -> set[str]:
    return {one["rule"] for one in figures(etl, "alerts", **parameters)["alerts"]}


@pytest.mark.parametrize("address", ADDRESSES)
def test_when_a_record_is_diagnosed_then_each_address_tells_what_is_there(etl: EtlHome, address: str) -> None:
    etl.processed()

    body = etl.get(f"{address}/diagnose/17", etl.root).json()

    assert (body["status"], body["has_issues"], len(body["documents"])) == ("present", False, 7)
    assert body["preference_data"] == {"status": "present", "answered": 120, "expected": 120, "completeness": 1.0,
                                       "fields": body["preference_data"]["fields"]}  # fmt: skip


def test_when_only_issues_are_asked_for_then_whole_processed_records_are_left_out(etl: EtlHome) -> None:
    etl.processed()

    every = etl.get("/admin/preference/bulk-diagnose", etl.root, limit=5, skip=14).json()
    issues = etl.get("/admin/preference/bulk-diagnose", etl.root, only_issues=True).json()

    assert (every["total"], [one["anp_seq"] for one in every["results"]]) == (30, [15, 16, 17, 18, 19])
    assert issues["total"] == 29 and 17 not in [one["anp_seq"] for one in issues["results"]]


def test_when_queries_are_tried_then_samples_are_shown_only_on_request(etl: EtlHome) -> None:
    plain, with_samples = (
        etl.post("/admin/preference/test-queries/7", who=etl.root, include_sample_data=shown).json()
        for shown in (False, True)
    )

    assert (plain["total"], plain["succeeded"]) == (9, 7)  # neither preferences nor documents
    assert {one["query_name"] for one in plain["queries"] if not one["success"]} == {"PREFERENCE_ANALYSIS", "documents"}
    assert not any(one["sample_data"] for one in plain["queries"])
    assert with_samples["queries"][0]["sample_data"]["name"] == "학생 007"


def test_when_a_record_is_repaired_then_a_run_is_begun_for_whom_it_belongs_to(etl: EtlHome) -> None:
    address = "/admin/preference/validate-repair"
    begun = etl.post(f"{address}/17", who=etl.root).json()
    carry_out(begun["jobs"][0]["job_id"])
    fine, forced, nobody = (
        etl.post(f"{address}/{number}", who=etl.root, force_repair=force).json()
        for number, force in ((17, False), (17, True), (3, False))
    )

    assert (begun["repaired"], etl.jobs_of(etl.ana)["total"]) == (True, 2)
    assert (fine["repaired"], fine["jobs"], fine["reasons"]) == (False, [], [])
    assert forced["repaired"] and forced["jobs"][0]["job_id"] != begun["jobs"][0]["job_id"]
    assert (nobody["repaired"], len(nobody["reasons"])) == (False, 1)


def test_when_an_overview_is_asked_for_then_it_is_counted(etl: EtlHome) -> None:
    etl.processed()

    body = etl.get("/admin/preference/stats/overview", etl.root).json()

    assert body["preference_status"] == {"present": 20, "partial": 6, "missing": 4}
    assert (body["total_records"], body["processed_records"], body["documents"]["USER_PROFILE"]) == (30, 1, 1)


def test_when_nothing_ever_ran_then_no_figure_is_invented_and_no_alert_is_raised(etl: EtlHome) -> None:
    summary = figures(etl, "metrics/summary")

    assert [summary[name] for name in ("query_success_rate", "document_creation_rate", "completeness",
                                       "mean_processing_ms", "stalled_minutes")] == [None] * 5  # fmt: skip
    assert (
        alerts(etl)
        == set()
        == {one["rule"] for one in etl.post(f"{MONITORING}/check-alerts", who=etl.root).json()["alerts"]}
    )


def test_when_all_went_well_then_figures_are_whole_and_no_alert_is_raised(etl: EtlHome) -> None:
    etl.processed()

    summary = figures(etl, "metrics/summary")
    reads, made = (figures(etl, f"metrics/{name}") for name in ("query-success-rates", "document-creation"))

    assert (summary["runs"]["completed"], summary["records_processed"], summary["completeness"]) == (1, 1, 1.0)
    assert reads["overall"] == made["overall"] == {"tried": 7, "succeeded": 7, "rate": 1.0}
    assert made["by_type"]["PREFERENCE_ANALYSIS"] == {"tried": 1, "succeeded": 1, "rate": 1.0}
    assert summary["mean_processing_ms"] > 0 and alerts(etl) == set()


def test_when_the_encoder_was_down_then_exactly_the_creation_of_documents_is_critical(etl: EtlHome) -> None:
    carry_out(etl.begin(), encoder=HashEncoder(broken={"이름은": Unavailable}))

    assert figures(etl, "metrics/document-creation")["overall"]["rate"] == 0
    assert alerts(etl) == {"document_creation_critical"}
    assert alerts(etl, severity="warning") == set()


def test_when_processed_records_lack_preferences_then_exactly_completeness_is_warned_of(etl: EtlHome) -> None:
    etl.processed(etl.ben, anp_seq=7)
    impact = figures(etl, "user-impact")

    assert alerts(etl) == {"completeness_warning"}
    assert impact["impact"] == {"critical": 1, "moderate": 0, "minor": 0}
    assert impact["users"] == [{"user_id": etl.ben.id, "anp_seq": 7, "completeness": 0.0, "impact": "critical"}]


def test_when_something_waits_and_nothing_ends_then_exactly_that_is_critical_until_it_is_taken_up(
    etl: EtlHome,
) -> None:
    job_id = etl.begin()
    at_once = alerts(etl)
    with writing() as connection:
        connection.execute(update(knowledge_tables.ingestions).values(created_at=utc_now() - timedelta(minutes=20)))
    later = alerts(etl)
    carry_out(job_id)

    assert (at_once, later, alerts(etl)) == (set(), {"processing_stalled"}, set())


def test_when_runs_are_slow_or_reads_fail_then_exactly_those_rules_are_raised(etl: EtlHome) -> None:
    etl.processed()
    with writing() as connection:
        slow = {"started_at": utc_now() - timedelta(seconds=40), "finished_at": utc_now()}
        connection.execute(update(knowledge_tables.ingestions).values(**slow))
    first = alerts(etl)
    with writing() as connection:
        lost = knowledge_tables.ingestion_items.c.position < 2  # 5 of 7 were read
        values = {"state": "failed", "stage": "query_execution"}
        connection.execute(update(knowledge_tables.ingestion_items).where(lost).values(**values))
    second = alerts(etl)

    assert (first, second) == ({"slow_processing"}, {"slow_processing", "query_success_warning"})


def test_when_it_happened_before_the_window_then_it_does_not_count(etl: EtlHome) -> None:
    etl.processed(etl.ben, anp_seq=7)
    before = utc_now() - timedelta(hours=3)
    with writing() as connection:
        connection.execute(update(knowledge_tables.ingestions).values(started_at=before, finished_at=before))
        connection.execute(update(knowledge_tables.ingestion_items).values(updated_at=before))

    assert (alerts(etl, time_window_hours=1), alerts(etl, time_window_hours=24)) == (set(), {"completeness_warning"})


def test_when_rules_are_listed_then_their_limits_are_those_of_the_contract(etl: EtlHome) -> None:
    rules = {one["name"]: one for one in figures(etl, "alert-rules")["rules"]}

    assert [rules[name]["below"] for name in ("query_success_critical", "document_creation_critical")] == [0.5, 0.7]
    assert (rules["slow_processing"]["above"], rules["processing_stalled"]["check_every_minutes"]) == (30000, 15)


def test_when_a_window_is_out_of_range_then_it_is_refused(etl: EtlHome) -> None:
    for hours in (0, 169):
        assert etl.get(f"{MONITORING}/alerts", etl.root, time_window_hours=hours).status_code == 422


def test_when_the_caller_is_no_administrator_then_403_and_without_a_token_401(etl: EtlHome) -> None:
    asked = [("GET", f"{MONITORING}/{rest}") for rest in (*METRICS, "user-impact", "alert-rules")]
    asked.append(("POST", f"{MONITORING}/check-alerts"))
    for address in ADDRESSES:
        asked += [("GET", f"{address}/{rest}") for rest in ("diagnose/17", "bulk-diagnose", "stats/overview")]
        asked += [("POST", f"{address}/{rest}") for rest in ("test-queries/17", "validate-repair/17")]

    for method, address in asked:
        for who in (etl.ana, etl.dev):
            assert etl.client.request(method, address, headers=who.header).status_code == 403, address
        assert etl.client.request(method, address).status_code == 401, address
    assert etl.get("/admin/preference/diagnose/99", etl.root).status_code == 404
