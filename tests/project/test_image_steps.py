"""The image without a container engine: its steps in an empty folder, then each command and its health check."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.jobs.conftest import wait_until
from tests.project.image_file import read_compose, read_dockerfile
from tests.project.image_steps import INSTALLS, Building
from tests.workers import free_port

SECRETS = {"POSTGRES_PASSWORD": "one", "GRAFANA_PASSWORD": "two", "WORKBENCH_METRICS_TOKEN": "three"}
SERVICES: dict[str, dict[str, Any]] = read_compose(SECRETS)["services"]
ALONE = {  # a neighbour of the containers that is not there, and what the workbench does without it
    "WORKBENCH_DATABASE_URL": "", "WORKBENCH_REDIS_URL": "", "WORKBENCH_CHROMA_URL": "",
    "WORKBENCH_SAMPLE_DATA": "0", "WORKBENCH_PRELOAD": "",
}  # fmt: skip


@pytest.fixture
def empty() -> Iterator[Path]:
    """An empty folder that other users may enter, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="image-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "borrows",
    [pytest.param(True, id="packages of here"), pytest.param(False, id="all installed", marks=pytest.mark.soak)],
)
def test_when_the_image_s_steps_are_carried_out_then_its_processes_start_and_are_healthy(
    empty: Path, tmp_path: Path, borrows: bool
) -> None:
    building = Building(empty, borrows)
    building.carry_out(read_dockerfile()[1], DEVICE="gpu")  # torch as the registry here serves it
    assert building.left_out.keys() - {INSTALLS, "USER"} == {"apt-get", "groupadd"}
    files = {one: one.stat().st_mtime_ns for one in (empty / "workbench").rglob("*")}
    ports = {"8501": str(free_port()), "8000": str(free_port())}

    def here(text: str) -> str:
        text = re.sub(r"\b(8501|8000)\b", lambda match: ports[match[0]], building.here(text))
        return re.sub(r"^(ui|api):", "127.0.0.1:", text)

    def environment(name: str) -> dict[str, str]:
        return {**{key: here(value) for key, value in SERVICES[name]["environment"].items()}, **ALONE}

    def command(words: list[str]) -> list[str]:
        return [str(empty / "opt" / "workbench" / "bin" / words[0]), *(here(word) for word in words[1:])]

    migrated = building.run(command(SERVICES["migrate"]["command"]), **environment("migrate"))
    assert migrated.returncode == 0, migrated.stdout
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name in ("ui", "api", "jobs"):
            log = tmp_path / f"{name}.log"
            running[name] = building.start(command(SERVICES[name]["command"]), log, **environment(name))

        def healthy(name: str) -> bool:
            assert running[name].poll() is None, (tmp_path / f"{name}.log").read_text("utf-8")[-3000:]
            _, *asked = SERVICES[name]["healthcheck"]["test"]
            return building.run(command(asked), **environment(name)).returncode == 0

        for name in ("api", "ui"):
            wait_until(lambda name=name: healthy(name), seconds=120)
        wait_until(lambda: "dispatcher_ready" in (tmp_path / "jobs.log").read_text("utf-8"), seconds=120)
        for process in running.values():
            assert psutil.Process(process.pid).uids().effective == (building.user or os.geteuid())
            assert process.poll() is None
    finally:
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        ended = {name: process.wait(40) for name, process in running.items()}

    assert set(ended.values()) <= {0, -signal.SIGTERM}
    assert (empty / "var" / "lib" / "workbench" / "data" / "workbench.db").is_file()
    assert {one: one.stat().st_mtime_ns for one in (empty / "workbench").rglob("*")} == files  # nothing beside the code
