"""How `make test` spreads the tests over its workers: which go together, and which are begun first.

A worker takes one unit at a time, as a rule a file. Most tests wait for servers, kernels and browsers, so that two
workers keep two cores busy; what takes longest begins first, so that both end at about the same time.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

# Tests below one of these share what takes long to make: a visit to one workbench, a running sidecar, trainings.
TOGETHER = ("tests/browser", "tests/contracts", "tests/customers", "tests/faults")
ALONE = (  # with a workbench of their own
    "tests/browser/test_choices.py", "tests/browser/test_schedules_journey.py",
    "tests/browser/test_sign_in_journey.py",
)  # fmt: skip
LONGEST_FIRST = (
    "tests/browser", "tests/project/test_run_everything.py", "notebooks/", "tests/customers", "tests/contracts",
    "tests/faults", "tests/jobs/", "tests/ctr/test_killed_training.py", "tests/ctr/test_disturbed_training.py",
)  # fmt: skip


def unit_of(nodeid: str) -> str:
    """What is handed to a worker as a whole with this test: a folder or a file."""
    place = nodeid.partition("::")[0]
    if place in ALONE:
        return place
    return next((unit for unit in TOGETHER if place.startswith(f"{unit}/")), place)


def rank(nodeid: str) -> int:
    """The place of a test's unit in the order of beginning."""
    unit = unit_of(nodeid)
    return next((place for place, one in enumerate(LONGEST_FIRST) if unit.startswith(one)), len(LONGEST_FIRST))


class InUnits(LoadScopeScheduling):
    """The scheduling of `--dist loadscope` with our units, in the order in which the tests were collected."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        config.option.loadscopereorder = False  # it would begin with the units of most tests, which are quick ones
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
