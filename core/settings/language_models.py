"""Which language models answer, and how long they may take."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, Field, SecretStr, field_validator

from core.settings.fields import CommaList, WebAddress, named

LlmRole = Literal["narrative", "orchestrator", "describer", "service"]
LLM_ROLES: tuple[LlmRole, ...] = get_args(LlmRole)


class LanguageModels(BaseModel):
    """Which language models answer, and how long they may take."""

    llm_provider: Literal["none", "ollama", "openai", "anthropic"] = Field(
        "none",
        validation_alias=named("LLM_PROVIDER"),
        description="who writes texts; none means templates. openai is any server that speaks its protocol",
    )
    llm_model: str = Field(
        "",
        validation_alias=named("LLM_MODEL", "MODEL_NAME"),
        description="name of the chat model, as its provider knows it",
    )
    llm_role_models: CommaList = Field(
        [],
        validation_alias=named("LLM_ROLE_MODELS"),
        description="another model for some roles, role=model separated by commas; the roles: narrative (sentences of "
        "reports), orchestrator (follow-up questions), describer (titles, summaries), service (answers)",
    )
    llm_timeout_s: float = Field(
        60.0,
        gt=0,
        validation_alias=named("LLM_TIMEOUT_S"),
        description="longest wait for the next piece of a chat model's answer [s]",
    )
    llm_total_s: float = Field(
        300.0,
        gt=0,
        validation_alias=named("LLM_TOTAL_S"),
        description="longest a chat model's whole answer may take [s]",
    )
    chat_parallel: int = Field(
        4,
        ge=1,
        le=64,
        validation_alias=named("CHAT_PARALLEL"),
        description="chat answers that one process makes at the same time [answers]",
    )
    ollama_base_url: WebAddress = Field(
        "http://127.0.0.1:11434",
        validation_alias=named("OLLAMA_BASE_URL", "OLLAMA_BASE_URL"),
        description="address of the Ollama server",
    )
    ollama_context_tokens: int = Field(
        8192,
        ge=512,
        validation_alias=named("OLLAMA_CONTEXT_TOKENS"),
        description="what an Ollama model reads at once, passages and answer together; more takes more memory there "
        "[tokens]",
    )
    openai_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=named("OPENAI_API_KEY", "OPENAI_API_KEY"),
        description="key of the OpenAI-compatible server; local servers need none",
    )
    openai_base_url: WebAddress = Field(
        "https://api.openai.com/v1",
        validation_alias=named("OPENAI_BASE_URL", "OPENAI_BASE_URL"),
        description="address of the OpenAI-compatible server, with its /v1",
    )
    anthropic_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=named("ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"),
        description="key of the Anthropic API",
    )
    anthropic_base_url: WebAddress = Field(
        "https://api.anthropic.com",
        validation_alias=named("ANTHROPIC_BASE_URL", "ANTHROPIC_BASE_URL"),
        description="address of the Anthropic API",
    )

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
