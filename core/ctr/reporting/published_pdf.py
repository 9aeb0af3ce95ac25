"""The PDF of a finished run, made once for what stands in it and kept as a file."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from core.ctr.reporting.pdf import Sections, build_pdf
from core.ctr.runs import report_of
from core.pdf_fonts import find_fonts
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage.full_disk import told_when_full

if TYPE_CHECKING:
    from core.ctr.runs import Report

FOLDER = "reports"
KEPT = 200  # files; the ones not asked for longest go first
LAYOUT = 1  # raise it when the same report shall look different


def pdf_of(run_id: str, *, principal: Principal, language: str, sections: Sections = Sections()) -> bytes:
    """The report of `run_id`, or of the newest finished run for "latest", as bytes that never change for its content.

    Raises NotFound, Conflict while the run has no result, Unavailable when no font can be embedded, StorageFull.
    """
    require(principal, Permission.CTR_READ)
    report = report_of(run_id, principal=principal)
    place = get_settings().data_dir / FOLDER / f"{content_key(report, language, sections)}.pdf"
    try:
        content = place.read_bytes()
    except FileNotFoundError:
        content = build_pdf(report, language=language, sections=sections)
        _keep(place, content)
    else:
        os.utime(place)
    return content


def content_key(report: Report, language: str, sections: Sections) -> str:
    """SHA-256 of everything the pages are made from."""
    parts = {
        "report": report.document,
        "explanation": report.explanation,
        "language": language,
        "sections": asdict(sections),
        "brand": get_settings().brand_name,
        "fonts": [str(file) for file in find_fonts()],
        "version": version("analyst-workbench"),
        "layout": LAYOUT,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _keep(place: Path, content: bytes) -> None:
    """Write whole or not at all, so that another process never reads half a file."""
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(prefix=".writing-", dir=place.parent)
    try:
        with told_when_full():
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(unfinished).replace(place)
    finally:
        Path(unfinished).unlink(missing_ok=True)
    oldest_first = sorted(place.parent.glob("*.pdf"), key=lambda one: one.stat().st_mtime)
    for outdated in oldest_first[:-KEPT]:
        outdated.unlink(missing_ok=True)
