"""Where things lie: profile, home, notebooks, database and run history."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from core.settings.fields import named

PROJECT = Path(__file__).resolve().parents[2]


class Paths(BaseModel):
    """Where things lie: profile, home, notebooks, database and run history."""

    app_env: Literal["local", "dev", "production"] = Field(
        "local", validation_alias=named("APP_ENV", "APP_ENV"), description="which profile file applies"
    )
    home: Path = Field(PROJECT, validation_alias=named("HOME"), description="folder that holds data/ and models/")
    notebooks_dir: Path = Field(
        PROJECT / "notebooks",
        validation_alias=named("NOTEBOOKS_DIR"),
        description="folder of the notebooks that can be run as jobs",
    )
    database_url: str = Field(
        "",
        validation_alias=named("DATABASE_URL", "DATABASE_URL"),
        description="SQLAlchemy URL; empty means SQLite in data/workbench.db",
    )
    database_pool: int = Field(
        10,
        validation_alias=named("DATABASE_POOL"),
        ge=1,
        le=200,
        description="connections that each process keeps to PostgreSQL, and as many again for a moment; of no account "
        "with SQLite",
    )
    mlflow_tracking_uri: str = Field(
        "",
        validation_alias=named("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_URI"),
        description="run history; empty means SQLite in models/mlflow.db",
    )
    sample_data: bool = Field(
        True, validation_alias=named("SAMPLE_DATA"), description="train sample models on the first start"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        validation_alias=named("LOG_LEVEL", "LOG_LEVEL"),
        description="least severe line that is logged",
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("home", "notebooks_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @cached_property
    def data_dir(self) -> Path:
        return self.home / "data"

    @cached_property
    def models_dir(self) -> Path:
        return self.home / "models"

    @cached_property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'workbench.db'}"

    @cached_property
    def resolved_mlflow_uri(self) -> str:
        return self.mlflow_tracking_uri or f"sqlite:///{self.models_dir / 'mlflow.db'}"
