"""Uploading impressions (contract ctr 6: 1, 2, 4, 5)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient

from tests.api.ctr_runs import as_csv, impressions

INFO = {
    "totalRows", "totalColumns", "missingValues", "missingPercentage", "duplicateRows", "clickedOne", "clickedZero",
    "ctr",
}  # fmt: skip


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return impressions(1000)


def upload(client: TestClient, content: bytes | pl.DataFrame, name: str = "clicks.csv", **fields: str) -> Any:
    content = as_csv(content) if isinstance(content, pl.DataFrame) else content
    return client.post("/api/upload", files={"file": (name, content, "text/csv")}, data=fields)


def test_when_health_is_asked_then_it_is_healthy_and_tells_the_time(bare_client: TestClient) -> None:
    answer = bare_client.get("/api/health")

    assert (answer.status_code, answer.json()["status"]) == (200, "healthy")
    assert abs(datetime.fromisoformat(answer.json()["timestamp"]) - datetime.now(UTC)) < timedelta(seconds=5)


def test_when_a_whole_file_is_uploaded_then_its_columns_figures_and_first_rows_are_told(
    bare_client: TestClient, frame: pl.DataFrame
) -> None:
    answer = upload(bare_client, frame)

    assert answer.status_code == 200
    told = json.loads(answer.text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert told["columns"] == frame.columns
    assert (told["rows"], len(told["preview"]), len(told["columns"])) == (1000, 10, 119)
    assert set(told["info"]) == INFO
    assert told["info"]["clickedOne"] + told["info"]["clickedZero"] == 1000
    assert told["info"]["ctr"] == pytest.approx(100 * frame["clicked"].mean())
    assert told["info"]["missingValues"] == sum(frame.null_count().row(0))
    assert told["validation"]["isValid"] is True
    assert told["column_descriptions"]["gender"].startswith("성별")
    assert "익명" in told["column_descriptions"]["feat_a_15"]


def test_when_rows_repeat_then_they_are_counted(bare_client: TestClient, frame: pl.DataFrame) -> None:
    told = upload(bare_client, pl.concat([frame, frame.head(3)])).json()

    assert told["info"]["duplicateRows"] == 3


def test_when_clicked_is_missing_then_the_error_names_it_and_training_is_refused(
    bare_client: TestClient, frame: pl.DataFrame
) -> None:
    told = upload(bare_client, frame.drop("clicked")).json()
    trained = bare_client.post("/api/train", json={"file_id": told["file_id"], "config": {}})

    assert told["validation"]["isValid"] is False
    assert any("clicked" in sentence for sentence in told["validation"]["errors"])
    assert told["info"]["ctr"] == 0
    assert "clicked" in told["unavailable"]["ctr"]
    assert (trained.status_code, trained.json()["code"]) == (409, "DATASETS_OPEN_FINDINGS")


@pytest.mark.parametrize(
    ("cells", "said"),
    [([2] + [0, 1] * 499 + [0], "2"), (["yes", "no"] * 500, "yes"), ([0] * 1000, "0"), ([1] * 1000, "1")],
    ids=["2", "words", "no click", "clicks only"],
)
def test_when_the_target_cannot_be_learnt_then_the_error_names_column_and_value(
    bare_client: TestClient, frame: pl.DataFrame, cells: list[Any], said: str
) -> None:
    told = upload(bare_client, frame.with_columns(pl.Series("clicked", cells, strict=False))).json()

    assert told["validation"]["isValid"] is False
    assert any("clicked" in sentence and said in sentence for sentence in told["validation"]["errors"])
    assert bare_client.post("/api/train", json={"file_id": told["file_id"]}).status_code == 409


def test_when_half_a_percent_click_then_there_is_a_warning_and_the_file_is_valid(
    bare_client: TestClient, frame: pl.DataFrame
) -> None:
    told = upload(bare_client, frame.with_columns(pl.Series("clicked", [1] * 5 + [0] * 995))).json()

    assert told["validation"]["isValid"] is True
    assert any("0.5 %" in sentence for sentence in told["validation"]["warnings"])


def test_when_another_target_is_chosen_then_its_clicks_are_counted(bare_client: TestClient) -> None:
    table = pl.DataFrame({"age": range(60), "sex": ["m", "f"] * 30, "income": ["low", "low", "high"] * 20})

    told = upload(bare_client, table, target="income", positive="high").json()

    assert (told["info"]["clickedOne"], told["info"]["clickedZero"]) == (20, 40)
    assert told["columns"] == ["age", "sex", "income"]
    assert told["validation"]["errors"] == []


@pytest.mark.parametrize(
    ("content", "name"), [(b"", "clicks.csv"), (b"\x89PNG\r\n", "clicks.csv"), (b"a,b\n", "clicks.csv")]
)
def test_when_a_file_cannot_be_read_then_one_sentence_says_why(
    bare_client: TestClient, content: bytes, name: str
) -> None:
    answer = upload(bare_client, content, name)

    assert answer.status_code == 422
    assert name in answer.json()["message"]
    assert bare_client.get("/api/datasets", params={"room": "ctr"}).json() == []


def test_when_a_history_is_endless_then_the_preview_shows_its_beginning(
    bare_client: TestClient, frame: pl.DataFrame
) -> None:
    long = ",".join(["17"] * 14_000)

    told = upload(bare_client, frame.with_columns(seq=pl.lit(long))).json()

    assert len(told["preview"][0]["seq"]) < 300


def test_when_korean_is_preferred_then_errors_are_korean(bare_client: TestClient, frame: pl.DataFrame) -> None:
    files = {"file": ("clicks.csv", as_csv(frame.drop("clicked")), "text/csv")}
    told = bare_client.post("/api/upload", files=files, headers={"Accept-Language": "ko"}).json()

    assert "없" in told["validation"]["errors"][0]


def test_when_impressions_come_through_the_general_upload_then_the_same_gate_is_passed(
    bare_client: TestClient, frame: pl.DataFrame
) -> None:
    files = {"file": ("clicks.csv", as_csv(frame.with_columns(clicked=pl.lit(2))), "text/csv")}
    told = bare_client.post("/api/datasets", files=files, data={"room": "ctr"}).json()

    assert "ctr.target_values" in {one["code"] for one in told["findings"] if one["open"]}
