"""Typed settings with one precedence: environment > .env > profile file > default.

Names of the systems this workbench replaces work as aliases. `origins()` says where each value came from,
for `workbench doctor`; `.env.example` lists every setting and a test holds it to this class.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PROJECT = Path(__file__).resolve().parent.parent
PROFILES = Path(__file__).resolve().parent / "profiles"
PLACEHOLDER_SECRETS = {"", "changeme", "change-me", "secret", "your-secret-key"}

CommaList = Annotated[list[str], NoDecode]


def _named(name: str, *aliases: str) -> AliasChoices:
    return AliasChoices(f"WORKBENCH_{name}", *aliases)


class Settings(BaseSettings):
    """All settings of all processes; each field's description gives meaning and unit."""

    model_config = SettingsConfigDict(env_file_encoding="utf-8", extra="ignore", frozen=True)

    app_env: Literal["local", "dev", "production"] = Field(
        "local", validation_alias=_named("APP_ENV", "APP_ENV"), description="which profile file applies"
    )
    home: Path = Field(PROJECT, validation_alias=_named("HOME"), description="folder that holds data/ and models/")
    notebooks_dir: Path = Field(
        PROJECT / "notebooks",
        validation_alias=_named("NOTEBOOKS_DIR"),
        description="folder of the notebooks that can be run as jobs",
    )
    database_url: str = Field(
        "",
        validation_alias=_named("DATABASE_URL", "DATABASE_URL"),
        description="SQLAlchemy URL; empty means SQLite in data/workbench.db",
    )
    mlflow_tracking_uri: str = Field(
        "",
        validation_alias=_named("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_URI"),
        description="run history; empty means SQLite in models/mlflow.db",
    )

    api_host: str = Field(
        "127.0.0.1", validation_alias=_named("API_HOST", "API_HOST"), description="address the API listens on"
    )
    api_port: int = Field(
        8000,
        ge=1,
        le=65535,
        validation_alias=_named("API_PORT", "API_PORT"),
        description="port of the API; the existing frontends expect 8000",
    )
    ui_host: str = Field("127.0.0.1", validation_alias=_named("UI_HOST"), description="address the pages listen on")
    ui_port: int = Field(8501, ge=1, le=65535, validation_alias=_named("UI_PORT"), description="port of the pages")
    routes: CommaList = Field(
        ["customers"],
        validation_alias=_named("ROUTES"),
        description="capabilities the API mounts, separated by commas",
    )
    preload: CommaList = Field(
        ["customers"],
        validation_alias=_named("PRELOAD"),
        description="models the API loads in the background after it listens",
    )
    cors_origins: CommaList = Field(
        ["http://localhost:3000"],
        validation_alias=_named("CORS_ORIGINS", "CORS_ORIGINS", "ALLOWED_ORIGINS"),
        description="origins that may call the API from a browser, separated by commas; never *",
    )

    disable_auth: bool = Field(
        False,
        validation_alias=_named("DISABLE_AUTH", "DISABLE_AUTH"),
        description="answer without a token; refused outside APP_ENV=local",
    )
    supabase_jwt_secret: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("SUPABASE_JWT_SECRET", "SUPABASE_JWT_SECRET"),
        description="HS256 secret of the Supabase project whose tokens the API accepts",
    )
    open_routes: CommaList = Field(
        [],
        validation_alias=_named("OPEN_ROUTES"),
        description="permissions granted to callers without a token, e.g. customers.lookup for the Next.js frontend",
    )

    language: Literal["auto", "ko", "en"] = Field(
        "auto",
        validation_alias=_named("LANGUAGE"),
        description="language of the pages; auto follows the browser",
    )
    upload_limit_mb: int = Field(
        500,
        ge=1,
        le=8192,
        validation_alias=_named("UPLOAD_LIMIT_MB"),
        description="largest file an upload may have [MB]",
    )
    batch_limit: int = Field(
        10_000,
        ge=1,
        validation_alias=_named("BATCH_LIMIT"),
        description="most profiles in one batch call [profiles]",
    )
    customers_model: Literal["champion", "compatibility"] = Field(
        "champion",
        validation_alias=_named("CUSTOMERS_MODEL"),
        description="which customer model /api/analysis serves",
    )

    jobs_parallel: int = Field(
        1,
        ge=1,
        le=64,
        validation_alias=_named("JOBS_PARALLEL"),
        description="notebooks that run at the same time [jobs]",
    )
    heartbeat_s: float = Field(
        2.0,
        gt=0,
        validation_alias=_named("HEARTBEAT_S"),
        description="how often a running job says that it lives [s]",
    )
    job_timeout_s: float = Field(
        3600.0,
        gt=0,
        validation_alias=_named("JOB_TIMEOUT_S"),
        description="longest a single notebook may run [s]",
    )
    model_memory_mb: int = Field(
        2048,
        ge=16,
        validation_alias=_named("MODEL_MEMORY_MB"),
        description="memory for models kept loaded in one process [MB]",
    )
    threads: int = Field(
        1,
        ge=1,
        validation_alias=_named("THREADS", "OMP_NUM_THREADS"),
        description="numeric threads of one process [threads]",
    )
    sample_data: bool = Field(
        True, validation_alias=_named("SAMPLE_DATA"), description="train sample models on the first start"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        validation_alias=_named("LOG_LEVEL", "LOG_LEVEL"),
        description="least severe line that is logged",
    )

    @field_validator("routes", "preload", "cors_origins", "open_routes", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("home", "notebooks_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Settings:
        if "*" in self.cors_origins:
            raise ValueError("WORKBENCH_CORS_ORIGINS may not hold *: answers carry credentials. List the origins.")
        if self.app_env != "local":
            if self.disable_auth:
                raise ValueError(f"DISABLE_AUTH is on while APP_ENV={self.app_env}; it works only with APP_ENV=local.")
            if self.supabase_jwt_secret.get_secret_value().strip().lower() in PLACEHOLDER_SECRETS:
                raise ValueError(
                    f"SUPABASE_JWT_SECRET is empty or a placeholder while APP_ENV={self.app_env}; set the real one."
                )
        return self

    @property
    def data_dir(self) -> Path:
        return self.home / "data"

    @property
    def models_dir(self) -> Path:
        return self.home / "models"

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'workbench.db'}"

    @property
    def resolved_mlflow_uri(self) -> str:
        return self.mlflow_tracking_uri or f"sqlite:///{self.models_dir / 'mlflow.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        dotenv = DotEnvSettingsSource(settings_cls, env_file=dotenv_path(), env_file_encoding="utf-8")
        profile = TomlConfigSettingsSource(settings_cls, toml_file=profile_path())
        return init_settings, env_settings, dotenv, profile


def dotenv_path() -> Path:
    """The .env file: beside data/ and models/ in the home folder."""
    return Path(os.environ.get("WORKBENCH_HOME") or PROJECT).expanduser() / ".env"


def _dotenv() -> dict[str, str]:
    from dotenv import dotenv_values

    return {key: value or "" for key, value in dotenv_values(dotenv_path()).items()}


def profile_path() -> Path:
    """The profile file of the environment named by APP_ENV (environment first, then .env)."""
    for source in (os.environ, _dotenv()):
        for name in ("WORKBENCH_APP_ENV", "APP_ENV"):
            if source.get(name):
                return PROFILES / f"{source[name].lower()}.toml"
    return PROFILES / "local.toml"


def names_of(field: str) -> tuple[str, ...]:
    """The environment names of a field, ours first, then those of the old systems."""
    alias = Settings.model_fields[field].validation_alias
    assert isinstance(alias, AliasChoices)
    return tuple(str(choice) for choice in alias.choices)


def origins() -> dict[str, str]:
    """Field name to where its value came from, e.g. 'environment (DISABLE_AUTH)' or 'default'."""
    import tomllib

    profile = profile_path()
    profile_keys = set(tomllib.loads(profile.read_text("utf-8"))) if profile.exists() else set()
    environment = {name.upper() for name in os.environ}
    dotenv = {name.upper() for name in _dotenv()}
    found = {}
    for field in Settings.model_fields:
        names = names_of(field)
        in_environment = next((name for name in names if name in environment), None)
        in_dotenv = next((name for name in names if name in dotenv), None)
        if in_environment:
            found[field] = f"environment ({in_environment})"
        elif in_dotenv:
            found[field] = f".env ({in_dotenv})"
        elif profile_keys & set(names):
            found[field] = f"profile {profile.stem}"
        else:
            found[field] = "default"
    return found


@cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
