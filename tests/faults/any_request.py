"""Requests that schemathesis makes up from our own description of the API, sent to a real process."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode

from tests.faults.served_home import Served

PATIENCE_S = 300.0  # fifty briefs are composed one after the other where somebody asks for it
READ_BYTES = 4000
# Closes the workbench for everybody, which is tried by itself (tests/api/test_maintenance.py).
LEFT_OUT = {"/api/v1/admin/maintenance/mode"}
# What they do ends the sessions of the account that asks: new ones are opened behind them.
ENDING = ("/api/auth/", "/api/users/", "/api/v1/auth/", "/api/v2/auth/")


@dataclass
class Told:
    """What came back. problems: status, address and beginning of the body of each answer that must not be."""

    statuses: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    by_address: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    unavailable: dict[tuple[str, str], str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass
class Attack:
    """Sends each made-up request twice: as an administrator, and as nobody."""

    served: Served
    session: requests.Session = field(default_factory=requests.Session)
    told: Told = field(default_factory=Told)

    def __post_init__(self) -> None:
        self.administrator = self.served.administrator()

    def run(self, *, examples: int, number: int, without: frozenset[str] = frozenset()) -> Told:
        """Valid and invalid requests to every operation. number: of the sequence, which is always the same one."""
        document = self.session.get(f"{self.served.url}/openapi.json", timeout=PATIENCE_S).json()
        for found in schemathesis.openapi.from_dict(document).get_all_operations():
            operation = found.ok()
            if operation.path in LEFT_OUT | without:
                continue
            cases = operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE)
            sending = settings(
                max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(given(cases)(self._send))  # fmt: skip
            seed(number)(sending)()
        return self.told

    def _send(self, case: Case) -> None:
        for name, value in case.path_parameters.items():
            known = self.served.ids.get(name)
            # Half of them name something that is there, which leads deeper than 404.
            if known and sum(str(value).encode()) % 2:
                case.path_parameters[name] = known[len(str(value)) % len(known)]
        for headers in ({}, self.administrator):
            sent = case.as_transport_kwargs(base_url=self.served.url)
            for name, value in headers.items():
                sent["headers"][name] = value
            self._judge(case, sent)
        if case.path.startswith(ENDING):
            self.administrator = self.served.administrator()

    def _judge(self, case: Case, sent: dict[str, Any]) -> None:
        line = f"{case.method} {sent['url']}"
        try:
            answer = self.session.request(**sent, stream=True, timeout=PATIENCE_S, allow_redirects=False)
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError):
            return  # the client library itself sends no such thing
        except requests.RequestException as error:
            self.told.problems.append(f"{line}: no answer, {type(error).__name__}: {error}"[:600])
            return
        with answer:
            self.told.statuses[answer.status_code] += 1
            self.told.by_address[case.path].add(answer.status_code)
            if answer.status_code >= 500:
                self._note(case, answer, line)
            elif "event-stream" not in answer.headers.get("content-type", ""):  # which may go on for ever
                answer.raw.read(10 * READ_BYTES)

    def _note(self, case: Case, answer: requests.Response, line: str) -> None:
        body = answer.raw.read(READ_BYTES, decode_content=True)
        if answer.status_code in (503, 507):
            try:
                said = requests.models.complexjson.loads(body)
            except ValueError:
                said = {}
            self.told.unavailable[case.path, str(said.get("code", ""))] = str(said.get("message", ""))
        else:
            self.told.problems.append(f"{line}: {answer.status_code} {body[:300]!r} for {case.body!r:.300}")
