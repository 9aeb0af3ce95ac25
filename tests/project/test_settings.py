"""Where a setting's value comes from, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.settings.current import Settings, get_settings, origins

SECRET = "a-long-and-real-secret-of-a-project"


@pytest.fixture
def folder(tmp_path: Path, settings_from: Callable[..., Settings]) -> Path:
    settings_from(WORKBENCH_HOME=str(tmp_path))
    return tmp_path


def test_when_nothing_is_set_then_the_local_profile_asks_for_no_token(folder: Path) -> None:
    assert get_settings().disable_auth
    assert origins()["disable_auth"] == "profile local"
    assert origins()["api_port"].startswith("environment")
    assert origins()["batch_limit"] == "default"


def test_when_the_same_name_is_set_twice_then_the_environment_wins_over_the_file(
    folder: Path, settings_from: Callable[..., Settings]
) -> None:
    (folder / ".env").write_text("WORKBENCH_BATCH_LIMIT=7\nWORKBENCH_UPLOAD_LIMIT_MB=9\n")

    settings = settings_from(WORKBENCH_BATCH_LIMIT="8")

    assert (settings.batch_limit, settings.upload_limit_mb) == (8, 9)
    assert origins()["batch_limit"] == "environment (WORKBENCH_BATCH_LIMIT)"
    assert origins()["upload_limit_mb"] == ".env (WORKBENCH_UPLOAD_LIMIT_MB)"


def test_when_an_old_name_is_used_then_it_works_and_is_named_as_origin(
    folder: Path, settings_from: Callable[..., Settings]
) -> None:
    settings = settings_from(DISABLE_AUTH="0", SUPABASE_JWT_SECRET=SECRET)

    assert not settings.disable_auth
    assert settings.supabase_jwt_secret.get_secret_value() == SECRET
    assert origins()["supabase_jwt_secret"] == "environment (SUPABASE_JWT_SECRET)"


@pytest.mark.parametrize("secret", ["", "changeme", "Secret"])
def test_when_the_secret_is_a_placeholder_outside_local_then_the_process_refuses_to_start(
    folder: Path, settings_from: Callable[..., Settings], secret: str
) -> None:
    with pytest.raises(ValidationError, match="SUPABASE_JWT_SECRET"):
        settings_from(APP_ENV="production", SUPABASE_JWT_SECRET=secret)


@pytest.mark.parametrize(
    "values",
    [
        {"WORKBENCH_TOKEN_SECRET": "too-short"},
        {"WORKBENCH_TOKEN_SECRET": SECRET, "SUPABASE_JWT_SECRET": "changeme"},
        {"WORKBENCH_TOKEN_SECRET": SECRET, "WORKBENCH_PASSWORD_MEMORY_MB": "8"},
    ],
    ids=["short", "placeholder beside it", "cheap hashing"],
)
def test_when_own_sign_in_is_weak_outside_local_then_the_process_refuses_to_start(
    folder: Path, settings_from: Callable[..., Settings], values: dict[str, str]
) -> None:
    with pytest.raises(ValidationError, match=r"SECRET|PASSWORD_MEMORY_MB"):
        settings_from(APP_ENV="production", **values)


def test_when_only_own_tokens_are_used_then_their_secret_is_enough(
    folder: Path, settings_from: Callable[..., Settings]
) -> None:
    proxy = {"WORKBENCH_TRUSTED_PROXIES": "127.0.0.1"}

    assert settings_from(APP_ENV="production", WORKBENCH_TOKEN_SECRET=SECRET, **proxy).app_env == "production"


def test_when_sign_in_is_off_outside_local_then_the_process_refuses_to_start(
    folder: Path, settings_from: Callable[..., Settings]
) -> None:
    with pytest.raises(ValidationError, match="APP_ENV=local"):
        settings_from(APP_ENV="dev", DISABLE_AUTH="1", SUPABASE_JWT_SECRET=SECRET)


def test_when_every_origin_would_be_allowed_then_the_process_refuses_to_start(
    folder: Path, settings_from: Callable[..., Settings]
) -> None:
    with pytest.raises(ValidationError, match="List the origins"):
        settings_from(WORKBENCH_CORS_ORIGINS="*")


def test_when_origins_are_given_with_commas_then_each_is_one(
    folder: Path, settings_from: Callable[..., Settings]
) -> None:
    settings = settings_from(WORKBENCH_CORS_ORIGINS="http://localhost:3000, https://desk.example")

    assert settings.cors_origins == ["http://localhost:3000", "https://desk.example"]


def test_when_the_doctor_reports_then_secrets_are_not_shown(home: Path, settings_from: Callable[..., Settings]) -> None:
    from core.doctor import report

    settings_from(SUPABASE_JWT_SECRET=SECRET, MLFLOW_TRACKING_URI="http://someone:hidden@history.example")
    text = "\n".join(report()[0])

    assert SECRET not in text
    assert "hidden" not in text
    assert "environment (SUPABASE_JWT_SECRET)" in text
    assert "offline default" in text


def test_when_the_doctor_looks_outside_then_it_says_what_is_configured_and_shows_no_key(
    home: Path, settings_from: Callable[..., Settings]
) -> None:
    from core.doctor import report

    before = "\n".join(report()[0])
    settings_from(
        WORKBENCH_LLM_PROVIDER="openai",
        MODEL_NAME="small-model",
        OPENAI_API_KEY="key-of-somebody",
        OPENAI_BASE_URL="http://127.0.0.1:9/v1",
        WORKBENCH_SMTP_URL="smtp://desk:hidden@mail.example",
        WORKBENCH_NOTIFY_EMAIL="analyst@example.com",
    )
    after = "\n".join(report()[0])

    assert "sentences from templates" in before
    assert "not configured: email, slack" in before
    assert (
        "BAD  chat model: openai, small-model (narrative, orchestrator, describer, service): 'openai' does not" in after
    )
    assert "notices go to: email, push" in after
    assert "key-of-somebody" not in after
    assert "hidden" not in after


def test_when_the_machine_has_variables_named_like_our_fields_then_they_mean_nothing_to_us(
    folder: Path, settings_from: Callable[..., Settings]
) -> None:
    settings = settings_from(HOME="/somewhere/else", LANGUAGE="en_US:en", ROUTES="x", THREADS="many", UI_PORT="no")

    assert settings.home == folder
    assert settings.language == "auto"
