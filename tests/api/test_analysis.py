"""POST /api/analysis as the customer frontend calls it (contract customers 6: 1, 2, 4, 5, 19)."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import FREQUENCIES, PROFILE


def ask(client: TestClient, path: str = "/api/analysis", headers: dict[str, str] | None = None, **changes: Any) -> Any:
    return client.post(path, json={**PROFILE, **changes}, headers=headers or {})


def test_when_a_profile_is_sent_then_the_answer_has_exactly_three_fields(client: TestClient) -> None:
    answer = ask(client)

    assert answer.status_code == 200
    assert set(answer.json()) == {"predicted_cluster", "cluster_name", "cluster_description"}
    assert type(answer.json()["predicted_cluster"]) is int
    assert answer.json()["cluster_name"] and answer.json()["cluster_description"]


def test_when_the_path_ends_in_a_slash_then_the_answer_is_identical_and_no_redirect(client: TestClient) -> None:
    assert ask(client, "/api/analysis/").status_code == 200
    assert ask(client, "/api/analysis/").json() == ask(client).json()


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_when_a_frequency_is_known_then_it_is_answered(client: TestClient, frequency: str) -> None:
    assert ask(client, **{"Frequency of Purchases": frequency}).status_code == 200


def test_when_a_frequency_is_unknown_then_the_location_names_the_field(client: TestClient) -> None:
    answer = ask(client, **{"Frequency of Purchases": "Daily"})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][-1] == "Frequency of Purchases"
    assert "Every 3 Months" in answer.json()["message"]
    assert answer.json()["error_code"] == "VALIDATION_FAILED"


@pytest.mark.parametrize(("age", "status"), [(0, 200), (120, 200), ("35", 200), (121, 422), (-1, 422), (35.5, 422)])
def test_when_an_age_is_sent_then_whole_years_from_0_to_120_pass(client: TestClient, age: Any, status: int) -> None:
    assert ask(client, Age=age).status_code == status


@pytest.mark.parametrize(("amount", "status"), [(0, 200), (19.99, 200), ("50", 200), (-1, 422), ("much", 422)])
def test_when_an_amount_is_sent_then_numbers_from_0_pass(client: TestClient, amount: Any, status: int) -> None:
    assert ask(client, **{"Purchase Amount (USD)": amount}).status_code == status


@pytest.mark.parametrize(("yes", "no"), [(True, False), ("Yes", "No"), (" yes ", "no"), (1, 0)])
def test_when_a_subscription_is_written_differently_then_it_means_the_same(
    client: TestClient, yes: Any, no: Any
) -> None:
    for plain, written in ((True, yes), (False, no)):
        expected = ask(client, **{"Subscription Status": plain})
        assert ask(client, **{"Subscription Status": written}).json() == expected.json()


@pytest.mark.parametrize("word", ["maybe", 2, None, []])
def test_when_a_subscription_is_neither_yes_nor_no_then_it_is_refused(client: TestClient, word: Any) -> None:
    assert ask(client, **{"Subscription Status": word}).status_code == 422


def test_when_snake_case_names_are_used_then_the_answer_is_the_same(client: TestClient) -> None:
    body = {
        "age": 35,
        "purchase_amount": 50,
        "subscription_status": "Yes",
        "frequency_of_purchases": "Monthly",
    }

    assert client.post("/api/analysis", json=body).json() == ask(client).json()


def test_when_a_field_is_missing_then_the_answer_names_it(client: TestClient) -> None:
    answer = client.post("/api/analysis", json={name: PROFILE[name] for name in list(PROFILE)[1:]})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "Age"]
    assert list(answer.json()["field_errors"]) == ["Age"]


def test_when_a_number_is_not_finite_then_it_is_refused_in_valid_json(client: TestClient) -> None:
    body = (
        '{"Age": NaN, "Purchase Amount (USD)": Infinity, "Subscription Status": true,'
        ' "Frequency of Purchases": "\\ud800"}'
    )
    answer = client.post("/api/analysis", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert {one["loc"][-1] for one in answer.json()["detail"]} == {
        "Age",
        "Purchase Amount (USD)",
        "Frequency of Purchases",
    }


def test_when_only_amount_and_subscription_differ_then_clusters_differ_somewhere(client: TestClient) -> None:
    clusters = {
        (frequency, amount, subscribed): ask(
            client,
            **{
                "Frequency of Purchases": frequency,
                "Purchase Amount (USD)": amount,
                "Subscription Status": subscribed,
            },
        ).json()["predicted_cluster"]
        for frequency, amount, subscribed in product(FREQUENCIES, (20, 100), (True, False))
    }

    assert any(clusters[f, 20, s] != clusters[f, 100, s] for f, s in product(FREQUENCIES, (True, False)))
    assert any(clusters[f, a, True] != clusters[f, a, False] for f, a in product(FREQUENCIES, (20, 100)))


def test_when_a_language_is_preferred_then_names_follow_and_are_korean_otherwise(client: TestClient) -> None:
    plain = ask(client).json()
    english = ask(client, headers={"Accept-Language": "en-US,en;q=0.9,ko;q=0.5"}).json()
    korean = ask(client, headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"}).json()

    assert plain == korean
    assert english["predicted_cluster"] == korean["predicted_cluster"]
    assert english["cluster_name"].isascii() and not korean["cluster_name"].isascii()


def test_when_nothing_is_published_then_the_answer_says_so_with_503(bare_client: TestClient) -> None:
    answer = ask(bare_client)

    assert answer.status_code == 503
    assert answer.json()["error_code"] == "ANALYSIS_FAILED"
    assert answer.json()["code"] == "CUSTOMERS_NO_MODEL"
    assert "customers_train_clusters" in answer.json()["message"]


def test_when_the_old_customers_route_is_called_then_it_is_not_there(client: TestClient) -> None:
    for path in ("/api/customers", "/api/customers/"):
        assert client.get(path).status_code == 404
        assert client.post(path, json=PROFILE).status_code == 404
