"""A tab of the operations page, looked at by whom a test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import state
from core.alerts import incidents
from core.security.policy import Principal

if TYPE_CHECKING:
    from tests.ui.conftest import Opener

TABS = ("Health", "Alerts", "Work", "Disk", "Settings", "Backups")


@pytest.fixture
def operations_tab(open_page: Opener) -> Callable[..., AppTest]:
    """operations_tab("Disk"): that tab of the page."""

    def open_it(tab: str, language: str = "en") -> AppTest:
        app = open_page("operations", language)
        if tab != TABS[0]:
            app.session_state["operations-tabs"] = [one.label for one in app.tabs][TABS.index(tab)]
            app.run()
        assert not app.exception
        return app

    return open_it


@pytest.fixture
def seen_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Principal], None]:
    """Let the page be looked at by somebody else."""

    def look_as(principal: Principal) -> None:
        monkeypatch.setattr(state, "principal", lambda: principal)

    return look_as


def table(app: AppTest, place: int = 0) -> list[dict[str, Any]]:
    """The rows of a table as they are shown."""
    return [dict(row) for _, row in app.dataframe[place].value.iterrows()]


def open_incident(kind: str = "disk_low") -> incidents.Incident:
    details = {"value": "1.0", "limit": "2", "subject": ""}
    bad = incidents.Observation(kind, "system", None, True, "warning", 1.0, 2.0, details, in_a_row=1)
    opened, _ = incidents.settle([bad])
    return opened[0]
