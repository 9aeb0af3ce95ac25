"""The PDF of a run is built once for its content and read from a file after that."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from core.ctr.reporting import published_pdf
from core.ctr.reporting.pdf import Sections
from core.ctr.reporting.published_pdf import content_key, pdf_of
from core.ctr.runs import Report
from core.errors import NotAllowed, NotFound, StorageFull
from core.security.policy import GUEST, LOCAL_ANALYST
from tests.ctr.reporting_example import RUN_ID, make_report


@pytest.fixture
def built(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    """Reports that were really built, in order; the run is the example's and building gives a mark instead of pages."""
    made: list[Report] = []

    def build(report: Report, **how: Any) -> bytes:
        made.append(report)
        return b"%PDF " + str(len(made)).encode()

    def report_of(run_id: str, *, principal: object) -> Report:
        return make_report()

    monkeypatch.setattr(published_pdf, "build_pdf", build)
    monkeypatch.setattr(published_pdf, "report_of", report_of)
    return made


def test_when_the_same_report_is_asked_for_again_then_the_file_answers(built: list[Report], home: Path) -> None:
    first = pdf_of(RUN_ID, principal=LOCAL_ANALYST, language="ko")
    second = pdf_of("latest", principal=LOCAL_ANALYST, language="ko")

    assert first == second == b"%PDF 1"
    assert len(built) == 1
    assert [file.suffix for file in (home / "data" / "reports").iterdir()] == [".pdf"]


def test_when_language_or_sections_differ_then_each_is_a_file_of_its_own(built: list[Report]) -> None:
    pdf_of(RUN_ID, principal=LOCAL_ANALYST, language="ko")
    pdf_of(RUN_ID, principal=LOCAL_ANALYST, language="en")
    pdf_of(RUN_ID, principal=LOCAL_ANALYST, language="en", sections=Sections(charts=False))

    assert len(built) == 3


def test_when_an_explanation_arrives_then_the_report_is_built_anew(built: list[Report]) -> None:
    before, after = make_report(explained=False), make_report()

    assert content_key(before, "ko", Sections()) != content_key(after, "ko", Sections())
    assert content_key(after, "ko", Sections()) == content_key(make_report(), "ko", Sections())


def test_when_the_brand_changes_then_the_report_is_built_anew(built: list[Report], settings_from: Any) -> None:
    before = content_key(make_report(), "ko", Sections())
    settings_from(WORKBENCH_BRAND_NAME="Acme")

    assert content_key(make_report(), "ko", Sections()) != before


def test_when_files_are_many_then_the_ones_not_asked_for_longest_go(
    built: list[Report], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published_pdf, "KEPT", 2)
    for sections in (Sections(), Sections(charts=False), Sections(insights=False)):
        pdf_of(RUN_ID, principal=LOCAL_ANALYST, language="ko", sections=sections)

    assert len(list((home / "data" / "reports").glob("*.pdf"))) == 2


def test_when_the_disk_is_full_then_it_is_said_and_no_half_file_stays(
    built: list[Report], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "replace", full)

    with pytest.raises(StorageFull):
        pdf_of(RUN_ID, principal=LOCAL_ANALYST, language="ko")
    assert list((home / "data" / "reports").iterdir()) == []


def test_when_a_guest_asks_then_nothing_is_read(built: list[Report]) -> None:
    with pytest.raises(NotAllowed):
        pdf_of(RUN_ID, principal=GUEST, language="ko")


def test_when_no_run_has_finished_then_latest_is_not_found(home: Path) -> None:
    with pytest.raises(NotFound):
        pdf_of("latest", principal=LOCAL_ANALYST, language="ko")
