"""JupyterLab as `workbench lab` starts it: a real server, a real kernel, and what the catalogue says of a save."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from core.jobs import records
from core.jobs.notebooks.catalogue import broken_notebooks, describe, list_notebooks
from core.jobs.notebooks.template import from_template
from core.security.policy import LOCAL_ANALYST
from tests.conftest import PROJECT, process_home
from tests.workers import free_port

START_LIMIT_S = 60


@dataclass
class Lab:
    """A running JupyterLab over a folder with the notebook `demo_draw`, made from the template."""

    client: httpx.Client
    home: Path
    runtime: Path
    server: dict[str, Any]

    @property
    def log(self) -> str:
        return (self.home / "lab.log").read_text("utf-8")

    def read(self, name: str) -> dict[str, Any]:
        answer = self.client.get(f"api/contents/{name}.ipynb")
        return dict(answer.raise_for_status().json()["content"])

    def save(self, name: str, notebook: dict[str, Any]) -> None:
        model = {"type": "notebook", "format": "json", "content": notebook}
        self.client.put(f"api/contents/{name}.ipynb", json=model).raise_for_status()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    home = tmp_path_factory.mktemp("lab")
    notebooks, runtime = home / "notebooks", home / "runtime"
    notebooks.mkdir()
    (notebooks / "demo_draw.ipynb").write_text(from_template("demo_draw", "Draw numbers"), "utf-8")
    own = {name: str(home / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    settings = {"WORKBENCH_NOTEBOOKS_DIR": str(notebooks), "WORKBENCH_LAB_PORT": str(free_port())}
    with process_home(home, **settings), (home / "lab.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.cli", "lab", "--no-browser"],
            cwd=home,
            env={**os.environ, **own, "JUPYTER_RUNTIME_DIR": str(runtime), "LANG": "en_US.UTF-8"},
            stdout=log,
            stderr=log,
        )
        try:
            server = _told_server(runtime, process, home / "lab.log")
            with httpx.Client(base_url=server["url"], headers={"Authorization": f"token {server['token']}"}) as client:
                yield Lab(client, home, runtime, server)
        finally:
            process.terminate()
            process.wait(20)


def _told_server(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    ends_at = time.monotonic() + START_LIMIT_S
    while time.monotonic() < ends_at and process.poll() is None:
        for file in runtime.glob(f"jpserver-{process.pid}.json"):
            server: dict[str, Any] = json.loads(file.read_text("utf-8") or "{}")
            try:
                httpx.get(f"{server['url']}login", timeout=10)
            except (KeyError, httpx.TransportError):
                continue
            return server
        time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8")[-3000:])


def test_when_the_lab_runs_then_it_is_on_this_machine_alone_and_wants_its_token(lab: Lab) -> None:
    assert lab.server["hostname"] == "127.0.0.1"
    assert lab.server["port"] == int(os.environ["WORKBENCH_LAB_PORT"])
    assert len(lab.server["token"]) >= 32
    assert httpx.get(f"{lab.server['url']}api/contents").status_code == 403
    assert lab.server["root_dir"] == os.environ["WORKBENCH_NOTEBOOKS_DIR"]


def test_when_the_lab_page_is_asked_for_then_it_fetches_no_news_and_installs_nothing(lab: Lab) -> None:
    page = lab.client.get("lab").raise_for_status().text
    config = json.loads(
        page.partition('id="jupyter-config-data" type="application/json">')[2].partition("</script>")[0]
    )

    assert config["news"] == {"disabled": True}
    assert config["extensionManager"]["can_install"] is False


def test_when_kernels_are_listed_then_the_project_s_own_is_the_only_one(lab: Lab) -> None:
    kernels = lab.client.get("api/kernelspecs").json()

    (kernel,) = kernels["kernelspecs"].values()
    assert (kernel["name"], kernel["spec"]["display_name"]) == ("python3", "Analyst Workbench")
    assert kernels["default"] == "python3"  # as papermill and nbmake call it, so that saving changes nothing for them


def test_when_a_notebook_from_the_template_is_run_in_the_lab_then_the_view_and_a_record_of_the_run_are_there(
    lab: Lab,
) -> None:
    from jupyter_client import BlockingKernelClient

    asked = {"path": "demo_draw.ipynb", "name": "demo_draw.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
    session = lab.client.post("api/sessions", json=asked, timeout=30).raise_for_status().json()
    kernel = BlockingKernelClient(connection_file=str(lab.runtime / f"kernel-{session['kernel']['id']}.json"))
    kernel.load_connection_file()
    kernel.start_channels(hb=False)  # it beats only once it listens
    kernel.wait_for_ready(timeout=60)
    told: list[dict[str, Any]] = []

    def run(code: str) -> dict[str, Any]:
        keep = lambda message: told.append(message["content"])  # noqa: E731
        return dict(kernel.execute_interactive(code, timeout=60, output_hook=keep)["content"])

    try:
        for cell in lab.read("demo_draw")["cells"]:
            if cell["cell_type"] == "code":
                assert run(cell["source"])["status"] == "ok", told[-1]
        tables = [one["data"]["text/html"] for one in told if "text/html" in one.get("data", {})]
        told.clear()
        run("rows = 5\nparameters.show()")  # below what the cell allows
    finally:
        kernel.stop_channels()
        lab.client.delete(f"api/sessions/{session['id']}", timeout=30)

    assert len(tables) == 1
    assert "int 10..1000000" in tables[0]
    assert "What is wrong" in tables[0]
    (wrong,) = [one["data"]["text/html"] for one in told if "text/html" in one.get("data", {})]
    assert "must lie in 10..1000000; 5 does not" in wrong
    (job,) = records.list_jobs(principal=LOCAL_ANALYST)
    assert (job.notebook, job.state) == ("demo_draw", "succeeded")
    assert job.result is not None
    assert job.result["rows"] == 1000


def test_when_a_broken_parameters_cell_is_saved_then_the_lab_says_so_and_the_catalogue_refuses_it(lab: Lab) -> None:
    from app.api.main import app

    notebook = lab.read("demo_draw")
    (cell,) = [one for one in notebook["cells"] if "parameters" in one["metadata"].get("tags", [])]
    sound = cell["source"]
    cell["source"] = sound.replace("rows: int = 1000", "rows = 1000")
    lab.save("demo_draw", notebook)

    (broken,) = broken_notebooks()
    assert (broken.name, broken.key, broken.details["line"]) == ("demo_draw", "notebooks.no_type", 2)
    assert broken.text("en") in lab.log
    assert broken.text("ko") in lab.log
    kept = [one["source"] for one in lab.read("demo_draw")["cells"]]
    assert kept == [one["source"] for one in notebook["cells"]]  # it was saved all the same
    api = TestClient(app)
    (refused,) = api.get("/api/notebooks/broken", headers={"Accept-Language": "ko"}).json()
    assert (refused["name"], refused["code"], refused["message"]) == (
        *("demo_draw", "NOTEBOOKS_NO_TYPE", broken.text("ko")),
    )
    answer = api.post("/api/jobs", json={"notebook": "demo_draw", "parameters": {}})
    assert (answer.status_code, answer.json()["code"]) == (422, "NOTEBOOKS_NO_TYPE")

    cell["source"] = sound
    lab.save("demo_draw", notebook)

    assert broken_notebooks() == ()
    assert [one.name for one in list_notebooks()] == ["demo_draw"]
    assert describe("demo_draw").title == "Draw numbers"
    assert api.get("/api/notebooks/broken").json() == []


def test_when_its_port_is_taken_then_one_sentence_names_the_setting(lab: Lab) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "lab", "--no-browser"],
        cwd=PROJECT,
        env={**os.environ, "LANG": "en_US.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "WORKBENCH_LAB_PORT" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
