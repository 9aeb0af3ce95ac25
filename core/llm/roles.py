"""Which chat model does which work, read from the settings."""

from __future__ import annotations

from core.llm.chat_model import ChatModel
from core.settings import Settings, get_settings


def chat_model_for(role: str) -> ChatModel | None:
    """The model for `role` (e.g. "narrative"), or None where nothing usable is configured.

    Nothing is asked of the provider here: the first answer shows whether it is there.
    """
    settings = get_settings()
    name = dict(pair.split("=", 1) for pair in settings.llm_role_models).get(role, settings.llm_model)
    if missing(settings) or not name:
        return None
    times = {"timeout_s": settings.llm_timeout_s, "total_s": settings.llm_total_s}
    if settings.llm_provider == "ollama":
        from core.llm.ollama import OllamaModel

        return OllamaModel(name, settings.ollama_base_url, **times)
    if settings.llm_provider == "openai":
        from core.llm.openai_compatible import OpenAIModel

        return OpenAIModel(name, settings.openai_base_url, settings.openai_api_key.get_secret_value(), **times)
    from core.llm.anthropic import AnthropicModel

    return AnthropicModel(name, settings.anthropic_base_url, settings.anthropic_api_key.get_secret_value(), **times)


def missing(settings: Settings) -> str | None:
    """The setting that keeps chat models from being used: provider, key where one is always asked for, or model."""
    if settings.llm_provider == "none":
        return "WORKBENCH_LLM_PROVIDER"
    if settings.llm_provider == "anthropic" and not settings.anthropic_api_key.get_secret_value():
        return "ANTHROPIC_API_KEY"
    if not settings.llm_model and not settings.llm_role_models:
        return "WORKBENCH_LLM_MODEL"
    return None
