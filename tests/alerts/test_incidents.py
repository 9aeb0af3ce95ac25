"""An incident opens once, is told once, closes once and is told once more; whoever may acknowledges it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from core.alerts.incidents import (
    Incident,
    Observation,
    acknowledge,
    close_quietly,
    get_incident,
    open_incidents,
    recent_incidents,
    settle,
)
from core.alerts.rules import shipped_rules
from core.alerts.telling import tell, words
from core.errors import BadInput, NotAllowed, NotFound
from core.notifications.inbox import list_notices
from core.notifications.notifier import deliver_queued
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.audit import search_entries
from core.storage.database import utc_now
from tests.conftest import PROJECT

DETAILS = {"percent": "61.0", "limit": "70", "known": 500, "expected": "90.0"}
RELAY = """
import os
from core.alerts.incidents import Observation, settle
from core.alerts.telling import tell
other = os.fork()  # from here on two processes do the same
for number in range(12):
    bad = number < 6
    details = {"value": "1", "limit": "2"}
    settle([Observation("disk_low", "system", None, bad, "critical", 1.0, 2.0, details)], tell=tell)
if other:
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(other, 0)[1]))
"""


def seen(bad: bool | None, *, owner: str = "local", run_id: str | None = "run", in_a_row: int = 2) -> Observation:
    return Observation("accuracy", owner, run_id, bad, "critical", 0.61, 0.7, DETAILS, in_a_row=in_a_row)


def of_the_system(bad: bool, kind: str = "disk_low") -> Observation:
    return Observation(kind, "system", None, bad, "critical", 1.0, 2.0, {"value": "1", "limit": "2"})


def test_when_one_look_is_bad_among_good_ones_then_no_incident_opens(home: Path) -> None:
    for bad in (True, False, True, False, True):
        assert settle([seen(bad)]) == ((), ())
    assert open_incidents(principal=LOCAL_ANALYST) == ()


def test_when_looks_stay_bad_then_one_incident_opens_at_the_second_and_only_once(home: Path) -> None:
    opened = [len(settle([seen(True)])[0]) for _ in range(5)]

    assert opened == [0, 1, 0, 0, 0]
    (incident,) = open_incidents(principal=LOCAL_ANALYST)
    assert (incident.value, incident.limit, incident.severity) == (0.61, 0.7, "critical")
    assert "61.0 %" in incident.text("en")
    assert "61.0 %" in incident.text("ko")


@pytest.mark.parametrize("needed", [1, 3, 6])
def test_when_a_rule_wants_so_many_looks_then_neither_more_nor_fewer_open_or_close(home: Path, needed: int) -> None:
    opened = [len(settle([seen(True, in_a_row=needed)])[0]) for _ in range(needed + 1)]
    closed = [len(settle([seen(False, in_a_row=needed)])[1]) for _ in range(needed + 1)]

    assert opened.index(1) == closed.index(1) == needed - 1
    assert sum(opened) == sum(closed) == 1


def test_when_two_looks_are_good_again_then_the_incident_closes_and_stays_on_record(home: Path) -> None:
    for _ in range(2):
        settle([seen(True)])
    closed = [len(settle([seen(bad)])[1]) for bad in (False, True, False, False, False)]

    assert closed == [0, 0, 0, 1, 0]
    assert open_incidents(principal=LOCAL_ANALYST) == ()
    assert [one.is_open for one in recent_incidents(principal=LOCAL_ANALYST)] == [False]
    assert [len(settle([seen(True)])[0]) for _ in range(2)] == [0, 1]  # and it may open anew


def test_when_a_look_cannot_tell_then_nothing_opens_or_closes(home: Path) -> None:
    for _ in range(2):
        settle([seen(True)])
    for _ in range(3):
        assert settle([seen(None)]) == ((), ())
    assert len(open_incidents(principal=LOCAL_ANALYST)) == 1


def test_when_incidents_are_somebody_elses_then_only_what_pages_show_of_the_system_is_seen(home: Path) -> None:
    shown = {"percent": "9", "requests": 30, "minutes": 5, "limit": "5"}
    for _ in range(2):
        settle(
            [
                seen(True, owner="somebody"),
                of_the_system(True),
                Observation("error_rate", "system", None, True, "critical", 0.09, 0.05, shown),
            ]
        )

    def kinds(role: Role) -> set[str]:
        return {one.kind for one in open_incidents(principal=Principal("another", role))}

    assert kinds(Role.ANALYST) == {"error_rate"}
    assert kinds(Role.DEVELOPER) == {"error_rate", "disk_low"}
    assert len(open_incidents(principal=LOCAL_ANALYST)) == 3


def test_when_an_incident_lasts_then_it_is_told_when_it_opens_and_when_it_closes_and_never_between(
    home: Path, settings_from
) -> None:
    settings_from(WORKBENCH_ALERT_CHANNELS="push,log")
    for bad in [True] * 6 + [False, True, False, True] + [False] * 4:
        settle([of_the_system(bad)], tell=tell)

    told = [one.subject for one in reversed(list_notices(principal=LOCAL_ANALYST))]
    assert told == ["Alert: Disk nearly full", "Over: Disk nearly full"]


def test_when_a_webhook_is_set_then_it_hears_of_the_beginning_and_of_the_end(home: Path, settings_from) -> None:
    heard: list[str] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Webhook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/hook"
        settings_from(WORKBENCH_ALERT_CHANNELS="slack,email", WORKBENCH_SLACK_WEBHOOK_URL=url)
        for bad in [True] * 4 + [False] * 4:
            settle([of_the_system(bad)], tell=tell)
            deliver_queued()
        server.shutdown()

    assert [text.splitlines()[0] for text in heard] == ["*Alert: Disk nearly full*", "*Over: Disk nearly full*"]
    states = {(one.channel, one.state) for one in list_notices(principal=LOCAL_ANALYST)}
    assert states == {("slack", "sent"), ("email", "not_configured")}


def test_when_the_log_is_a_channel_then_the_sentence_stands_there_and_no_notice_is_stored(
    home: Path, settings_from, capfd: pytest.CaptureFixture[str]
) -> None:
    settings_from(WORKBENCH_ALERT_CHANNELS="log")
    for _ in range(2):
        settle([of_the_system(True)], tell=tell)

    said = "".join(capfd.readouterr())
    assert "alert_opened" in said
    assert "1 GB are free" in said
    assert list_notices(principal=LOCAL_ANALYST) == ()


def test_when_telling_fails_then_the_incident_has_not_opened_either(home: Path) -> None:
    settle([of_the_system(True)])

    def no_way(*_: object) -> None:
        raise NotFound("alerts.no_such_rule", name="x")

    with pytest.raises(NotFound):
        settle([of_the_system(True)], tell=no_way)

    assert open_incidents(principal=LOCAL_ANALYST) == ()
    assert len(settle([of_the_system(True)])[0]) == 1


def test_when_two_processes_look_at_the_same_then_one_message_opens_and_one_closes(home: Path, settings_from) -> None:
    settings_from(WORKBENCH_ALERT_CHANNELS="push")
    environment = {**os.environ, "WORKBENCH_HOME": str(home), "WORKBENCH_ALERT_CHANNELS": "push"}
    subprocess.run([sys.executable, "-c", RELAY], cwd=PROJECT, env=environment, check=True, timeout=60)

    incidents = recent_incidents(principal=LOCAL_ANALYST)
    told = [one.subject for one in list_notices(principal=LOCAL_ANALYST)]
    assert sorted(told) == sorted(["Alert: Disk nearly full", "Over: Disk nearly full"] * len(incidents))
    assert sum(one.is_open for one in incidents) == 0


def test_when_somebody_acknowledges_then_the_first_note_stays_and_the_log_knows(home: Path) -> None:
    for _ in range(2):
        settle([of_the_system(True)])
    (incident,) = open_incidents(principal=LOCAL_ANALYST)
    operator = Principal("op", Role.DEVELOPER, "Operator")

    first = acknowledge(incident.id, "looking at it", principal=operator)
    second = acknowledge(incident.id, "me too", principal=LOCAL_ANALYST)

    assert first == second
    assert (first.acknowledged_by, first.note, first.is_open) == ("op", "looking at it", True)
    assert [(one.owner, one.action) for one in search_entries(action="alert", principal=LOCAL_ANALYST)] == [
        ("op", "alert.acknowledged")
    ]


def test_when_somebody_may_not_then_an_incident_is_not_acknowledged(home: Path) -> None:
    shown = {"percent": "9", "requests": 30, "minutes": 5, "limit": "5"}
    for _ in range(2):
        settle([seen(True), Observation("error_rate", "system", None, True, "critical", 0.09, 0.05, shown)])
    kinds = {one.kind: one.id for one in open_incidents(principal=LOCAL_ANALYST)}
    analyst = Principal("another", Role.ANALYST)

    with pytest.raises(NotAllowed):
        acknowledge(kinds["error_rate"], principal=analyst)
    with pytest.raises(NotFound):
        acknowledge(kinds["accuracy"], principal=analyst)
    with pytest.raises(BadInput):
        acknowledge(kinds["accuracy"], "x" * 1001, principal=Principal("local", Role.ANALYST))
    owner = Principal("local", Role.ANALYST)
    assert acknowledge(kinds["accuracy"], "mine", principal=owner).note == "mine"
    assert get_incident(kinds["error_rate"], principal=analyst).is_acknowledged is False


def test_when_a_rule_is_switched_off_then_what_it_opened_closes_without_a_word(home: Path, settings_from) -> None:
    settings_from(WORKBENCH_ALERT_CHANNELS="push")
    for _ in range(2):
        settle([of_the_system(True)])

    assert close_quietly(["disk_low"]) == 1

    assert open_incidents(principal=LOCAL_ANALYST) == ()
    assert list_notices(principal=LOCAL_ANALYST) == ()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_when_a_rule_exists_then_it_says_what_it_is_means_and_advises(language: str) -> None:
    for rule in shipped_rules():
        assert rule.title(language)
        assert rule.meaning(language)
        assert rule.advice(language)
        now = utc_now()
        closed = Incident(1, "system", rule.name, rule.severity, None, now, now, now, 0, 0, {})
        assert all(words(closed, language))
