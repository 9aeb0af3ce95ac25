"""Pages opened the way a visitor opens them, in a home of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import PROJECT
from tests.ctr_runs import finished_run_in

WORKBENCH = PROJECT / "app" / "workbench.py"
Opener = Callable[..., AppTest]


@pytest.fixture
def open_page(home: Path) -> Opener:
    """open_page("runs", language="ko", run="..."): the page after its first run."""

    def open_it(page: str, language: str = "en", **parameters: str) -> AppTest:
        app = AppTest.from_file(str(WORKBENCH), default_timeout=60)
        app.query_params["lang"] = language
        app.run()
        for name, value in parameters.items():
            app.query_params[name] = value
        if page != "overview":
            app.switch_page(f"../pages/{page}.py")
            app.run()
        return app

    return open_it


@pytest.fixture(scope="session")
def ctr_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs a finished CTR run leaves a copy of its home for the others."""
    return tmp_path_factory.mktemp("ctr") / "home"


@pytest.fixture
def finished_ctr_run(home: Path, ctr_home: Path) -> str:
    """The id of a finished, published training on a small synthetic file."""
    return finished_run_in(home, ctr_home)


def turn_to(app: AppTest, tabs: str, place: int) -> None:
    """Open a tab of the widget `tabs`."""
    app.session_state[tabs] = [one.label for one in app.tabs][place]
    app.run()


def visible_text(app: AppTest) -> str:
    """Every word of titles, texts, captions, boxes and labels on the page."""
    kinds = (
        "title",
        "subheader",
        "markdown",
        "caption",
        "error",
        "warning",
        "success",
        "info",
        "metric",
        "button",
        "tabs",
    )
    return "\n".join(
        str(getattr(element, "value", "")) + " " + str(getattr(element, "label", ""))
        for kind in kinds
        for element in app.get(kind)
    )
