"""The fault tests' own report: each says which fault it is, and a run with --write-reliability writes the table.

A test anywhere joins it by `@pytest.mark.fault(FAULT, WHAT_WAS_DONE, WHAT_MUST_HOLD)`; files outside this folder that
hold such tests are listed in `ELSEWHERE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.conftest import trained_ctr_home
from tests.conftest import PROJECT
from tests.faults.reliability import NOTE, Note, Outcome, table
from tests.faults.served_home import Served, serving_everything

__all__ = ["trained_ctr_home"]

OPTION = "--write-reliability"
TABLE = PROJECT / "docs" / "reliability.md"
ELSEWHERE = (
    "tests/accounts/test_attacks.py", "tests/chat/test_dead_parts.py", "tests/ctr/test_killed_training.py",
    "tests/fragrance/test_faults.py", "tests/jobs/test_running.py",
    "tests/knowledge/test_vector_server.py", "tests/knowledge/test_hostile_files.py",
    "tests/knowledge/test_interrupted_ingestions.py", "tests/network/test_limits_over_http.py",
    "tests/network/test_slow_clients.py", "tests/operations/test_backup.py", "tests/operations/test_checks.py",
    "tests/project/test_run_everything.py", "tests/resilience/test_rate_limits.py",
    "tests/resilience/test_result_cache.py",
    "tests/security/test_provider_tokens.py",
)  # fmt: skip

_outcomes = pytest.StashKey[dict[str, Outcome]]()


class Reports:
    """A plugin of its own: what stands in this file only hears of tests in this folder."""

    def __init__(self) -> None:
        self.seen: list[pytest.TestReport] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seen.append(report)


_reports = Reports()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, action="store_true", help=f"write {TABLE.relative_to(PROJECT)} from this run")


def is_writing(config: pytest.Config) -> bool:
    # The option is unknown where a run begins above this folder.
    return bool(config.getoption(OPTION, default=False))


def pytest_configure(config: pytest.Config) -> None:
    if is_writing(config):
        config.stash[_outcomes] = {}
        config.pluginmanager.register(_reports)
        config.args += [str(PROJECT / one) for one in ELSEWHERE]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not is_writing(config):
        return
    left_out = [item for item in items if item.get_closest_marker("fault") is None]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
    for item in items:
        marker = item.get_closest_marker("fault")
        assert marker is not None
        name = item.nodeid.partition("[")[0]
        config.stash[_outcomes].setdefault(name, Outcome(*marker.args, name)).cases.append(item.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not is_writing(session.config):
        return
    outcomes = session.config.stash[_outcomes]
    notes: dict[str, str] = {}
    for report in _reports.seen:
        notes |= dict(value.split("\n", 1) for name, value in report.user_properties if name == NOTE)
        found = outcomes.get(report.nodeid.partition("[")[0])
        if found is None:
            continue
        if report.failed:
            found.failed.add(report.nodeid)
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            found.skipped[report.nodeid] = reason.removeprefix("Skipped: ")
        elif report.when == "call":
            found.held.add(report.nodeid)
    TABLE.write_text(table(list(outcomes.values()), notes), "utf-8")


@pytest.fixture
def reliability_note(record_property: Callable[[str, object], None]) -> Note:
    """Call with a title and Markdown: a section of the document that a run with --write-reliability writes."""

    def note(title: str, text: str) -> None:
        record_property(NOTE, f"{title}\n{text}")

    return note


@pytest.fixture(scope="package")
def served(trained_ctr_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One API process for all that only sends requests."""
    with serving_everything(tmp_path_factory.mktemp("served") / "home", trained_ctr_home) as one:
        yield one
