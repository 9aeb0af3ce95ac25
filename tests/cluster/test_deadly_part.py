"""A part that ends every worker that takes it ends the work with its number, and no other part is blamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cluster import connection, worker_facts
from core.cluster.spread import spread
from core.errors import Unavailable
from tests.cluster.dask_processes import DaskProcesses
from tests.cluster.pinned_code import CODE
from tests.cluster.work import deadly
from tests.conftest import process_home

pytestmark = pytest.mark.soak


@pytest.fixture
def kept_alive(tmp_path: Path) -> Iterator[DaskProcesses]:
    """Two workers that are started again whenever they die."""
    processes = DaskProcesses(tmp_path)
    with process_home(tmp_path / "home", WORKBENCH_DASK_ADDRESS=processes.address) as patch:
        patch.setattr(worker_facts, "code", lambda: CODE)
        processes.start_scheduler()
        for name in ("first", "second"):
            processes.start_worker(name, nanny=True, WORKBENCH_HOME=str(tmp_path / "elsewhere"))
        try:
            processes.wait_for_workers(2)
            yield processes
        finally:
            connection.forget()
            processes.stop()


def test_when_a_part_ends_its_workers_then_it_is_named_and_those_before_it_were_handed_on(
    kept_alive: DaskProcesses,
) -> None:
    results = spread(deadly, range(6), name="deadly work")

    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(Unavailable) as told:
        next(results)
    assert told.value.key == "cluster.part_kills"
    assert told.value.details == {"name": "deadly work", "part": 3, "workers": 2}
