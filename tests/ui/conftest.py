"""Pages opened the way a visitor opens them, in a home of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.texts import all_texts
from tests.conftest import PROJECT
from tests.ctr_runs import finished_run_in
from tests.image_runs import DOMAIN, built_domain_in
from tests.ui.image_pages import TAB_NAMES, TABS
from tests.ui.operations_tabs import operations_tab, seen_by  # noqa: F401  (fixtures of several files)

WORKBENCH = PROJECT / "app" / "workbench.py"
Opener = Callable[..., AppTest]


@pytest.fixture(scope="session", autouse=True)
def components_looked_for_once() -> Iterator[None]:
    """Every opened page reads the metadata of all installed packages for components: longer than the page itself."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def open_page(home: Path) -> Opener:
    """open_page("runs", language="ko", run="..."): the page after its first run."""

    def open_it(page: str, language: str = "en", **parameters: str) -> AppTest:
        app = AppTest.from_file(str(WORKBENCH), default_timeout=60)
        for name, value in {"lang": language, **parameters}.items():
            app.query_params[name] = value
        if page != "overview":
            app.switch_page(f"../pages/{page}.py")
        return app.run()

    return open_it


@pytest.fixture
def finished_ctr_run(home: Path) -> str:
    """The id of a finished, published training on a small synthetic file."""
    return finished_run_in(home)


@pytest.fixture
def built_domain(home: Path) -> str:
    """The id of a finished, published build of the domain `shapes`."""
    return built_domain_in(home)


@pytest.fixture
def open_tab(home: Path) -> Opener:
    """open_tab(BUILD): that tab of the domain `shapes`, with widgets preset by key."""

    def open_it(tab: int, language: str = "en", **chosen: str) -> AppTest:
        app = AppTest.from_file(str(WORKBENCH), default_timeout=60)
        app.query_params["lang"], app.query_params["domain"] = language, DOMAIN
        app.session_state[TABS] = all_texts()[f"domain_tab.{TAB_NAMES[tab]}"][language]
        for key, value in chosen.items():
            app.session_state[key.replace("_", "-")] = value
        app.switch_page("../pages/image_domains.py")
        app.run()
        assert not app.exception
        return app

    return open_it


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
