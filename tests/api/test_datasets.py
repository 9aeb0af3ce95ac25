"""Uploading, reading and deleting datasets over HTTP; whatever goes wrong, nothing is half stored."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.incoming_files import remove_leftovers
from core.customers.samples import sample_csv
from tests.api.conftest import make_client

HEADER = "Age,Purchase Amount (USD),Subscription Status,Frequency of Purchases\n"
ROWS = "".join(f"{20 + n},{30.5 + n},{'Yes' if n % 3 else 'No'},Monthly\n" for n in range(40))
CSV = (HEADER + ROWS).encode()


def upload(client: TestClient, content: bytes = CSV, name: str = "customers.csv", **fields: str) -> Any:
    return client.post("/api/datasets", files={"file": (name, content)}, data={"room": "customers", **fields})


@pytest.fixture
def empty_after(bare_client: TestClient, home: Path) -> Iterator[TestClient]:
    """A client; whatever the test does must leave no dataset and no file behind."""
    yield bare_client
    assert bare_client.get("/api/datasets").json() == []
    files = [path.name for path in (home / "data").rglob("*") if path.is_file() and "workbench.db" not in path.name]
    assert set(files) <= {"token.key"}  # which seals the entry that it was removed


def test_when_a_file_is_uploaded_then_it_is_a_dataset_and_no_temporary_file_stays(
    bare_client: TestClient, home: Path
) -> None:
    answer = upload(bare_client)

    assert answer.status_code == 201
    dataset = answer.json()
    assert (dataset["rows"], dataset["format"], dataset["name"]) == (40, "csv", "customers.csv")
    assert bare_client.get(f"/api/datasets/{dataset['id']}").json() == dataset
    assert bare_client.get("/api/datasets", params={"room": "customers"}).json() == [dataset]
    assert bare_client.get("/api/datasets", params={"room": "ctr"}).json() == []
    assert list((home / "data" / "incoming").iterdir()) == []


def test_when_the_same_content_comes_again_then_it_is_the_same_dataset(bare_client: TestClient) -> None:
    assert upload(bare_client).json()["id"] == upload(bare_client, name="again.csv").json()["id"]


def test_when_a_dataset_is_deleted_then_it_is_gone(empty_after: TestClient) -> None:
    dataset_id = upload(empty_after).json()["id"]

    assert empty_after.delete(f"/api/datasets/{dataset_id}").status_code == 204
    assert empty_after.get(f"/api/datasets/{dataset_id}").status_code == 404


def test_when_headers_are_renamed_then_the_mapping_names_them_again(bare_client: TestClient) -> None:
    renamed = CSV.replace(b"Frequency of Purchases", b"rhythm of visits")
    mapping = {
        "Age": "Age",
        "Purchase Amount (USD)": "Purchase Amount (USD)",
        "Subscription Status": "Subscription Status",
        "Frequency of Purchases": "rhythm of visits",
    }
    answer = upload(bare_client, renamed, mapping=json.dumps(mapping))

    assert answer.status_code == 201
    assert "Frequency of Purchases" in answer.json()["columns"]


def test_when_a_required_column_is_missing_then_the_finding_can_be_accepted_with_a_reason(
    bare_client: TestClient,
) -> None:
    without = CSV.replace(b"Frequency of Purchases", b"something else")
    dataset = upload(bare_client, without).json()
    finding = next(one for one in dataset["findings"] if one["open"])
    path = f"/api/datasets/{dataset['id']}/findings/accept"
    body = {"code": finding["code"], "column": finding["column"], "reason": "it is known to be so"}

    assert finding["message"]
    assert bare_client.post(path, json={**body, "reason": "  "}).status_code == 422
    assert bare_client.post(path, json={**body, "code": "quality.nothing"}).status_code == 404
    accepted = bare_client.post(path, json=body)
    assert accepted.status_code == 200
    now = next(one for one in accepted.json()["findings"] if one["code"] == finding["code"])
    assert (now["open"], now["accepted_because"]) == (False, "it is known to be so")


@pytest.mark.parametrize(
    ("content", "name", "fields", "code"),
    [
        (b"", "empty.csv", {}, "UPLOADS_EMPTY"),
        (HEADER.encode(), "header.csv", {}, "UPLOADS_HEADER_ONLY"),
        (CSV + b"1,2\n", "ragged.csv", {}, "UPLOADS_RAGGED_ROWS"),
        ("나이,금액\n".encode() + "서른,삼십\n".encode("cp949"), "mixed.csv", {}, "UPLOADS_MIXED_ENCODINGS"),
        (b"%PDF-1.7", "table.csv", {}, "UPLOADS_CONTENT_DIFFERS"),
        (b"MZ\x00\x01", "table.exe", {}, "UPLOADS_UNKNOWN_FORMAT"),
        (CSV, "customers.csv", {"mapping": "[1]"}, "API_FIELD_NOT_JSON"),
        (CSV, "customers.csv", {"mapping": "{"}, "API_FIELD_NOT_JSON"),
        (CSV, "customers.csv", {"mapping": '{"Age": "years"}'}, "MAPPING_UNKNOWN_COLUMN"),
        (CSV, "customers.csv", {"room": "garden"}, "API_UNKNOWN_ROOM"),
        (CSV, "customers.csv", {"room": ""}, "API_FIELD_MISSING"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_when_a_file_cannot_be_used_then_one_sentence_says_why(
    empty_after: TestClient, content: bytes, name: str, fields: dict[str, str], code: str
) -> None:
    answer = upload(empty_after, content, name, **fields)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["message"]


def test_when_a_workbook_has_several_sheets_then_they_are_named_until_one_is_chosen(
    bare_client: TestClient, tmp_path: Path
) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for title in ("spring", "autumn"):
        sheet = book.create_sheet(title)
        for line in (HEADER + ROWS).strip().splitlines():
            sheet.append(line.split(","))
    book.save(tmp_path / "book.xlsx")
    content = (tmp_path / "book.xlsx").read_bytes()

    asked = upload(bare_client, content, "book.xlsx")
    chosen = upload(bare_client, content, "book.xlsx", sheet="autumn")

    assert (asked.status_code, asked.json()["code"]) == (422, "UPLOADS_SEVERAL_SHEETS")
    assert "spring" in asked.json()["message"]
    assert (chosen.status_code, chosen.json()["sheet"], chosen.json()["rows"]) == (201, "autumn", 40)


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "found while reading"])
def test_when_a_file_is_over_the_limit_then_413_tells_the_limit(
    empty_after: TestClient, settings_from: Callable[..., object], announced: bool
) -> None:
    settings_from(WORKBENCH_UPLOAD_LIMIT_MB="1")
    client = make_client()
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
        + CSV * 1500
        + b"\r\n--x--\r\n"
    )
    parts = (body[start : start + 65536] for start in range(0, len(body), 65536))
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/api/datasets", content=body * 2 if announced else parts, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "API_FILE_TOO_LARGE")
    assert answer.json()["details"]["limit_mb"] == 1
    assert announced or "big.csv" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{}", "application/json", "API_FILE_MISSING"),
        (b'--x\r\nContent-Disposition: form-data; name="room"\r\n\r\ncustomers\r\n--x--\r\n', None, "API_FILE_MISSING"),
        (b"nonsense", None, "API_FILE_MISSING"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\n1,',
            None,
            "API_UPLOAD_INCOMPLETE",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na\r\n' * 2 + b"--x--\r\n",
            None,
            "API_ONE_FILE",
        ),
    ],
    ids=["json", "no file", "nonsense", "cut off", "two files"],
)
def test_when_a_form_holds_no_whole_file_then_nothing_is_stored(
    empty_after: TestClient, body: bytes, content_type: str | None, code: str
) -> None:
    headers = {"Content-Type": content_type or "multipart/form-data; boundary=x"}
    answer = empty_after.post("/api/datasets", content=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_when_the_disk_is_full_then_507_and_nothing_stays(
    empty_after: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile._TemporaryFileWrapper.flush", full, raising=False)

    answer = upload(empty_after)

    assert (answer.status_code, answer.json()["code"]) == (507, "STORAGE_DISK_FULL")


def test_when_a_killed_process_left_a_file_then_the_next_start_removes_it_and_no_running_upload(
    tmp_path: Path,
) -> None:
    old, running = tmp_path / "upload-old", tmp_path / "upload-running"
    for path in (old, running):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))

    remove_leftovers(tmp_path)

    assert (old.exists(), running.exists()) == (False, True)


def test_when_two_files_are_uploaded_at_once_then_both_are_stored_whole(bare_client: TestClient) -> None:
    contents = [sample_csv(rows=400, seed=1), sample_csv(rows=300, seed=2)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda content: upload(bare_client, content), contents))

    assert [answer.status_code for answer in answers] == [201, 201]
    assert {answer.json()["rows"] for answer in answers} == {400, 300}
    assert len(bare_client.get("/api/datasets").json()) == 2


def test_when_a_name_carries_a_path_then_only_its_last_part_is_kept(bare_client: TestClient) -> None:
    assert upload(bare_client, name="..\\..\\etc/나이.csv").json()["name"] == "나이.csv"


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [("GET", "", None), ("DELETE", "", None), ("POST", "/findings/accept", {"code": "x", "reason": "y"})],
)
def test_when_a_dataset_is_unknown_then_404(bare_client: TestClient, method: str, rest: str, body: Any) -> None:
    answer = bare_client.request(method, f"/api/datasets/none{rest}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (404, "DATASETS_NOT_FOUND")
