"""What an API process of its own writes and sends while people use it: its lines and spans, and never their words."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import httpx
import pytest

from core.telemetry import logs
from tests.api.accounts import PASSWORD, person_named
from tests.conftest import PROJECT, process_home
from tests.telemetry.api_process import serving

NAME = "marked-login"
EMAIL = "marked-person@example.org"
WRONG = "marked-wrong-password"
PROMPT = "marked-prompt 제 환불은 언제 됩니까?"
QUERY = "marked-query rose and amber"
FILE = "marked-file-name.csv"
CELL = "marked-cell"
TOKEN = "marked.token.value"
SCRAPER = "marked-scrapers-token"
SEARCH = "/api/v1/search/semantic"


@dataclass(frozen=True)
class Seen:
    """What one API process wrote and sent, and what it had answered. secrets: what must be in neither."""

    text: str
    spans: list[dict[str, Any]]
    statuses: dict[str, int]
    counted: str
    secrets: list[str]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]

    def named(self, name: str) -> dict[str, Any]:
        return next(one for one in self.spans if one["name"] == name)

    def line_of(self, path: str, status: int) -> dict[str, Any]:
        return next(one for one in self.lines if (one.get("path"), one.get("status")) == (path, status))


@contextmanager
def collecting(file: Path) -> Iterator[str]:
    """The address of a collector; at the end what it took stands in the file, a span a line."""
    command = [sys.executable, "-m", "tests.telemetry.collector"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as collector:
        assert collector.stdout is not None
        port = collector.stdout.readline().strip()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            collector.terminate()
            file.write_text(collector.stdout.read(), "utf-8")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("leaves")
    with process_home(folder / "home", DISABLE_AUTH="0"), collecting(folder / "spans") as collector:
        person_named(NAME, email=EMAIL)
        with (
            serving(
                folder / "home", folder / "log", WORKBENCH_OTLP_ENDPOINT=collector, WORKBENCH_METRICS_TOKEN=SCRAPER
            ) as address,
            httpx.Client(base_url=address, timeout=60) as api,
        ):
            answers, secrets = _use(api)
            counted = api.get("/metrics", headers={"Authorization": f"Bearer {SCRAPER}"}).text
    spans = [json.loads(line) for line in (folder / "spans").read_text("utf-8").splitlines()]
    yield Seen((folder / "log").read_text("utf-8"), spans, answers, counted, secrets)


def _use(api: httpx.Client) -> tuple[dict[str, int], list[str]]:
    """Sign in wrongly and rightly, ask, search, upload, go astray: status by what was done, and the secrets."""

    def sign_in(password: str) -> httpx.Response:
        return api.post("/api/auth/login", json={"username": NAME, "password": password})

    refused, signed_in = sign_in(WRONG), sign_in(PASSWORD)
    token = signed_in.json()["tokens"]["access"]
    api.headers["Authorization"] = f"Bearer {token}"
    upload = {"file": (FILE, f"name,clicked\n{CELL},1\n".encode())}
    answers = {
        "refused": refused,
        "signed in": signed_in,
        "question": api.post("/api/chat/question", json={"question": PROMPT}),
        "search": api.post(SEARCH, json={"query": QUERY, "top_k": 3, "search_type": "similarity"}),
        "upload": api.post("/api/datasets", files=upload, data={"room": "customers"}),
        "named": api.get(f"/api/users/{EMAIL}/profile?token={TOKEN}"),
        "stray": api.get(f"/somewhere/{EMAIL}/{FILE}?q={PROMPT}"),
        "false token": api.get("/api/jobs", headers={"Authorization": f"Bearer {TOKEN}"}),
        "no number": api.post(SEARCH, json={"query": QUERY, "top_k": PROMPT}),
    }
    words = [NAME, EMAIL, WRONG, PASSWORD, token, TOKEN, SCRAPER, "marked-prompt", "marked-query", FILE, CELL, "환불"]
    return {name: one.status_code for name, one in answers.items()}, words


def test_when_the_workbench_is_used_then_no_line_holds_what_people_typed_sent_or_are_called(seen: Seen) -> None:
    assert (seen.statuses["signed in"], seen.statuses["search"], seen.statuses["question"]) == (200, 200, 200)
    assert len([one for one in seen.lines if one["event"] == "request"]) >= len(seen.statuses)
    for secret in seen.secrets:
        assert secret not in seen.text, secret


def test_when_it_is_traced_then_no_span_holds_it_either(seen: Seen) -> None:
    sent = json.dumps(seen.spans, ensure_ascii=False)

    assert len(seen.spans) > len(seen.statuses)
    for secret in seen.secrets:
        assert secret not in sent, secret


def test_when_the_workbench_is_used_then_a_scrape_tells_how_much_and_never_what(seen: Seen) -> None:
    for series in (
        'http_requests_total{method="POST",route="/api/chat/question",status="200"} 1.0',
        'http_requests_total{method="GET",route="unmatched",status="404"} 1.0',
        'fragrance_searches_total{kind="text"}',
        'chat_requests_total{state="not_in_documents"} 1.0',
        'errors_total{kind="NotSignedIn",room="security"}',
        "user_sessions_active 1.0",
    ):
        assert series in seen.counted, series
    for secret in seen.secrets:
        assert secret not in seen.counted, secret


def test_when_an_address_names_somebody_then_its_line_shows_the_declared_one(seen: Seen) -> None:
    assert seen.line_of("/api/users/{user_id}/profile", seen.statuses["named"])
    assert seen.line_of("/*/*/*", 404)


def test_when_a_collector_is_named_then_requests_and_searches_are_spans_of_one_trace(seen: Seen) -> None:
    request, search = seen.named(f"POST {SEARCH}"), seen.named("fragrance.search")

    assert request["address"] == "/v1/traces"
    assert request["attributes"]["http.route"] == SEARCH
    assert search["trace"] == request["trace"] and search["parent"]


def test_when_something_outside_is_called_then_its_span_names_the_dependency_and_that_it_failed(seen: Seen) -> None:
    call = seen.named("outside.call")

    assert call["attributes"]["dependency"] == "ollama"
    assert (call["status"], call["attributes"]["error.type"]) == (2, "Unavailable")


def test_when_a_request_is_logged_then_its_line_names_its_trace(seen: Seen) -> None:
    line = seen.line_of(SEARCH, 200)

    assert line["trace_id"] == seen.named(f"POST {SEARCH}")["trace"]
    assert re.fullmatch("[0-9a-f]{32}", line["trace_id"])


def test_when_a_process_ends_then_the_span_of_its_work_leaves_with_it(home: Path, tmp_path: Path) -> None:
    program = "from core.telemetry.traces import span\nwith span('job.run', notebook='ctr_train'):\n    pass\n"
    with collecting(tmp_path / "spans") as collector:
        named = {**os.environ, "WORKBENCH_OTLP_ENDPOINT": collector}
        subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True, timeout=60, env=named)

    (told,) = (json.loads(line) for line in (tmp_path / "spans").read_text().splitlines())
    assert (told["name"], told["attributes"]) == ("job.run", {"notebook": "ctr_train"})


@pytest.mark.parametrize(("level", "is_told"), [("info", False), ("debug", True)])
def test_when_an_error_is_logged_then_its_text_is_told_only_to_who_asked_for_everything(
    settings_from: Any, capsys: pytest.CaptureFixture[str], level: str, is_told: bool
) -> None:
    settings_from(WORKBENCH_LOG_LEVEL=level)
    logs._configure.cache_clear()
    try:
        try:
            os.environ[EMAIL]
        except KeyError as cause:
            raise ValueError(PROMPT) from cause
    except ValueError as error:
        logs.get_logger("tests").error("broken", exc_info=error)
    line = json.loads(capsys.readouterr().err)
    logs._configure.cache_clear()

    assert [one["type"] for one in line["exception"]] == ["ValueError", "KeyError"]
    assert __name__.replace(".", "/") in line["exception"][0]["frames"][-1]
    assert ("marked" in json.dumps(line)) is is_told


NOT_PLAIN = re.compile(r"\.text\b|\bstr\(\w*error\)|f['\"]").search
FORBIDDEN = {
    *("text", "message", "question", "answer", "prompt", "query", "title", "body", "content", "url", "address"),
    *("email", "login_name", "display_name", "user_name", "password", "token", "file_name"),
}


def test_when_something_is_logged_then_only_ids_codes_and_numbers_are_given() -> None:
    """A sentence or the text of an error may hold what somebody wrote: neither is passed to a log, in any process."""
    careless, calls = [], 0
    for file in [*(PROJECT / "core").rglob("*.py"), *(PROJECT / "app").rglob("*.py")]:
        source = file.read_text("utf-8")
        for node in ast.walk(ast.parse(source)) if "log." in source else ():
            if not _is_log_call(node):
                continue
            calls += 1
            given = [(one.arg, ast.unparse(one.value)) for one in node.keywords]
            bad = [f"{name}={value}" for name, value in given if name in FORBIDDEN or NOT_PLAIN(value)]
            if bad or not all(isinstance(one, ast.Constant) for one in node.args):
                careless.append(f"{file.relative_to(PROJECT)}:{node.lineno} {bad}")

    assert calls > 30
    assert careless == []


def _is_log_call(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"info", "warning", "error"}
        and re.fullmatch(r"(self\.)?log", ast.unparse(node.func.value)) is not None
    )
