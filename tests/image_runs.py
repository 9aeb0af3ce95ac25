"""A small drawn domain with a finished, published build and calibration, without a notebook run."""

from __future__ import annotations

import shutil
from pathlib import Path

from core.images.building.build_report import report_document
from core.images.building.publishing import result_of, store
from core.images.building.steps import BuildConfig, build_domain
from core.images.runs import BUILDING
from core.jobs.records import submit
from core.security.policy import LOCAL_ANALYST
from core.storage.database import engine
from tests.ctr_runs import succeed
from tests.images.small_domain import add_small_domain, drawn, share_compiled_models

DOMAIN = "shapes"
CLASSES, PICTURES = 4, 6  # just enough to calibrate on


def finish_build(domain: str = DOMAIN, *, publish: bool = True) -> str:
    """Build what lies in the domain now, as the notebook would; the id of the finished run."""
    job = submit(BUILDING, {"domain": domain}, principal=LOCAL_ANALYST)
    build = build_domain(BuildConfig(domain=domain), run_id=job.id, principal=LOCAL_ANALYST)
    stored = store(build, report_document(build), principal=LOCAL_ANALYST, publish=publish)
    succeed(job, result_of(build, stored))
    return job.id


def built_domain_in(home: Path, kept: Path) -> str:
    """A domain of drawn pictures, built once: later tests get a copy of the first one's home. The id of the run."""
    if not kept.exists():
        add_small_domain(DOMAIN, pictures=drawn(CLASSES, PICTURES), rule=None)
        run_id = finish_build()
        engine().dispose()
        shutil.copytree(home, kept, symlinks=True)
        (kept / "run_id").write_text(run_id, "utf-8")
    else:
        engine().dispose()
        shutil.copytree(kept, home, dirs_exist_ok=True, symlinks=True)
        share_compiled_models()
    return (kept / "run_id").read_text("utf-8")
