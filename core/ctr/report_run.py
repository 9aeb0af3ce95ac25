"""The PDF reports of a run made by a notebook and kept as its artifact, in every language the pages speak."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from core.ctr import runs
from core.ctr.data.impressions import read_impressions
from core.ctr.data.schema import TARGET
from core.ctr.data.splits import split_by_time
from core.ctr.reporting.pdf import build_pdf
from core.ctr.reporting.published_pdf import pdf_of
from core.ctr.samples.impressions import SAMPLE_NAME, make_impressions
from core.errors import BadInput
from core.messages import LANGUAGES
from core.security.policy import Permission, Principal, require
from core.storage.artifacts import SavedArtifact, save_artifact

if TYPE_CHECKING:
    from core.ctr.runs import Report

SLOT = "report"
SAMPLE_RUN = "sample"  # stands for a small model of the synthetic sample, trained on the spot
SAMPLE_ROWS = 3000


@dataclass(frozen=True)
class Reports:
    """The reports of one training. document: what they tell. pdfs: language -> bytes of the file."""

    run_id: str
    document: dict[str, Any]
    explanation: dict[str, Any] | None
    pdfs: dict[str, bytes]

    def figures(self) -> list[dict[str, Any]]:
        """Each candidate's scores with their intervals, as the reports tell them."""
        return [
            {"model": one["name"], "chosen": one["chosen"], "score": name, **score}
            for one in self.document["models"]
            for name, score in one["evaluation"]["scores"].items()
        ]


def languages_of(words: str) -> tuple[str, ...]:
    """The languages that a parameter names, separated by commas. Raises BadInput for one there is no report in."""
    chosen = tuple(dict.fromkeys(part.strip() for part in words.split(",") if part.strip()))
    if not chosen or not set(chosen) <= set(LANGUAGES):
        raise BadInput("ctr.report_languages", given=words, known=", ".join(LANGUAGES))
    return chosen


def make_reports(
    run_id: str, languages: Sequence[str], *, principal: Principal, progress: Callable[[float], None]
) -> Reports:
    """The reports of a finished training ("latest" for the newest), or of a small one made here for "sample".

    Raises NotFound, Conflict while the run has no result, Unavailable when no font can be embedded.
    """
    require(principal, Permission.CTR_READ)
    if run_id == SAMPLE_RUN:
        document = _sample_document()
        report = SimpleNamespace(document=document, explanation=None)
        pdfs = {language: build_pdf(_as_report(report), language=language) for language in languages}
        return Reports(SAMPLE_RUN, document, None, pdfs)
    found = runs.report_of(run_id, principal=principal)
    pdfs = {}
    for done, language in enumerate(languages, 1):
        pdfs[language] = pdf_of(found.run.id, principal=principal, language=language)
        progress(done / len(languages))
    return Reports(found.run.id, found.document, found.explanation, pdfs)


def store(reports: Reports, *, job_id: str) -> SavedArtifact:
    """Keep the files as the artifact of the run that made them."""
    files = {file_name(language): content for language, content in reports.pdfs.items()}
    metadata = {"reports": reports.run_id, "data": reports.document["data"], "parameters": {}}
    return save_artifact(runs.ROOM, job_id, files, metadata, slot=SLOT)


def file_name(language: str) -> str:
    return f"report_{language}.pdf"


def result_of(reports: Reports, artifact: SavedArtifact) -> dict[str, Any]:
    """The result of the job: what was made, and the headline it tells."""
    evaluation = reports.document["evaluation"]
    return {
        "reports": reports.run_id,
        "model": reports.document["champion"]["name"],
        "verdict": reports.document["verdict"],
        "explained": reports.explanation is not None,
        "scores": {name: one["value"] for name, one in evaluation["scores"].items()},
        "files": [
            {"name": file_name(language), "bytes": len(content), "content_sha256": hashlib.sha256(content).hexdigest()}
            for language, content in reports.pdfs.items()
        ],
        "artifact": asdict(artifact),
    }


def _as_report(report: Any) -> Report:
    """A sample has no job and no artifact; the pages are made of document and explanation alone."""
    found: Report = report
    return found


def _sample_document() -> dict[str, Any]:
    from core.ctr.reporting.report_document import report_document
    from core.ctr.training.config import TrainingConfig
    from core.ctr.training.rows import TrainingData
    from core.ctr.training.train import train_candidates

    sample = make_impressions(rows=SAMPLE_ROWS)
    config = TrainingConfig(models=("hashed_logistic",), trials=1)
    data = TrainingData(
        source=SAMPLE_NAME,
        sha256="",
        dataset_id="",
        frame=sample.frame,
        rows=read_impressions(sample.frame),
        split=split_by_time(sample.frame),
        truth=sample.probability,
        synthetic=True,
        target=TARGET,
        positive=None,
        findings=(),
        accepted={},
    )
    return report_document(train_candidates(config, data), run_id=SAMPLE_RUN)
