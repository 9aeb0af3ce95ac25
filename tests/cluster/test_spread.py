"""Work over many parts gives the same on two workers as in one process, whatever happens to a worker meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import doctor
from core.cluster import connection, worker_facts
from core.cluster.spread import Stopped, spread
from core.errors import BadInput, Unavailable
from core.operations.dependencies import dependencies
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from tests.cluster.dask_processes import DaskProcesses
from tests.cluster.work import nested, noted, refused, squared, waited


def test_when_no_cluster_is_set_up_then_the_work_is_done_here(home: Path) -> None:
    told: list[int] = []

    found = list(spread(squared, range(5), name="squares", progress=told.append))

    assert found == [(number * number, os.getpid()) for number in range(5)]
    assert told == [1, 2, 3, 4, 5]


def test_when_a_cluster_is_set_up_then_its_workers_give_the_same_results_in_order(cluster: DaskProcesses) -> None:
    told: list[int] = []

    found = list(spread(squared, range(40), name="squares", progress=told.append))

    assert [square for square, _ in found] == [number * number for number in range(40)]
    assert {who for _, who in found} == {one.pid for one in cluster.workers.values()}
    assert told == list(range(1, 41))


def test_when_results_are_taken_slowly_then_no_more_parts_are_drawn_than_may_wait(cluster: DaskProcesses) -> None:
    drawn: list[int] = []

    def parts() -> Iterator[int]:
        for number in range(100):
            drawn.append(number)
            yield number

    results = spread(squared, parts(), name="squares", most_waiting=3)
    for taken in range(1, 6):
        next(results)
        assert len(drawn) <= taken + 3
    results.close()


def test_when_a_part_is_refused_then_the_sentence_is_the_same_as_here(cluster: DaskProcesses) -> None:
    with pytest.raises(BadInput) as told:
        list(spread(refused, range(6), name="refusals"))

    assert (told.value.key, told.value.details["problem"]) == ("jobs.cell_failed", "three")


def test_when_it_is_stopped_then_what_waits_is_taken_back(cluster: DaskProcesses, parts_folder: Path) -> None:
    parts = ((number, str(parts_folder)) for number in range(50))

    with pytest.raises(Stopped):
        list(spread(noted, parts, name="notes", stopping=lambda: any(parts_folder.iterdir())))

    assert len(list(parts_folder.iterdir())) < 10


def test_when_work_spreads_work_then_it_stays_in_its_worker_and_nothing_waits_for_itself(
    cluster: DaskProcesses,
) -> None:
    found = list(spread(nested, [[1, 2], [3], [4], [5]], name="outer", most_waiting=4))

    assert found == [[1, 4], [9], [16], [25]]


def test_when_a_worker_has_other_code_then_it_is_named(
    cluster: DaskProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    ours = {**worker_facts.own_facts(), "code": "another"}
    monkeypatch.setattr(worker_facts, "own_facts", lambda: ours)
    monkeypatch.setattr(connection, "_fitting", {})

    with pytest.raises(Unavailable) as told:
        list(spread(squared, range(3), name="squares"))

    assert told.value.key == "cluster.other_version"
    assert str(told.value.details["worker"]).startswith("tcp://127.0.0.1:")


def test_when_the_doctor_looks_then_it_tells_workers_and_versions(cluster: DaskProcesses) -> None:
    mark, told = doctor._cluster(get_settings())

    assert mark == doctor.OK
    assert cluster.address in told
    assert "2 workers" in told
    assert worker_facts.own_facts()["code"] in told


def test_when_dependencies_are_listed_then_cluster_and_files_are_among_them(
    cluster: DaskProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_FILES_URL", tmp_path.as_uri())
    get_settings.cache_clear()

    found = {one.name: one for one in dependencies(principal=LOCAL_ANALYST)}

    monkeypatch.undo()
    get_settings.cache_clear()
    assert (found["dask"].is_configured, found["dask"].state) == (True, "up")
    assert (found["files"].is_configured, found["files"].state) == (True, "up")


def test_when_a_worker_is_killed_then_every_part_counts_once(cluster: DaskProcesses, parts_folder: Path) -> None:
    found: list[int] = []

    for number in spread(noted, ((number, str(parts_folder)) for number in range(30)), name="notes"):
        found.append(number)
        if number == 5:
            cluster.kill("first")

    assert found == list(range(30))
    begun = [int(one.name.partition("-")[0]) for one in parts_folder.iterdir()]
    assert set(begun) == set(range(30))
    assert len(begun) <= 30 + 4, "only what the dead worker had taken was begun again"


def test_when_the_scheduler_is_away_then_it_is_told_in_one_sentence(
    home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_DASK_ADDRESS="tcp://127.0.0.1:9", WORKBENCH_OUTSIDE_TIMEOUT_S="1")

    with pytest.raises(Unavailable) as told:
        list(spread(waited, [0.0], name="waits"))

    assert (told.value.key, told.value.details["name"]) == ("resilience.unavailable", "dask")
