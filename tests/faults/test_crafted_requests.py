"""Paths, names and bodies that are crafted to break out or to break down, at every route of a running API."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.faults.any_request import LEFT_OUT
from tests.faults.raw_requests import Operation, operations, send
from tests.faults.served_home import Served
from tests.network.processes import SECRET

TRICKS = (
    "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "..%252f..%252fetc%252fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5c..%5cetc%5cpasswd", "..%c0%af..%c0%afetc%c0%afpasswd", "%2fetc%2fpasswd", "..%2fworkbench.db", "..",
    "a%00.csv", "%00", "%0d%0aX-Planted:%20a", "%ff%fe", "%ed%a0%80", "CON", "~root", "x" * 5000,
)  # fmt: skip
TELLTALES = (b"root:x:0", b"SQLite format 3", SECRET.encode())
BODIES = (
    b"[" * 60_000, b'{"a":' * 60_000, b"\xff\xfe\x00", b"NaN", b'{"query": 1e999, "question": Infinity}', b"null",
    b'"text"', b"[]", b'{"a": ' + b"9" * 5000 + b"}", b"",
)  # fmt: skip
JSON = {"Content-Type": "application/json"}


def header(served: Served) -> dict[str, str]:
    return served.administrator()


def paths_with(one: Operation, trick: str) -> list[str]:
    """The route's address with the trick in each of its parameters."""
    whole = one.path
    for name in one.path_names:
        whole = whole.replace(f"{{{name}}}", trick)
    if one.query_names:
        whole += "?" + "&".join(f"{name}={trick}" for name in one.query_names)
    return [whole] if one.path_names or one.query_names else []


@pytest.mark.fault(
    "path tricks", "encoded and doubly encoded traversal, NUL, line breaks, broken UTF-8 and 5,000 letters in every"
    " path and query parameter of every route, as an administrator",
    "no fault, and nothing of the machine's or the workbench's own files is shown",
)  # fmt: skip
@pytest.mark.timeout(300)
@pytest.mark.parametrize("tricks", [TRICKS[:4], pytest.param(TRICKS[4:], marks=pytest.mark.soak)], ids=["few", "all"])
def test_when_a_parameter_is_a_path_then_nothing_is_read_that_it_names(served: Served, tricks: tuple[str, ...]) -> None:
    broken = []
    for one in operations(served.url):
        if one.path in LEFT_OUT or (one.method == "GET" and "{" not in one.path and not one.query_names):
            continue
        for trick in tricks:
            for target in paths_with(one, trick):
                answer = send(served.url, one.method, target, headers={**header(served), **JSON}, body=b"{}")
                is_open = any(told in answer.body for told in TELLTALES)
                if is_open or answer.status in (0, 500, 502) or "x-planted" in answer.header_names:
                    broken.append((one.method, target[:120], answer.status, answer.body[:200]))

    assert not broken, broken[:20]


@pytest.mark.fault(
    "path tricks", "files whose names climb out of their folder, hold NUL or are overlong, to every route that takes"
    " files", "no fault, and no file appears outside the home",
)  # fmt: skip
def test_when_a_file_is_named_like_a_path_then_nothing_is_written_where_it_names(
    served: Served, tmp_path: Path
) -> None:
    names = ("../../../../" + str(tmp_path / "planted.csv").lstrip("/"), "..\\..\\planted.csv", "a\0b.csv", "x" * 4000)
    beside = sorted(one.name for one in served.home.parent.iterdir())
    broken = []
    for one in (one for one in operations(served.url) if one.takes_files):
        for name in names:
            body = (
                f'--border\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                "Content-Type: text/csv\r\n\r\na,b\r\n1,2\r\n--border--\r\n"
            ).encode()
            told = {**header(served), "Content-Type": "multipart/form-data; boundary=border"}
            answer = send(served.url, one.method, one.path, headers=told, body=body)
            if answer.status in (0, 500, 502):
                broken.append((one.method, one.path, name[:40], answer.status, answer.body[:200]))

    assert not broken
    assert not list(tmp_path.iterdir())
    assert sorted(one.name for one in served.home.parent.iterdir()) == beside


@pytest.mark.fault(
    "oversized and broken bodies", "JSON nested 60,000 deep, broken UTF-8, endless numbers, infinity, NUL and lone"
    " surrogates in every field of every route", "no fault: each is refused in one sentence",
)  # fmt: skip
@pytest.mark.timeout(300)
@pytest.mark.parametrize("bodies", [BODIES[:3], pytest.param(BODIES[3:], marks=pytest.mark.soak)], ids=["few", "all"])
def test_when_a_body_is_crafted_then_it_is_refused_and_the_process_stands(
    served: Served, bodies: tuple[bytes, ...]
) -> None:
    broken = []
    for one in operations(served.url):
        if not one.takes_json or one.path in LEFT_OUT:
            continue
        target = one.path
        for name in one.path_names:
            target = target.replace(f"{{{name}}}", quote(served.ids.get(name, ("7",))[0], safe=""))
        odd = [json.dumps(dict.fromkeys(one.fields, text)).encode() for text in ("a\0b", "\ud800", "١٢", "9" * 400)]
        for body in (*bodies, *odd):
            answer = send(served.url, one.method, target, headers={**header(served), **JSON}, body=body)
            if answer.status in (0, 500, 502):
                broken.append((one.method, target, body[:60], answer.status, answer.body[:200]))

    assert not broken, broken[:20]
    assert send(served.url, "GET", "/livez").status == 200
