"""Dockerfile and compose.yaml say what the process file says: commands, ports, settings; and hold no secret."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings.current import Settings, get_settings, names_of
from core.supervisor import _arbiter, commands
from tests.conftest import PROJECT
from tests.project.image_file import fill, is_left_out, read_compose, read_dockerfile, variables

SECRETS = {"POSTGRES_PASSWORD": "one", "GRAFANA_PASSWORD": "two", "WORKBENCH_METRICS_TOKEN": "three"}
OURS = ("migrate", "ui", "api", "jobs", "jobs-gpu")
KEPT_BY_SUPERVISOR = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONUNBUFFERED", "FORWARDED_ALLOW_IPS"}
COMPOSE = read_compose(SECRETS)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BEFORE, STAGES = read_dockerfile()
FINAL = STAGES[-1]
NAMES = {name for field in Settings.model_fields for name in names_of(field)}


def expected(monkeypatch: pytest.MonkeyPatch, process: str) -> list[str]:
    """The supervisor's command of a process under the settings that compose.yaml gives it."""
    for name, value in SERVICES[process]["environment"].items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    command = commands(Settings())[process]
    if process == "jobs":  # beside each other they reach one another by name
        place = command.index("--after")
        command[place + 1 : place + 3] = ["ui:8501", "api:8000"]
    return ["python", *command[1:]]


