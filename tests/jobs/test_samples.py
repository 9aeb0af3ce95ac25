"""Sample runs of the first start: one of every notebook that declares one, in their turn, and only once."""

from __future__ import annotations

import json
from pathlib import Path

from core.jobs.records import list_jobs
from core.jobs.running.dispatcher import queue_samples
from core.security.policy import LOCAL_ANALYST
from tests.jobs.conftest import WORK, write_notebook


def declare(folder: Path, name: str, turn: int) -> None:
    """A notebook with the cells of demo_work, and a sample run."""
    write_notebook(folder, name, WORK)
    path = folder / f"{name}.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    notebook["metadata"]["workbench"] = {"sample": {"word": "done"}, "sample_turn": turn}
    path.write_text(json.dumps(notebook), "utf-8")


def queued() -> list[str]:
    return [job.notebook for job in reversed(list_jobs(principal=LOCAL_ANALYST))]


def test_when_a_room_has_two_notebooks_with_samples_then_both_run_in_their_turn_and_once(notebooks: Path) -> None:
    declare(notebooks, "demo_second", 2)
    declare(notebooks, "demo_first", 1)

    queue_samples()
    queue_samples()

    assert queued() == ["demo_first", "demo_second"]


def test_when_the_shipped_notebooks_are_asked_then_samples_come_customers_documents_pictures_clicks_perfumes(
    home: Path,
) -> None:
    queue_samples()

    assert queued() == [
        "customers_train_clusters",
        "knowledge_ingest",
        "images_build_prototypes",
        "ctr_train",
        "fragrance_prepare",
    ]
