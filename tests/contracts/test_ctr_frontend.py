"""The CTR frontend: upload, training, its sockets and the PDF (contract ctr 1.1, 2), and errors that it shows.

Figures that its views are drawn from are in `test_ctr_views`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import ctr_runs
from tests.contracts.carrying_out import EPOCHS, carry_out_training
from tests.contracts.frontends import Frontend
from tests.contracts.reading import (
    INSTANT,
    NUMBER,
    OBJECT,
    PERCENT,
    SHARE,
    STRING,
    TEXT,
    TRUTH,
    WHOLE,
    Reads,
    one_of,
    or_absent,
    or_null,
    within,
)
from tests.contracts.sidecar import Sidecar

ROWS = 1000
CONFIG: dict[str, Any] = {"experimentName": "spring", "epochs": 5, "batchSize": 1024, "learningRate": 0.001}
FORM: dict[str, Any] = {
    **CONFIG, "lstmHidden": 64, "mlpHidden": "256,128", "dropout": 0.2, "downsampling": False, "validationSplit": 0.2,
    "notifications": ["email", "push"],
}  # fmt: skip
COUNTS = (
    "totalRows", "totalColumns", "missingValues", "missingPercentage", "duplicateRows", "clickedOne", "clickedZero",
    "ctr",
)  # fmt: skip
UPLOADED: Reads = {
    "file_id": TEXT, "filename": TEXT, "rows": WHOLE, "columns[]": TEXT, "validation.isValid": TRUTH,
    "validation.errors[]?": TEXT, "validation.warnings[]?": TEXT, **{f"info.{name}": NUMBER for name in COUNTS},
    "preview[].clicked": NUMBER, "column_descriptions": OBJECT,
}  # fmt: skip
ORDERED: Reads = {"run_id": TEXT, "status": one_of("training")}
STATUS: Reads = {
    "status": one_of("training", "completed", "failed"), "current_epoch": WHOLE, "total_epochs": WHOLE,
    "metrics": OBJECT, "error": or_null(TEXT),
}  # fmt: skip
LISTED: Reads = {
    "[].run_id": TEXT, "[].created_at": INSTANT, "[].status": one_of("training", "completed", "failed"),
    "[].accuracy": or_null(SHARE), "[].file_id": or_null(TEXT), "[].config": OBJECT,
}  # fmt: skip
LOSSES, ACCURACIES = ("trainLoss", "valLoss"), ("trainAccuracy", "valAccuracy")
TRAINING_FRAMES: dict[str, Reads] = {
    "epoch_update": {
        "epoch": WHOLE, **{f"metrics.{name}": NUMBER for name in LOSSES},
        **{f"metrics.{name}": SHARE for name in ACCURACIES},
    },
    "log": {"message": TEXT},
}  # fmt: skip
PERFORMANCE_FRAMES: dict[str, Reads] = {
    "metrics_update": within("metrics", {
        "accuracy": PERCENT, "precision": or_absent(SHARE), "recall": SHARE, "f1Score": SHARE, "responseTime": NUMBER,
    }),
    "system_health": within("health", {
        "status": one_of("healthy", "warning", "critical"), "cpuUsage": or_absent(PERCENT),
        "memoryUsage": or_absent(PERCENT), "apiSuccessRate": or_absent(PERCENT), "errorRate": or_absent(PERCENT),
    }),
    "error_log": within("log", {
        "level": one_of("error", "warning", "info"), "message": TEXT, "timestamp": INSTANT, "stack": or_absent(STRING),
    }),
}  # fmt: skip


def table(rows: int = ROWS) -> dict[str, tuple[str, bytes, str]]:
    return {"file": ("clicks.csv", ctr_runs.as_csv(ctr_runs.planted().head(rows)), "text/csv")}


@pytest.fixture
def tester(ctr: Frontend) -> Frontend:
    return ctr.view("APITester")


def test_when_the_tester_asks_for_health_then_it_reads_healthy(tester: Frontend) -> None:
    tester.asks("GET", "/api/health", reads={"status": one_of("healthy")})


def test_when_a_file_is_uploaded_and_trained_on_then_monitor_and_status_follow_it_to_the_end(ctr: Frontend) -> None:
    uploaded = ctr.view("DataUpload").asks("POST", "/api/upload", files=table(), reads=UPLOADED)
    assert (len(uploaded["preview"]), len(uploaded["columns"])) == (10, 119)
    order = {"file_id": uploaded["file_id"], "config": CONFIG}
    run_id = ctr.view("APITester").asks("POST", "/api/train", json=order, reads=ORDERED)["run_id"]
    library = ctr.view("API library")
    waiting = library.asks("GET", f"/api/train/status/{run_id}", reads=STATUS)
    with ctr.view("TrainingMonitor").listens(f"/ws/training/{run_id}") as socket:
        carry_out_training(run_id)
        frames = socket.hears(until="training_complete", reads=TRAINING_FRAMES)
        assert socket.is_open()
    done = library.asks("GET", f"/api/train/status/{run_id}", reads=STATUS)
    listed = library.asks("GET", "/api/train/runs", reads=LISTED)

    assert [one["epoch"] for one in frames if one["type"] == "epoch_update"][-1] == EPOCHS
    assert (waiting["status"], waiting["current_epoch"]) == ("training", 0)
    assert (done["status"], done["current_epoch"]) == ("completed", EPOCHS)
    assert run_id in [one["run_id"] for one in listed]


def test_when_the_whole_form_is_sent_then_a_run_is_ordered(ctr: Frontend, sidecar: Sidecar) -> None:
    order = {"file_id": sidecar.file_id, "config": FORM}
    run_id = ctr.view("training form").asks("POST", "/api/train", json=order, reads=ORDERED)["run_id"]
    ctr_runs.end(run_id, "cancelled")


def test_when_a_training_fails_then_monitor_and_dashboard_of_the_provider_tell_why_without_paths(
    ctr: Frontend,
) -> None:
    run_id = ctr_runs.submit("")
    ctr_runs.begin(run_id)
    ctr_runs.fail(run_id, "ValueError: /srv/data/rows.parquet is gone")
    with ctr.view("TrainingMonitor").listens(f"/ws/training/{run_id}") as socket:
        frames = socket.hears(until="log", reads=TRAINING_FRAMES)
        assert socket.is_open()
    with ctr.view("SIDashboard").listens("/ws/performance") as socket:
        listed = socket.hears(until="error_log", reads=PERFORMANCE_FRAMES)[-1]["log"]
    status = ctr.asks("GET", f"/api/train/status/{run_id}", reads={**STATUS, "error": TEXT})

    assert (status["status"], listed["level"], listed["stack"]) == ("failed", "error", "")
    for told in (frames[-1]["message"], listed["message"], status["error"]):
        assert "rows.parquet" in told and "/srv" not in told


def test_when_the_dashboard_of_the_provider_listens_then_metrics_and_health_are_numbers_and_never_null(
    ctr: Frontend,
) -> None:
    with ctr.view("SIDashboard").listens("/ws/performance") as socket:
        frames = {one["type"]: one for one in socket.hears(until="system_health", reads=PERFORMANCE_FRAMES)}
    metrics, health = frames["metrics_update"]["metrics"], frames["system_health"]["health"]

    assert None not in [*metrics.values(), *health.values()], "the views merge frames over what they show"
    assert metrics["accuracy"] > 1, "a percent sign is printed behind it"
    assert metrics["f1Score"] == metrics["f1_score"]


@pytest.mark.parametrize("run_id", ["demo-run", "mock-run-1735981200000"])
def test_when_a_view_invents_a_run_then_a_log_says_so_and_the_socket_stays_open(ctr: Frontend, run_id: str) -> None:
    with ctr.view("TrainingMonitor").listens(f"/ws/training/{run_id}") as socket:
        frames = socket.hears(until="log", reads=TRAINING_FRAMES)
        assert socket.is_open()
    assert run_id in frames[-1]["message"]


def test_when_the_report_is_downloaded_then_it_is_made_with_its_parts_and_comes_as_a_pdf(
    ctr: Frontend, sidecar: Sidecar
) -> None:
    report = ctr.view("AIReport")
    parts = {"includeCharts": True, "includeInsights": True, "includeActionPlan": True}

    for run_id in (sidecar.run_id, "latest"):
        report.fetches("POST", f"/api/report/generate-pdf/{run_id}", json=parts)
        assert_pdf(report, run_id)


def test_when_the_client_downloads_the_latest_report_then_nobody_had_to_make_it_before(ctr: Frontend) -> None:
    assert_pdf(ctr.view("ClientDashboard"), "latest")


def test_when_the_tester_is_refused_then_it_shows_what_the_api_said(tester: Frontend, sidecar: Sidecar) -> None:
    said: Reads = {"message": TEXT}
    tester.asks("POST", "/api/upload", files={"file": ("clicks.csv", b"", "text/csv")}, status=422, reads=said)
    tester.asks("POST", "/api/train", json={"file_id": "none", "config": CONFIG}, status=404, reads=said)
    tester.asks("POST", "/api/train", json={"config": {**CONFIG, "epochs": 0}}, status=422, reads=said)
    tester.asks("GET", "/api/train/status/mock-run-1", status=404, reads=said)


def test_when_a_run_of_the_report_does_not_exist_then_the_view_may_see_that_and_makes_its_own(ctr: Frontend) -> None:
    ctr.view("AIReport").fetches("POST", "/api/report/generate-pdf/mock-run-1", json={}, status=404)
    ctr.view("AIReport").fetches("GET", "/api/report/pdf/mock-run-1", status=404)


def assert_pdf(view: Frontend, run_id: str) -> None:
    answer = view.fetches("GET", f"/api/report/pdf/{run_id}")
    assert answer.headers["Content-Type"] == "application/pdf", f"{view.name} saves a PDF"
    assert answer.content.startswith(b"%PDF"), f"{view.name} saves a PDF"
