"""What keeps the workbench from starting on a network, all of it at once; and what it is started with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.settings.current import Settings, refusals
from core.supervisor import commands
from tests.conftest import PROJECT
from tests.network.processes import certificate

SECRET = "0123456789abcdef0123456789abcdef"
Configure = Callable[..., Settings]


def test_when_nothing_is_set_then_run_names_everything_that_is_missing_and_how_to_set_it(home: Path) -> None:
    environment = {**os.environ, "APP_ENV": "production", "WORKBENCH_PASSWORD_MEMORY_MB": "8"}
    command = [sys.executable, "-m", "core.cli", "run"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for name in (
        "SUPABASE_JWT_SECRET",
        "WORKBENCH_TOKEN_SECRET",
        "openssl rand",
        "WORKBENCH_TRUSTED_PROXIES",
        "WORKBENCH_TLS_CERTIFICATE",
        "WORKBENCH_TLS_KEY",
        "WORKBENCH_PASSWORD_MEMORY_MB",
    ):
        assert name in done.stderr


def test_when_settings_are_refused_then_no_value_is_shown(home: Path, settings_from: Configure) -> None:
    with pytest.raises(ValidationError) as refusal:
        settings_from(APP_ENV="production", WORKBENCH_TOKEN_SECRET="short-secret", WORKBENCH_API_PORT="none")

    lines = refusals(refusal.value)

    assert [line.partition(":")[0] for line in lines] == ["WORKBENCH_API_PORT"]
    assert "short-secret" not in str(refusal.value)


@pytest.mark.parametrize("names_key", [False, True])
def test_when_a_certificate_cannot_be_used_then_that_is_said_before_anything_starts(
    home: Path, settings_from: Configure, tmp_path: Path, names_key: bool
) -> None:
    key = {"WORKBENCH_TLS_KEY": str(tmp_path / "none.key")} if names_key else {}

    with pytest.raises(ValidationError, match=r"none\.key" if names_key else "WORKBENCH_TLS_KEY"):
        settings_from(WORKBENCH_TLS_CERTIFICATE=str(certificate(tmp_path)), **key)


def test_when_a_certificate_is_set_then_pages_and_api_are_started_with_it(
    home: Path, settings_from: Configure, tmp_path: Path
) -> None:
    file = certificate(tmp_path)
    key = file.with_suffix(".key")
    settings = settings_from(
        APP_ENV="production", WORKBENCH_TOKEN_SECRET=SECRET, WORKBENCH_TLS_CERTIFICATE=str(file),
        WORKBENCH_TLS_KEY=str(key), DISABLE_AUTH="0",
    )  # fmt: skip

    started = commands(settings)

    assert started["api"][-4:] == ["--ssl-certfile", str(file), "--ssl-keyfile", str(key)]
    assert started["ui"][-4:] == ["--server.sslCertFile", str(file), "--server.sslKeyFile", str(key)]
    assert "--no-proxy-headers" in started["api"]


@pytest.mark.parametrize("rate", ["fragrance", "fragrance=60", "fragrance=60/fortnight", "=5/minute", "a=0/minute"])
def test_when_a_rate_cannot_be_read_then_the_setting_is_refused(
    home: Path, settings_from: Configure, rate: str
) -> None:
    with pytest.raises(ValidationError, match="60/minute"):
        settings_from(WORKBENCH_RATE_LIMITS=rate)


@pytest.mark.parametrize("name", ["WORKBENCH_TRUSTED_PROXIES", "WORKBENCH_RATE_LIMIT_FREE"])
def test_when_an_address_cannot_be_read_then_the_setting_is_refused(
    home: Path, settings_from: Configure, name: str
) -> None:
    with pytest.raises(ValidationError):
        settings_from(**{name: "10.0.0.0/99"})
