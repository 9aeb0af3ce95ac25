"""What an administrator finds out about aptitude records and the documents made of them, and mends.

Served under the former address and under the two that its documents name (contract chat D27).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.wire.etl import begin, client_language, instant, subject
from app.api.wire.preferences import BulkAnswer, DiagnosisAnswer, OverviewAnswer, QueriesAnswer, RepairAnswer
from core.errors import Conflict, NotFound
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.knowledge.aptitude.diagnosis import Diagnosis

router = APIRouter(tags=["preferences"], route_class=GuardedRoute)

ADDRESSES = ("/admin/preference", "/api/admin/preference", "/api/preferences")
MOST_RECORDS = 1000
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def _under_each(method: str, path: str, **settings: Any) -> Callable[[Endpoint], Endpoint]:
    """Serve an endpoint at all three addresses."""

    def add(endpoint: Endpoint) -> Endpoint:
        for address in ADDRESSES:
            router.add_api_route(address + path, endpoint, methods=[method], **settings)
        return endpoint

    return add


@_under_each("GET", "/diagnose/{anp_seq}", response_model=DiagnosisAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def diagnose_record(anp_seq: int, request: Request, principal: Principal = CALLER) -> Any:
    """Whether a record's preferences are there, and the documents they should have become."""
    from core.knowledge.aptitude.diagnosis import diagnose

    return _diagnosis(diagnose(anp_seq, principal=principal), client_language(request))


@_under_each("GET", "/bulk-diagnose", response_model=BulkAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def diagnose_records(
    request: Request, principal: Principal = CALLER, limit: Annotated[int, Query(ge=1, le=MOST_RECORDS)] = 50,
    skip: Annotated[int, Query(ge=0)] = 0, only_issues: bool = False,
) -> Any:  # fmt: skip
    """Records by number; on request only those with something to mend or to know."""
    from core.knowledge.aptitude.diagnosis import diagnose_all

    found = [one for one in diagnose_all(principal=principal) if one.has_issues or not only_issues]
    shown = [_diagnosis(one, client_language(request)) for one in found[skip : skip + limit]]
    return {"results": shown, "total": len(found), "limit": limit, "skip": skip}


@_under_each("POST", "/test-queries/{anp_seq}", response_model=QueriesAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def test_queries(anp_seq: int, principal: Principal = CALLER, include_sample_data: bool = False) -> Any:
    """Ask for all that the documents of a record are made of, and say what came of it."""
    from core.knowledge.aptitude.diagnosis import try_queries

    tests = try_queries(anp_seq, principal=principal)
    succeeded = sum(one.succeeded for one in tests)
    queries = [
        {
            "query_name": one.name, "success": one.succeeded, "row_count": one.rows,
            "execution_time_ms": round(1000 * one.seconds, 3),
            "sample_data": one.sample if include_sample_data else None,
        }
        for one in tests
    ]  # fmt: skip
    counts = {"total": len(tests), "succeeded": succeeded, "success_rate": succeeded / len(tests)}
    return {"anp_seq": anp_seq, **counts, "queries": queries}


@_under_each("POST", "/validate-repair/{anp_seq}", response_model=RepairAnswer, response_model_exclude_none=True)
@needs(Permission.ACCOUNTS_MANAGE)
def validate_repair(anp_seq: int, request: Request, principal: Principal = CALLER, force_repair: bool = False) -> Any:
    """Process a record again for whom it belongs to, where that mends something, or in any case with force_repair."""
    from core.knowledge.aptitude.diagnosis import diagnose
    from core.knowledge.aptitude.records import begin_processing, people_of_record

    language = client_language(request)
    found = diagnose(anp_seq, principal=principal)
    jobs, reasons = [], []
    people = people_of_record(anp_seq) if found.can_be_repaired or force_repair else ()
    for owner in people:
        try:
            person = subject(owner, principal)
            made = begin_processing(person, anp_seq, force=force_repair, language=language, asked_by=principal)
            jobs.append(begin(made.id, principal=person, language=language))
        except (Conflict, NotFound) as problem:  # one person's documents do not stand in the way of another's
            reasons.append(problem.text(language))
    if not people and (found.can_be_repaired or force_repair):
        reasons.append(NotFound("aptitude.nobody_to_repair_for", number=anp_seq).text(language))
    return {"diagnosis": _diagnosis(found, language), "repaired": bool(jobs), "jobs": jobs, "reasons": reasons}


@_under_each("GET", "/stats/overview", response_model=OverviewAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def get_overview(principal: Principal = CALLER) -> Any:
    """How many records there are of each kind, and how many documents."""
    from core.knowledge.aptitude.diagnosis import overview
    from core.storage.database import utc_now

    found = overview(principal=principal)
    return {
        "total_records": found.records, "preference_status": found.presence, "processed_records": found.processed,
        "records_with_issues": found.with_issues, "mean_completeness": found.mean_completeness,
        "documents": found.documents, "timestamp": instant(utc_now()),
    }  # fmt: skip


def _diagnosis(one: Diagnosis, language: str) -> dict[str, Any]:
    from core.knowledge.aptitude.diagnosis import ALL_ANSWERS

    data = {
        "status": one.preferences, "answered": one.answered, "expected": ALL_ANSWERS, "fields": list(one.fields),
        "completeness": one.completeness,
    }  # fmt: skip
    issues = [{"code": found.key.upper().replace(".", "_"), "message": found.text(language)} for found in one.findings]
    return {
        "anp_seq": one.anp_seq, "name": one.name, "status": one.preferences, "preference_data": data,
        "expected_documents": list(one.expected), "documents": list(one.documents), "has_issues": one.has_issues,
        "issues": issues, "can_be_repaired": one.can_be_repaired,
    }  # fmt: skip
