"""One scheduler and two workers for a module of tests; workers have a home of their own, as other machines would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cluster import connection, worker_facts
from tests.cluster.dask_processes import DaskProcesses
from tests.cluster.pinned_code import CODE
from tests.conftest import process_home


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """Two workers with the test process's settings but another home; WORKBENCH_DASK_ADDRESS is set here."""
    folder = tmp_path_factory.mktemp("cluster")
    processes = DaskProcesses(folder)
    with process_home(folder / "home", WORKBENCH_DASK_ADDRESS=processes.address) as patch:
        patch.setattr(worker_facts, "code", lambda: CODE)
        processes.start_scheduler()
        for name in ("first", "second"):
            processes.start_worker(name, WORKBENCH_HOME=str(folder / "elsewhere"), WORKBENCH_DASK_ADDRESS="")
        try:
            processes.wait_for_workers(2)
            yield processes
        finally:
            connection.forget()
            processes.stop()


@pytest.fixture
def parts_folder(tmp_path: Path) -> Path:
    """Where parts note that they were begun."""
    folder = tmp_path / "parts"
    folder.mkdir()
    return folder
