"""The settings of this process: all groups together, with one precedence: environment > .env > profile file > default.

Names of the systems this workbench replaces work as aliases. `origins()` says where each value came from,
for `workbench doctor`; `.env.example` lists every setting and a test holds it to this class.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from pydantic import AliasChoices, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.settings.capacity import Capacity
from core.settings.cluster import Cluster
from core.settings.documents import Documents
from core.settings.encoders import Encoders
from core.settings.language_models import LanguageModels
from core.settings.network import Network
from core.settings.notices import Notices
from core.settings.operating import Operating
from core.settings.outside_calls import OutsideCalls
from core.settings.pages_and_api import PagesAndApi
from core.settings.paths import PROJECT, Paths
from core.settings.perfumery import Perfumery
from core.settings.serving import Serving
from core.settings.sign_in import SignIn

PROFILES = PROJECT / "core" / "profiles"


class Settings(
    Operating,
    Network,
    Notices,
    Perfumery,
    Documents,
    Serving,
    Encoders,
    LanguageModels,
    OutsideCalls,
    Cluster,
    Capacity,
    SignIn,
    PagesAndApi,
    Paths,
    BaseSettings,
):
    """All settings of all processes; each field's description gives meaning and unit."""

    model_config = SettingsConfigDict(env_file_encoding="utf-8", extra="ignore", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Settings:
        """All that is wrong at once, a line each: whoever sets up a server should not find it out one by one."""
        found = self.tls_problems()
        if "*" in self.cors_origins:
            found.append("WORKBENCH_CORS_ORIGINS may not hold *: answers carry credentials. List the origins.")
        if self.app_env != "local":
            found += self.sign_in_problems(self.app_env)
        if self.app_env == "production":
            found += self.network_problems(self.app_env)
        if found:
            raise ValueError("\n".join(found))
        return self

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


def refusals(error: ValidationError) -> list[str]:
    """A sentence for each setting that cannot be used, with its name and without its value."""
    found = []
    for one in error.errors(include_url=False, include_input=False, include_context=False):
        text = one["msg"].removeprefix("Value error, ")
        # A problem of several settings names them itself; one of a single setting has the name that was used.
        found += [f"{one['loc'][0]}: {text}"] if one["loc"] else text.splitlines()
    return found


@cache
def get_settings() -> Settings:
    """The settings of this process, read once. Raises ValidationError, which `refusals` words."""
    return Settings()