@pytest.mark.parametrize("process", ["ui", "api", "jobs"])
def test_when_a_process_has_a_container_then_its_command_is_the_supervisor_s(
    process: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SERVICES[process]["command"] == expected(monkeypatch, process)
    assert set(commands(Settings())) == {"ui", "api", "jobs"}, "a new process needs a service of its own"


def test_when_the_settings_change_a_command_then_the_container_s_changes_alike(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = {"WORKBENCH_UPLOAD_LIMIT_MB": "64", "WORKBENCH_CHECK_EVERY_S": "30"}
    services = read_compose({**SECRETS, **changed})["services"]
    for name, value in changed.items():
        monkeypatch.setenv(name, value)

    for process in ("ui", "jobs"):
        assert services[process]["command"] == expected(monkeypatch, process)


def test_when_gpu_jobs_run_then_only_their_image_differs() -> None:
    plain, gpu = SERVICES["jobs"], SERVICES["jobs-gpu"]

    assert gpu["command"] == plain["command"]
    assert gpu["environment"] == plain["environment"]
    assert (plain["build"]["args"], gpu["build"]["args"]) == ({"DEVICE": "cpu"}, {"DEVICE": "gpu"})
    assert gpu["image"] != plain["image"]
    assert gpu["profiles"] == ["gpu"]


def test_when_either_file_names_a_setting_then_there_is_one() -> None:
    text = (PROJECT / "compose.yaml").read_text("utf-8") + (PROJECT / "Dockerfile").read_text("utf-8")

    assert set(re.findall(r"\bWORKBENCH_[A-Z_]+\b", text)) - {"WORKBENCH_"} - NAMES == set()
    assert {name for name in variables() if name.startswith("WORKBENCH_")} <= NAMES
    assert variables() - NAMES == {"POSTGRES_PASSWORD", "GRAFANA_PASSWORD", "INSIDE_SUBNET"}


def test_when_the_settings_of_a_container_are_read_then_they_are_valid_and_lead_to_its_neighbours(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SERVICES["api"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = Settings()

    for address in (
        *(settings.resolved_database_url, settings.redis_url.get_secret_value(), settings.chroma_url),
        str(settings.ollama_base_url),
    ):
        host = re.search(r"(?:@|//)([a-z]+):\d+", address)
        assert host is not None
        assert host[1] in SERVICES
    assert settings.trusted_proxies == [COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"]]


def test_when_what_the_supervisor_sets_for_all_is_left_to_the_image_then_it_is_set_there(
    home: Path,
) -> None:
    given = _arbiter(get_settings(), home).watchers[0].env

    assert given.keys() >= KEPT_BY_SUPERVISOR
    assert FINAL.environment().keys() >= KEPT_BY_SUPERVISOR
    assert FINAL.environment()["FORWARDED_ALLOW_IPS"] == given["FORWARDED_ALLOW_IPS"] == ""


def test_when_ports_are_named_then_image_services_proxy_and_settings_agree() -> None:
    defaults = {name: Settings.model_fields[name].default for name in ("api_port", "ui_port")}
    nginx = (PROJECT / "deploy" / "containers" / "nginx.conf").read_text("utf-8")

    assert FINAL.all("EXPOSE")[0].rest.split() == [str(port) for port in sorted(defaults.values())]
    assert SERVICES["proxy"]["ports"] == ["127.0.0.1:8501:8501", "127.0.0.1:8000:8000"]
    assert dict(re.findall(r"set \$\w+ (\w+):(\d+);", nginx)) == {"api": "8000", "ui": "8501"}
    assert re.findall(r"listen (\d+);", nginx) == ["8000", "8501"]
    scraped = yaml.safe_load((PROJECT / "deploy" / "containers" / "prometheus.yml").read_text("utf-8"))
    (job,) = scraped["scrape_configs"]
    assert job["dns_sd_configs"][0] | {"refresh_interval": ""} == {
        "names": ["api"], "type": "A", "port": 8000, "refresh_interval": ""
    }  # fmt: skip


def test_when_api_containers_are_multiplied_then_none_claims_a_port_or_a_name_of_the_host() -> None:
    for name in OURS:
        assert not SERVICES[name].keys() & {"ports", "container_name", "hostname"}
    published = [port for one in SERVICES.values() for port in one.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert len({port.split(":")[1] for port in published}) == len(published)


def test_when_images_are_named_then_each_is_pinned() -> None:
    images = [one["image"] for one in SERVICES.values()]
    pins = (PROJECT / "requirements-dev.txt").read_text("utf-8")
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

    assert all(re.fullmatch(r"[\w./-]+:v?\d+(\.\d+)+[\w.-]*", image) for image in images)
    assert re.fullmatch(r"python:3\.11-slim-\w+", BEFORE["BASE"])
    assert {stage.base for stage in STAGES} == {"${BASE}"}
    assert SERVICES["chroma"]["image"].partition(":")[2] == re.search(r"^chromadb==(\S+)$", pins, re.M)[1]  # type: ignore[index]
    assert {SERVICES[name]["image"] for name in OURS if name != "jobs-gpu"} == {f"analyst-workbench:{version}"}
    assert f'version="{version}"' in FINAL.all("LABEL")[0].rest


def test_when_the_image_runs_then_as_an_ordinary_user_with_its_home_as_volume() -> None:
    user, _, group = FINAL.all("USER")[-1].rest.partition(":")
    home = FINAL.environment()["WORKBENCH_HOME"]

    assert int(user) >= 1000
    assert int(group) >= 1000
    assert f"--uid {user}" in FINAL.all("RUN")[-1].rest
    assert [one.rest for one in FINAL.all("VOLUME")] == [home]
    words = [one.word for one in FINAL.instructions]
    assert "COPY" not in words[words.index("USER") :]
    for name in OURS:
        assert SERVICES[name]["volumes"] == [f"home:{home}"]
        assert "user" not in SERVICES[name]
        assert SERVICES[name]["environment"]["WORKBENCH_HOME"] == home


def test_when_health_is_asked_for_then_the_routes_exist() -> None:
    from app.api.main import app

    routes = {getattr(route, "path", "") for route in app.routes}
    asked = {
        "image": (FINAL.all("HEALTHCHECK")[0].rest, 8000),
        **{name: (str(SERVICES[name]["healthcheck"]["test"]), port) for name, port in (("api", 8000), ("proxy", 8000))},
    }

    for text, port in asked.values():
        url = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", text)
        assert url is not None
        assert int(url[1]) == port
        assert url[2] in routes
    assert "http://127.0.0.1:8501/_stcore/health" in SERVICES["ui"]["healthcheck"]["test"]


def test_when_a_service_waits_for_another_s_health_then_that_one_tells_it() -> None:
    for name, one in SERVICES.items():
        for other, how in one.get("depends_on", {}).items():
            is_optional = SERVICES[other].get("profiles")
            assert not is_optional or one.get("profiles"), f"{name} waits for {other}, which may be absent"
            if how["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"]
    for name in ("ui", "api", "jobs"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["command"] == ["workbench", "migrate"]
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_when_files_are_mounted_then_they_are_there_and_volumes_declared() -> None:
    for one in SERVICES.values():
        for volume in one.get("volumes", ()):
            source = volume.split(":")[0]
            assert (PROJECT / source).is_file() if source.startswith("./") else source in COMPOSE["volumes"]


def test_when_monitoring_runs_in_containers_then_only_addresses_differ_from_the_examples() -> None:
    def read(place: str) -> Any:
        return yaml.safe_load((PROJECT / "deploy" / place).read_text("utf-8"))

    example, ours = read("prometheus/prometheus.yml"), read("containers/prometheus.yml")
    for one in (example, ours):
        (job,) = one["scrape_configs"]
        for name in ("static_configs", "dns_sd_configs"):
            job.pop(name, None)
        job["authorization"].pop("credentials_file")
    assert ours == example
    example, ours = read("grafana/provisioning/datasources/prometheus.yml"), read("containers/grafana-datasource.yml")
    assert ours["datasources"][0].pop("url") == "http://prometheus:9090"
    example["datasources"][0].pop("url")
    assert ours == example


def test_when_the_builder_is_sent_the_project_then_what_is_copied_is_there_and_secrets_and_data_stay() -> None:
    copied = [name for one in STAGES[0].all("COPY") for name in one.rest.split()[:-1]]

    assert copied
    assert not [name for name in copied if is_left_out(name) or not (PROJECT / name).exists()]
    kept = (".env", ".git/config", "data/workbench.db", "models/mlflow.db", ".venv/bin/python", "tests/conftest.py",
            "core/__pycache__/cli.cpython-311.pyc", "notebooks/.env", "data/token.key")  # fmt: skip
    assert [name for name in kept if not is_left_out(name)] == []


@pytest.mark.parametrize("name", SECRETS)
def test_when_a_password_is_missing_then_nothing_starts_and_the_way_out_is_told(name: str) -> None:
    with pytest.raises(KeyError, match=f"{name}: make up"):
        read_compose({key: value for key, value in SECRETS.items() if key != name})


def test_when_the_files_are_read_then_neither_holds_a_secret() -> None:
    for file in ("compose.yaml", "Dockerfile"):
        text = re.sub(r"\$\{[^}]*\}", "", (PROJECT / file).read_text("utf-8"))
        assert not re.findall(r"(?:PASSWORD|SECRET|TOKEN|KEY)\w*[:=] *\S.*", text)


def test_when_passwords_are_made_then_once_and_for_the_owner_s_eyes(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("APP_ENV=local\nGRAFANA_PASSWORD=mine", "utf-8")
    script = PROJECT / "deploy" / "containers" / "secrets.sh"

    subprocess.run(["sh", str(script)], cwd=tmp_path, check=True, capture_output=True)
    first = (tmp_path / ".env").read_text("utf-8")
    subprocess.run(["sh", str(script)], cwd=tmp_path, check=True, capture_output=True)

    assert (tmp_path / ".env").read_text("utf-8") == first
    made = dict(line.split("=", 1) for line in first.splitlines())
    assert made.keys() == {"APP_ENV", *SECRETS}
    assert (made["APP_ENV"], made["GRAFANA_PASSWORD"]) == ("local", "mine")
    assert all(re.fullmatch("[0-9a-f]{48}", made[name]) for name in SECRETS if name != "GRAFANA_PASSWORD")


def test_when_passwords_are_made_into_a_new_file_then_only_its_owner_reads_it(tmp_path: Path) -> None:
    script = PROJECT / "deploy" / "containers" / "secrets.sh"
    subprocess.run(["sh", str(script)], cwd=tmp_path, check=True, capture_output=True)

    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "filled"),
    [("${A}", "1"), ("$A/$A", "1/1"), ("${B:-2}", "2"), ("${E-2}", ""), ("${E:-2}", "2"), ("$$A", "$A"), ("${B}", "")],
)
def test_when_variables_are_filled_in_then_as_compose_does(text: str, filled: str) -> None:
    assert fill(text, {"A": "1", "E": ""}) == filled


def test_when_docker_can_read_the_file_then_it_finds_nothing_wrong(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("docker is not installed")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker has no compose plugin here; the file is read by this module's own reader alone")
    done = subprocess.run(
        [docker, "compose", "--file", str(PROJECT / "compose.yaml"), "--profile", "*", "config", "--quiet"],
        env={**os.environ, **SECRETS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_when_make_starts_containers_then_passwords_are_made_first_and_arguments_reach_compose() -> None:
    plan = {
        verb: subprocess.run(
            ["make", "--no-print-directory", "--dry-run", verb, "ARGS=--scale api=3"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for verb in ("up", "down", "logs")
    }

    lines = plan["up"].splitlines()
    assert lines[:2] == ["sh deploy/containers/secrets.sh", "docker compose up --detach --build --scale api=3"]
    assert "docker compose port proxy 8501" in plan["up"]
    assert 'docker compose --profile "*" down' in plan["down"]
    assert "docker compose logs --follow" in plan["logs"]
