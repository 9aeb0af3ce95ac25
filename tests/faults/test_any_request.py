"""Whatever our own description of the API allows or forbids is sent: nothing breaks, and what is away says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.any_request import Attack, Told
from tests.faults.served_home import Served, serving_everything

# The one status of 5xx that is said on purpose, by code of the error table, and why it cannot be another one.
ON_PURPOSE = {
    "": "the old readiness address says by its status whether a proxy should send people here",
    "NOT_READY": "so does the probe",
    "CUSTOMERS_NO_MODEL": "nobody trained a customer model in this home",
    "IMAGES_NOTHING_BUILT": "nobody built an image domain in this home",
    "RESILIENCE_UNAVAILABLE": "the language model's server is configured and nobody listens there",
    "RESILIENCE_OPEN": "the same, once its breaker has opened",
}
SLOW = frozenset({"/api/v1/training/evaluate", "/api/predictions", "/api/v2/agentic/request", "/api/chat/question"})


def is_as_it_must(told: Told, served: Served) -> bool:
    """Asserts; every 5xx was on purpose, and requests came through to answers of every kind."""
    unjustified = [one for one in told.unavailable if one[1] not in ON_PURPOSE]
    assert not told.problems, "\n".join(told.problems[:20]) + served.log.read_text("utf-8")[-4000:]
    assert not unjustified, unjustified
    assert {200, 401, 404, 422} <= set(told.statuses)
    return True


@pytest.mark.fault(
    "any request at all", "schemathesis makes up valid and invalid requests to every operation of our OpenAPI, sent"
    " to a real process by an administrator and by nobody",
    "no 5xx but those said on purpose by the error table, which the test lists with their reasons",
)  # fmt: skip
@pytest.mark.timeout(300)
def test_when_made_up_requests_come_to_every_route_then_none_ends_in_a_fault(served: Served) -> None:
    assert is_as_it_must(Attack(served).run(examples=2, number=1, without=SLOW), served)


@pytest.mark.fault(
    "any request at all", "schemathesis makes up valid and invalid requests to every operation of our OpenAPI, sent"
    " to a real process by an administrator and by nobody; six of each",
    "no 5xx but those said on purpose by the error table, which the test lists with their reasons",
)  # fmt: skip
@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("number", [11])
def test_when_thousands_of_made_up_requests_come_then_none_ends_in_a_fault(
    trained_ctr_home: Path, tmp_path: Path, number: int
) -> None:
    with serving_everything(tmp_path / "home", trained_ctr_home, is_full=True) as full:
        assert is_as_it_must(Attack(full).run(examples=6, number=number), full)
