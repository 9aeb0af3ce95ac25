"""The report over HTTP and its PDF (contract ctr 6: 19)."""

from __future__ import annotations

import io
import re

import pytest
from fastapi.testclient import TestClient

from core.messages import say
from tests.api.conftest import make_client
from tests.api.test_ctr_figures import forget_explanations, get


def text_of(pdf: bytes) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_when_latest_is_downloaded_without_an_order_then_the_pdf_is_made_and_its_accuracy_is_the_apis(
    ctr_client: TestClient, run_id: str
) -> None:
    answer = ctr_client.get("/api/report/pdf/latest")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")
    text = text_of(answer.content)
    assert re.search("[가-힣]{2}", text)
    accuracy = ctr_client.get(f"/api/performance/{run_id}").json()["accuracy"]
    assert f"{100 * accuracy:.2f}%" in text
    assert run_id in text


def test_when_nothing_was_trained_then_there_is_no_pdf(bare_client: TestClient) -> None:
    fetched, ordered = bare_client.get("/api/report/pdf/latest"), bare_client.post("/api/report/generate-pdf/latest")

    assert (fetched.status_code, fetched.json()["code"]) == (404, "CTR_NO_RUNS")
    assert ordered.status_code == 404


@pytest.mark.parametrize("switch", ["includeActionPlan", "include_action_plan"])
def test_when_a_part_is_switched_off_then_the_download_of_any_process_leaves_it_out(
    ctr_client: TestClient, run_id: str, switch: str
) -> None:
    whole = text_of(ctr_client.get(f"/api/report/pdf/{run_id}").content)
    ordered = ctr_client.post(f"/api/report/generate-pdf/{run_id}", json={switch: False})
    without = text_of(make_client().get(ordered.json()["pdf_url"]).content)

    assert ordered.json() == {"pdf_url": f"/api/report/pdf/{run_id}", "status": "generated", "run_id": run_id}
    assert say("reports.page_actions", "ko") in whole
    assert say("reports.page_actions", "ko") not in without


def test_when_latest_is_ordered_then_the_run_it_stands_for_is_told(ctr_client: TestClient, run_id: str) -> None:
    assert ctr_client.post("/api/report/generate-pdf/latest", json={}).json()["run_id"] == run_id


def test_when_english_is_preferred_then_the_pdf_is_english(ctr_client: TestClient) -> None:
    english = ctr_client.get("/api/report/pdf/latest", headers={"Accept-Language": "en"})

    assert not re.search("[가-힣]{2}", text_of(english.content))


def test_when_the_report_view_is_asked_then_everything_it_formats_is_a_number(
    ctr_client: TestClient, run_id: str
) -> None:
    report = get(ctr_client, f"/api/report/ai/{run_id}")

    assert report["accuracy"] == pytest.approx(100 * get(ctr_client, f"/api/performance/{run_id}")["accuracy"])
    assert (report["cac"], report["ltv"]) == (0, 0)
    assert {"cac", "ltv", "roas", "roiIncrease", "additionalRevenue"} <= set(report["unavailable"])
    for one in (*report["topFeatures"], *report["lowImpactFeatures"]):
        assert isinstance(one["importance"], float)
        assert isinstance(one["pValue"], float)
    for one in report["actionPlan"]:
        assert isinstance(one["impact"], int | float)
        assert one["priority"] in ("high", "medium")
    assert report["title"]
    assert report["summary"]
    assert all(one["message"] for one in report["aiInsights"])


def test_when_there_is_no_explanation_then_the_report_says_so_instead_of_features(
    ctr_client: TestClient, run_id: str
) -> None:
    forget_explanations()

    report = get(ctr_client, f"/api/report/ai/{run_id}")

    assert report["topFeatures"] == []
    assert run_id in report["unavailable"]["topFeatures"]
