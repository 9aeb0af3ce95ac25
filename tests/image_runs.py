"""A small drawn domain with a finished, published build and calibration, without a notebook run."""

from __future__ import annotations

from pathlib import Path

from core.images.building.build_report import report_document
from core.images.building.publishing import result_of, store
from core.images.building.steps import BuildConfig, build_domain
from core.images.runs import BUILDING
from core.jobs.records import submit
from core.security.policy import LOCAL_ANALYST
from tests.ctr_runs import succeed
from tests.images.small_domain import add_small_domain, drawn, share_compiled_models
from tests.workers import made_once

DOMAIN = "shapes"
CLASSES, PICTURES = 4, 6  # just enough to calibrate on


def finish_build(domain: str = DOMAIN, *, publish: bool = True) -> str:
    """Build what lies in the domain now, as the notebook would; the id of the finished run."""
    job = submit(BUILDING, {"domain": domain}, principal=LOCAL_ANALYST)
    build = build_domain(BuildConfig(domain=domain), run_id=job.id, principal=LOCAL_ANALYST)
    stored = store(build, report_document(build), principal=LOCAL_ANALYST, publish=publish)
    succeed(job, result_of(build, stored))
    return job.id


def built_domain_in(home: Path) -> str:
    """A copy of a domain of drawn pictures, which is built once, put into `home`; the id of the run."""
    kept = made_once("image-domain", lambda folder: _keep_build(home, folder))
    if not (home / "built_run").exists():
        from tests.conftest import bring_home  # importing it leaves the home that a process was given

        bring_home(kept, home)
        share_compiled_models()
    return (home / "built_run").read_text("utf-8")


def _keep_build(home: Path, folder: Path) -> None:
    """Build the domain in `home`; the folder becomes a copy of it."""
    add_small_domain(DOMAIN, pictures=drawn(CLASSES, PICTURES), rule=None)
    (home / "built_run").write_text(finish_build(), "utf-8")
    from tests.conftest import keep_home

    keep_home(home, folder)
