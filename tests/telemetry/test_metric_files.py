"""Several processes count into one folder: what one scrape tells of those that live, ended or could not write."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from core.telemetry import metric_files, metrics, scraped_figures
from tests.conftest import PROJECT
from tests.telemetry.scraping import value

COUNT = """
import sys
from core.telemetry import metrics
for _ in range(int(sys.argv[1])):
    metrics.count_match(is_unknown=False)
metrics.observe_inference("images", 0.02)
metrics.set_resident({"text_encoder:e5": 1000})
print("counted", flush=True)
if len(sys.argv) > 2:
    sys.stdin.readline()
"""


def process(count: int, *, stays: bool = False) -> subprocess.Popen[str]:
    """A real process that has counted."""
    command = [sys.executable, "-c", COUNT, str(count), *(["stays"] if stays else [])]
    started = subprocess.Popen(command, cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert started.stdout is not None and started.stdout.readline() == "counted\n"
    return started


def test_when_processes_end_then_their_counts_stay_their_gauges_go_and_no_file_is_left(fresh: Path) -> None:
    ends, stays = process(3), process(4, stays=True)
    ends.wait(30)
    try:
        metrics.count_match(is_unknown=False)

        for _ in range(2):  # adding up must not count twice
            assert value("image_matches_total", verdict="known") == 8
            assert value("model_inference_duration_seconds_count", model="images") == 2
            assert value("model_inference_duration_seconds_bucket", model="images", le="0.05") == 2
            assert value("resident_model_bytes", model="text_encoder") == 1000
        assert list(fresh.glob(f"*_{ends.pid}.db")) == []
    finally:
        stays.communicate("\n", timeout=30)
    assert value("image_matches_total", verdict="known") == 8
    assert value("resident_model_bytes", model="text_encoder") is None


def test_when_the_workbench_starts_anew_then_what_ended_processes_counted_is_forgotten(fresh: Path) -> None:
    process(3).wait(30)
    metrics.count_match(is_unknown=True)

    metric_files.forget(fresh)

    assert value("image_matches_total", verdict="known") is None
    assert value("image_matches_total", verdict="unknown") == 1


def test_when_there_is_no_room_for_its_files_then_a_process_counts_for_itself(fresh: Path) -> None:
    program = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from core.telemetry import metrics
metrics.count_match(is_unknown=False)
print(metrics.text().decode())
"""
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )

    assert 'image_matches_total{verdict="known"} 1.0' in told.stdout
    assert "metrics_for_this_process_alone" in told.stderr
    assert list(fresh.glob("*.begun")) == []


def test_when_files_are_made_then_they_hold_all_their_space_beforehand(fresh: Path) -> None:
    metrics.count_match(is_unknown=False)

    for file in fresh.glob("*.db"):
        seen = file.stat()
        assert seen.st_blocks * 512 >= seen.st_size, file.name


def test_when_a_word_is_not_in_the_list_then_it_counts_as_other(fresh: Path) -> None:
    for number in range(50):
        metrics.count_cache(f"kind {number}", is_hit=number % 2 == 0)

    assert value("cache_operations_total", cache="other", operation="hit") == 25
    assert value("cache_hit_rate", cache="other") == 0.5


def test_when_the_database_does_not_answer_then_its_figures_are_left_out_and_the_scrape_says_so(
    fresh: Path, settings_from: Callable[..., object]
) -> None:
    from core.storage import database

    database.engine.cache_clear()
    settings_from(WORKBENCH_DATABASE_URL=f"sqlite:///{fresh}/there-is-no/such-folder.db")
    metrics.count_match(is_unknown=False)

    assert value("scrape_source_up", source="database") == 0
    assert value("jobs_oldest_queued_seconds") is None
    assert value("image_matches_total") == 1
    assert value("system_memory_percent") is not None
    database.engine.cache_clear()


def test_when_a_source_hangs_then_the_scrape_goes_on_and_no_second_reading_is_begun(fresh: Path) -> None:
    import threading

    hangs, begun = threading.Event(), []

    def read() -> scraped_figures.Figures:
        begun.append(1)
        hangs.wait(30)
        return {"jobs": {"queued": 1.0}}

    assert scraped_figures.within(0.05, "slow", read) is None
    assert scraped_figures.within(0.05, "slow", read) is None
    hangs.set()
    scraped_figures._reading["slow"].join(30)

    assert begun == [1]
    assert scraped_figures.within(30, "slow", read) == {"jobs": {"queued": 1.0}}


def test_when_figures_of_the_database_are_read_then_they_are_those_that_stand_there(fresh: Path) -> None:
    from datetime import timedelta

    from sqlalchemy import insert

    from core.jobs.records import submit
    from core.security.policy import LOCAL_ANALYST
    from core.storage.database import utc_now, writing
    from core.storage.operator_tables import dependency_states

    submit("ctr_train", {}, principal=LOCAL_ANALYST)
    rows = [
        ("ollama", "a", "open", timedelta(minutes=1)),
        ("ollama", "b", "closed", timedelta(0)),
        ("chroma", "a", "open", timedelta(hours=2)),
        ("chroma", "b", "closed", timedelta(hours=1)),
    ]
    told = {"owner": "system", "failures": 0, "failed_calls": 0, "good_calls": 0, "last_error": ""}
    with writing() as connection:
        for name, who, state, age in rows:
            row = {"name": name, "process": who, "state": state, "updated_at": utc_now() - age}
            connection.execute(insert(dependency_states).values(**row, **told))

    assert value("jobs", state="queued") == 1
    assert value("user_sessions_active") == 0
    assert value("circuit_breaker_state", dependency="ollama") == 2
    assert value("circuit_breaker_state", dependency="chroma") == 0
    assert value("scrape_source_up", source="database") == 1


def test_when_backups_lie_in_their_folder_then_the_newest_ones_age_is_told(fresh: Path, home: Path) -> None:
    assert (value("backups_kept"), value("backup_age_seconds")) == (0, None)
    folder = home / "data" / "backups"
    folder.mkdir(parents=True)
    for name, mtime in (("old.tar", 1_000), ("new.tar", 2_000_000_000)):
        (folder / name).write_bytes(b"-")
        os.utime(folder / name, (mtime, mtime))

    assert (value("backups_kept"), value("backup_age_seconds")) == (2, 0)
