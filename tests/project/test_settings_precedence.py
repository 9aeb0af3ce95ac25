"""Environment before profile before default, and a bad value stops the start by its name (contract fragrance 5: 25)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.operations.settings_view import settings_seen
from core.security.policy import LOCAL_ANALYST
from core.settings import current
from core.settings.current import Settings, origins
from tests.conftest import PROJECT

# What the contract names: port, database and model.
PROFILE = {
    "WORKBENCH_API_PORT": "8123",
    "WORKBENCH_DATABASE_URL": "sqlite:///profile.db",
    "MODEL_NAME": "profile-model",
}
FIELDS = {"api_port": 8123, "database_url": "sqlite:///profile.db", "llm_model": "profile-model"}


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The profile of the local environment names all three; the environment none."""
    monkeypatch.setattr(current, "PROFILES", tmp_path)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    for name in PROFILE:
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "local.toml"
    path.write_text("".join(f'{name} = "{value}"\n' for name, value in PROFILE.items()), "utf-8")
    return path


def told(settings: Settings) -> dict[str, object]:
    return {name: _plain(getattr(settings, name)) for name in FIELDS}


def _plain(value: object) -> object:
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


def test_when_only_the_profile_names_them_then_port_database_and_model_are_the_profiles(
    profile: Path, settings_from: Callable[..., Settings]
) -> None:
    assert told(settings_from()) == FIELDS
    assert {origins()[name] for name in FIELDS} == {"profile local"}


def test_when_the_environment_names_them_too_then_it_wins(
    profile: Path, settings_from: Callable[..., Settings]
) -> None:
    settings = settings_from(
        WORKBENCH_API_PORT="8124", WORKBENCH_DATABASE_URL="sqlite:///environment.db", MODEL_NAME="environment-model"
    )

    assert list(told(settings).values()) == [8124, "sqlite:///environment.db", "environment-model"]
    assert all(origins()[name].startswith("environment") for name in FIELDS)


def test_when_nobody_names_them_then_the_defaults_hold(profile: Path, settings_from: Callable[..., Settings]) -> None:
    profile.write_text("", "utf-8")

    defaults = {name: _plain(Settings.model_fields[name].default) for name in FIELDS}
    assert told(settings_from()) == defaults


@pytest.mark.parametrize(
    ("name", "value"), [("WORKBENCH_API_PORT", "eighty"), ("WORKBENCH_PUBLIC_URL", "hunter2"), ("APP_ENV", "hunter2")]
)
def test_when_a_value_cannot_be_used_then_the_start_ends_with_its_name_and_without_the_value(
    tmp_path: Path, name: str, value: str
) -> None:
    environment = {**os.environ, "WORKBENCH_HOME": str(tmp_path), name: value}
    command = [sys.executable, "-m", "core.cli", "run"]
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode != 0
    assert name in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert value not in done.stdout + done.stderr


def test_when_settings_are_shown_then_secrets_are_not(home: Path, settings_from: Callable[..., Settings]) -> None:
    hidden = ("hunter2-token", "hunter2-database", "hunter2-supabase")
    settings = settings_from(
        WORKBENCH_TOKEN_SECRET=hidden[0], SUPABASE_JWT_SECRET=hidden[2],
        WORKBENCH_DATABASE_URL=f"postgresql://workbench:{hidden[1]}@database.example/workbench",
    )  # fmt: skip
    shown = "\n".join(f"{one.name}={one.value} {one.default}" for one in settings_seen(principal=LOCAL_ANALYST))

    assert "database.example" in shown
    assert all(one not in shown for one in hidden)
    assert hidden[0] not in repr(settings) and hidden[2] not in repr(settings)
