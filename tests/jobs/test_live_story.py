"""What is told of a job while it runs: cells, their output, resources; and at which cell it failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.jobs import process_groups, records
from core.jobs.job import ENDED, Job, JobEvent
from core.jobs.running.notebook_engine import HEAD_CHARACTERS, TAIL_CHARACTERS
from core.security.policy import LOCAL_ANALYST
from tests.conftest import process_home
from tests.jobs.conftest import at_work, wait_for, wait_until, write_notebook

GATED = """import os, time
print("before the gate")
while not os.path.exists(gate):
    time.sleep(0.05)
kept = bytearray(64_000_000)"""
CHATTY = """for number in range(100_000):
    print(number)"""
REFUSED = """from core.errors import BadInput
raise BadInput("jobs.not_retryable", state="odd")"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[JobEvent], Job, list[JobEvent]]]:
    """One run: what was told while its first cell waited, the job at its end, and its whole story."""
    home = tmp_path_factory.mktemp("story")
    gate = home / "gate"
    environment = {"WORKBENCH_NOTEBOOKS_DIR": str(home / "notebooks"), "WORKBENCH_HEARTBEAT_S": "0.5"}
    with process_home(home, **environment):
        write_notebook(
            home / "notebooks", "demo_talk", GATED, CHATTY, REFUSED,
            parameters='gate: str = ""  # file that lets the first cell go on',
        )  # fmt: skip
        with at_work():
            job = records.submit("demo_talk", {"gate": str(gate)}, principal=LOCAL_ANALYST)
            wait_until(lambda: any("gate" in one.payload["text"] for one in told(job.id, "log")))
            while_running = story(job.id)
            assert records.get_job(job.id, principal=LOCAL_ANALYST).state == "running"
            gate.touch()
            ended = wait_for(job.id, *ENDED)
            yield while_running, ended, story(job.id)


def story(job_id: str) -> list[JobEvent]:
    return list(records.events(job_id, principal=LOCAL_ANALYST))


def told(job_id: str, kind: str) -> list[JobEvent]:
    return [one for one in story(job_id) if one.kind == kind]


Seen = tuple[list[JobEvent], Job, list[JobEvent]]


def test_when_a_cell_still_runs_then_its_start_and_output_are_told(seen: Seen) -> None:
    while_running, _, _ = seen

    started = [one.payload for one in while_running if one.kind == "cell"]
    assert [one["cell"] for one in started] == [1, 2, 3]
    assert (started[-1]["of"], started[-1]["code"]) == (6, "import os, time")
    assert [one.payload["cell"] for one in while_running if one.kind == "cell_end"] == [1, 2]


def test_when_a_notebook_prints_much_then_few_events_hold_its_beginning_and_end(seen: Seen) -> None:
    _, job, whole = seen

    printed = [one.payload for one in whole if one.kind == "log" and one.payload["cell"] == 4]
    text = "".join(one["text"] for one in printed)
    assert len(printed) < 30
    assert text.startswith("0\n1\n2\n")
    assert text.endswith("99998\n99999\n")
    assert HEAD_CHARACTERS + TAIL_CHARACTERS <= len(text) < HEAD_CHARACTERS + TAIL_CHARACTERS + 200
    assert [one["cut"]["head"] for one in printed if "cut" in one] == [HEAD_CHARACTERS]
    notebook = json.loads((process_groups.run_folder(job.id) / "notebook.ipynb").read_text())
    kept = "".join("".join(one.get("text", "")) for cell in notebook["cells"] for one in cell.get("outputs", []))
    assert "\n50000\n" in kept


def test_when_a_cell_refuses_then_the_error_names_our_reason_and_the_cell(seen: Seen) -> None:
    _, job, whole = seen

    assert job.state == "failed"
    assert job.error is not None
    assert (job.error["key"], job.error["cell"]) == ("jobs.not_retryable", 5)
    ends = {one.payload["cell"]: one.payload for one in whole if one.kind == "cell_end"}
    assert [ends[cell]["ok"] for cell in sorted(ends)] == [True, True, True, True, False]
    assert ends[3]["seconds"] > 0


def test_when_a_job_ended_then_its_resources_are_final_and_the_last_point_of_the_plot(seen: Seen) -> None:
    _, job, whole = seen

    assert job.resources is not None
    assert set(job.resources) == {"memory_mb", "peak_memory_mb", "processor_s"}
    assert job.resources["peak_memory_mb"] > 64
    assert job.resources["processor_s"] > 0
    assert [one.payload for one in whole if one.kind == "resources"][-1] == job.resources


def test_when_a_story_is_read_then_it_stands_in_the_order_of_its_events(seen: Seen) -> None:
    _, _, whole = seen

    cells = [(one.payload["cell"], one.kind) for one in whole if one.kind in ("cell", "cell_end")]
    assert cells == [(cell, kind) for cell in range(1, 6) for kind in ("cell", "cell_end")]
    assert whole[-1].payload["state"] == "failed"


def test_when_the_run_folder_is_written_then_notebook_and_log_are_there(seen: Seen) -> None:
    _, job, _ = seen

    folder: Path = process_groups.run_folder(job.id)
    assert {"notebook.ipynb", "runner.log"} <= {path.name for path in folder.iterdir()}
